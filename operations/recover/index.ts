// Mends what a killed update has left: locks of the dead, Helm releases that are thought to be at work, operations begun. Deletes
// no data and no object of anybody's: only locks, Helm's own records and the stack's state are changed.
import { UserError } from "../../lib/errors";
import type { OperationOptions } from "../../engine/engine";
import { execute } from "./execute";
import { gatherFacts, type Sources } from "./facts";
import { planRecovery } from "./plan";
import { type Plan, type PlanOptions, type Step } from "./types";

export { type Observations, gatherFacts } from "./facts";
export { holderOf, type Holder } from "./holder";
export { planRecovery } from "./plan";
export { type Leftover, type Plan, type PlanOptions, type Step } from "./types";
export { planText, recoveryText } from "./print";

export interface MendOptions extends Pick<Sources, "backend" | "kube">, Pick<OperationOptions, "note" | "signal"> {
    /** Told of each step when it is done. */
    onDone?: (step: Step) => void;
}

export interface RecoverOptions extends Sources, PlanOptions, MendOptions {
    /** Asked before anything changes, when there is anything to change. @default agrees */
    confirm?: (plan: Plan) => Promise<boolean>;
    /** Only find out. @default false */
    dryRun?: boolean;
}

/** Outcome of the recovery. */
export interface Recovery {
    plan: Plan;
    /** The steps that were done: all of the plan's, or none. */
    done: Step[];
    /** Copies of what was changed, for their owner only. */
    backups: string[];
    /** The person said no. */
    refused: boolean;
}

/**
 * Finds out what keeps a stack from being updated, and mends it. Run again it finds nothing to do.
 *
 * @throws UserError when there is no such stack, when the state can't be read, or when somebody begins to work on it meanwhile
 */
export async function recover(options: RecoverOptions): Promise<Recovery> {
    const { confirm, dryRun = false } = options;
    const plan = await lookAfter(options);
    const none = { plan, done: [], backups: [], refused: false };
    if (dryRun || plan.steps.length === 0) return none;
    if (confirm && !(await confirm(plan))) return { ...none, refused: true };
    return mend(plan, options);
}

/** The first half of `recover`: what there is to mend. Changes nothing. */
export async function lookAfter(options: Sources & PlanOptions): Promise<Plan> {
    if (!(await options.backend.find(options.stack))) throw await noSuchStack(options);
    return planRecovery(await gatherFacts(options), options);
}

/** The second half: does what the plan says. */
export async function mend(plan: Plan, { kube, onDone, ...options }: MendOptions): Promise<Recovery> {
    const done: Step[] = [];
    const { backups } = await execute(plan, {
        ...options,
        kube: kube instanceof Error ? undefined : kube,
        onDone: (step) => {
            done.push(step);
            onDone?.(step);
        },
    });
    return { plan, done, backups, refused: false };
}

async function noSuchStack({ stack, backend }: Sources): Promise<UserError> {
    const names = (await backend.list()).map(({ name }) => name);
    return new UserError(`there is no stack ${stack}`, {
        where: backend.name,
        allowed: names.join(", ") || "no stack is there yet",
        fix: "log in to the backend that has it (pulumi login), or correct the name",
    });
}
