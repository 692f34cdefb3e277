import type { PendingOperation, StackLock } from "../../engine/engine";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { named } from "./objects";

/** A lock, and whether whoever holds it is still there. */
export type HeldLock = StackLock & { holder: { is: "live" | "dead" | "unknown"; why: string } };

/** @param locks absent where the backend doesn't let them be seen */
export function lockFindings(stack: string, locks: HeldLock[] | undefined): Finding[] {
    const subject = `the stack ${stack}`;
    if (locks === undefined) return [finding("DP-STACK-001", "info", subject, "this backend doesn't show its locks")];
    if (locks.length === 0) return [passed("DP-STACK-001", subject, "is not locked")];
    return locks.map(({ by, since, where, holder }) => {
        const held = `is locked by ${by} since ${since.toISOString()} (${where}), ${holder.why}`;
        const fix =
            holder.is === "live"
                ? `data-platform doctor --stack ${stack}   # again, when that update has ended`
                : `data-platform recover --stack ${stack}`;
        return finding("DP-STACK-001", "error", subject, held, fix);
    });
}

export function pendingFindings(stack: string, pending: PendingOperation[]): Finding[] {
    const subject = `the stack ${stack}`;
    if (pending.length === 0) return [passed("DP-STACK-002", subject, "has nothing that was cut off half-way")];
    const names = pending.map(({ kind, resource: { type, name } }) => `${kind} ${type.split(":").at(-1)} ${name}`);
    return [
        finding(
            "DP-STACK-002",
            "error",
            subject,
            `was cut off while ${named(names)}; its state doesn't know how that ended`,
            `data-platform recover --stack ${stack}`,
        ),
    ];
}

/** @param holderOf tells whether a lock's holder lives */
export const stackChecks = (stack: string, holderOf: (lock: StackLock) => Promise<HeldLock["holder"]>): Check[] => [
    {
        what: "locks",
        needs: ["backend"],
        run: async ({ backend }) => {
            const locks = await backend.locks(stack);
            const held =
                locks && (await Promise.all(locks.map(async (lock) => ({ ...lock, holder: await holderOf(lock) }))));
            return lockFindings(stack, held);
        },
    },
    {
        what: "pending operations",
        needs: ["state"],
        run: ({ state }) => Promise.resolve(pendingFindings(stack, state.pending)),
    },
];
