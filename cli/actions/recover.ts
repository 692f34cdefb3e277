import { reach } from "../../kubernetes/connect";
import { contextOf } from "../../program/stack-config";
import { lookAfter, mend, planText, type Recovery, recoveryText } from "../../operations/recover";
import { step } from "../../lib/progress";
import { confirm } from "../confirm";
import { openStack } from "./open-stack";
import { type CommandResult, exitCodes, type ExitCode } from "../../lib/exit-codes";
import type { StackFlags } from "../command";
import type { EngineChoice } from "../../engine/engine";

export interface RecoverFlags extends StackFlags {
    engine: EngineChoice;
    yes?: boolean;
    dryRun?: boolean;
    lockIsDead?: boolean;
    timeoutAge?: number;
}

/** Mends a stack, or says what there is to mend. */
export async function recoverStack(flags: RecoverFlags & { stack: string }): Promise<CommandResult> {
    const { stack, organization, engine, yes, dryRun, lockIsDead, timeoutAge } = flags;
    const backend = await openStack(stack, organization, engine);
    // A cluster that can't be reached is no reason not to look at the locks.
    const { kube, why } = await reach({ context: contextOf(stack) });
    const stop = new AbortController();
    const interrupt = () => stop.abort();
    process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
    try {
        const plan = await step(`Look after stack ${stack}`, () =>
            lookAfter({ stack, backend, kube: kube ?? why, lockIsDead, timeoutAge }),
        );
        const none: Recovery = { plan, done: [], backups: [], refused: false };
        if (dryRun || plan.steps.length === 0) return answerOf(none, dryRun === true);
        if (!(await confirm({ question: "Do this?", plan: planText(plan), yes })))
            return answerOf({ ...none, refused: true }, false);
        const recovery = await step(`Mend stack ${stack}`, (note) =>
            mend(plan, {
                backend,
                kube: kube ?? why,
                note,
                signal: stop.signal,
                onDone: ({ subject }) => note(subject),
            }),
        );
        return answerOf(recovery, false);
    } finally {
        process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
        kube?.http.close();
    }
}

function answerOf(recovery: Recovery, dryRun: boolean): CommandResult {
    const { plan, done, backups, refused } = recovery;
    const text = done.length > 0 ? recoveryText(plan, done, backups) : planText(plan);
    const code = codeOf(recovery, dryRun);
    // What could not be done is said where errors are.
    if (code === exitCodes.failed && !refused) process.stderr.write(`${text}\n`);
    return {
        text: refused ? "nothing was changed" : code === exitCodes.failed ? "" : text,
        json: {
            ...{ stack: plan.stack, dryRun, changed: done.length > 0, backups },
            steps: plan.steps.map(({ subject, found, does, safe, byHand, action }) => ({
                ...{ action: action.do, subject, found, does, safe, byHand },
                done: done.some((each) => each.subject === subject && each.action.do === action.do),
            })),
            left: plan.left,
            unknown: plan.unknown,
            next: plan.next,
        },
        code,
    };
}

function codeOf({ plan: { left, steps }, refused }: Recovery, dryRun: boolean): ExitCode {
    if (refused || left.some(({ level }) => level === "error")) return exitCodes.failed;
    if (dryRun && steps.length > 0) return exitCodes.found;
    return left.length > 0 ? exitCodes.warnings : exitCodes.done;
}
