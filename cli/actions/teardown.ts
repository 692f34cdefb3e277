import { reach } from "../../kubernetes/connect";
import { contextOf } from "../../program/stack-config";
import {
    planTeardown,
    planText,
    refuse,
    reportText,
    teardown,
    type TeardownPlan,
    TeardownStuck,
    type TeardownTarget,
} from "../../operations/teardown";
import { stopSignal } from "../../lib/signals";
import { renderError, UserError } from "../../lib/errors";
import { step } from "../../lib/progress";
import { confirm } from "../confirm";
import { openStack } from "./open-stack";
import { CommandResult, exitCodes } from "../../lib/exit-codes";
import type { StackFlags } from "../command";
import type { EngineChoice } from "../../engine/engine";

export interface TeardownFlags extends StackFlags {
    engine: EngineChoice;
    yes?: boolean;
    dryRun?: boolean;
    /** Minutes. */
    timeout: number;
    clearFinalizers?: boolean;
    clusterGone?: boolean;
    keepProtected?: boolean;
    unprotect?: boolean;
    remove?: boolean;
}

/** Tears a stack down after a person has agreed. */
export async function teardownStack(flags: TeardownFlags & { stack: string }): Promise<CommandResult> {
    const { stack, organization, engine, yes, dryRun, timeout } = flags;
    const backend = await openStack(stack, organization, engine);
    const { kube, why: unreachable } = await reach({ context: contextOf(stack) });
    const target: TeardownTarget = { backend, stack, kube, unreachable };
    try {
        const plan = await step(`Look at the stack ${stack}`, () => planTeardown(target));
        if (dryRun) return dryAnswer(plan, flags, target);
        refuse(plan, flags, kube);
        const text = planText(plan, flags);
        if (!plan.nothing && !(await confirm({ question: "Delete this?", plan: text, yes }))) {
            return { text: "nothing was changed", json: { plan, changed: false }, code: exitCodes.failed };
        }
        const signal = stopSignal();
        const report = await step(`Tear down the stack ${stack}`, (note) =>
            teardown({
                ...target,
                options: {
                    ...flags,
                    ...{ timeout: timeout * 60_000, note, signal },
                    print: (line) => process.stderr.write(`${line}\n`),
                },
            }),
        );
        return { text: reportText(report), json: report };
    } catch (error) {
        if (!(error instanceof TeardownStuck)) throw error;
        // Machines get what holds it in parts.
        process.stderr.write(`${error.render()}\n`);
        return { text: "", json: { stack, error: error.message, stuck: error.stuck }, code: exitCodes.failed };
    } finally {
        kube?.http.close();
    }
}

function dryAnswer(plan: TeardownPlan, flags: TeardownFlags, { kube }: TeardownTarget): CommandResult {
    const text = planText(plan, flags);
    try {
        refuse(plan, flags, kube);
        return { text, json: plan };
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        const refused = error.message;
        return {
            text: `${text}\nIt would be refused: ${renderError(error)}`,
            json: { ...plan, refused },
            code: exitCodes.failed,
        };
    }
}
