import type { PlatformConfig } from "../../config/schema";
import { UserError } from "../../lib/errors";
import type { Engine, StackState } from "../../engine/engine";
import type { Finding } from "../findings";
import { finding } from "./catalog";
import type { Declared } from "./declared";
import { inTime, type CachedReader, Unanswered } from "./cluster-reader";

/** Milliseconds that one look may take with all of its questions. */
const checkTimeoutMs = 60_000;

/** Inputs of a check; each check names those that it needs. */
export interface CheckContext {
    config: PlatformConfig;
    /** Objects and releases that the stack makes. */
    declared: Declared;
    /** The cluster. */
    cluster: CachedReader;
    backend: Engine;
    /** The stack's state; empty for one that was never brought up. */
    state: StackState;
}

/** Names in people's words of what may be missing. */
export type Needs = keyof CheckContext;

/** One thing to look at. */
export interface Check {
    /** For the note that it was not looked at, e.g. `storage classes`. */
    what: string;
    /** It is not done where one of these isn't there. */
    needs: readonly Needs[];
    run(situation: CheckContext): Promise<Finding[]>;
}

/** Reasons why inputs are missing. */
export type MissingInputs = Partial<Record<Needs, string>>;

/**
 * Looks at everything that can be looked at, side by side. What can't be for the same reason is one note, not many; what was
 * refused is a warning of its own.
 *
 * @returns findings in the order of the looks
 */
export async function runChecks(
    checks: readonly Check[],
    situation: Partial<CheckContext>,
    absent: MissingInputs,
): Promise<Finding[]> {
    const left = new Map<string, string[]>();
    const all = await Promise.all(
        checks.map(async (each): Promise<Finding[]> => {
            const lacking = each.needs.find((need) => situation[need] === undefined);
            if (lacking) {
                const reason = absent[lacking] ?? `the ${lacking} isn't known`;
                left.set(reason, [...(left.get(reason) ?? []), each.what]);
                return [];
            }
            // All that it needs is there.
            const looked = inTime(each.what, each.run(situation as CheckContext), checkTimeoutMs);
            return looked.catch((error: unknown) => [notAnswered(each.what, error)]);
        }),
    );
    // No fix of its own: the finding that the reason names has it.
    const notes = [...left].map(([reason, whats]) =>
        finding("DP-LOOK-001", "info", "", `${whats.join(", ")}: ${reason}`),
    );
    return [...all.flat(), ...notes];
}

function notAnswered(what: string, error: unknown): Finding {
    if (error instanceof Unanswered) return finding("DP-LOOK-002", "warning", what, error.message);
    if (error instanceof UserError) return finding("DP-LOOK-002", "warning", what, error.message, error.details.fix);
    throw error;
}
