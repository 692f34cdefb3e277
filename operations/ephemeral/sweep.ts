import { renderError, UserError } from "../../lib/errors";
import { step } from "../../lib/progress";
import { Engine, OperationOptions, StackLock, StackLocked } from "../../engine/engine";
import { TeardownStuck } from "../teardown";
import { Clusters } from "./clusters";
import { Circumstances, decide, Decision, workOn } from "./decide";
import { destroyStack } from "./destroy";
import { Orphan, SeenStack, surveyStacks } from "./survey";
import { canonical, tagNames } from "./tags";

/** Outcome of a sweep for a stack, or of a dry run. */
export interface Swept {
    stack: string;
    outcome: "destroyed" | "marked" | "left" | "locked" | "failed" | "not begun";
    /** Reason for the decision. */
    why: string;
    /** Reason why it was not done. */
    error?: string;
    evidence?: string[];
    /** The command that mends it. */
    fix?: string;
    seconds?: number;
}

/** Namespaces that no stack of this backend has. */
export interface SweptOrphan extends Orphan {
    outcome: "reported" | "destroyed" | "failed";
    error?: string;
    fix?: string;
}

export interface SweepReport {
    /** Time of the beginning, UTC. */
    at: string;
    dryRun: boolean;
    /** For people. */
    backend: string;
    stacks: Swept[];
    orphans: SweptOrphan[];
    /** Remarks on what could not be looked at. */
    notes: string[];
}

export interface SweepOptions extends Circumstances, OperationOptions {
    backend: Engine;
    clusters: Clusters;
    /** Template of a stack's file where that is missing. */
    template: string;
    /** Prefix of short-lived stacks' names; a number follows, and nothing else. @default pr- */
    prefix?: string;
    /** Delete orphaned namespaces, too. @default false */
    orphans?: boolean;
    /** Milliseconds that one stack may take. @default 20 minutes */
    timeout?: number;
    /** Milliseconds for all, so that there is a report in any case. @default 50 minutes */
    budget?: number;
}

/** Plan of a sweep. */
export interface SweepPlan {
    stacks: { stack: SeenStack; decision: Decision }[];
    orphans: Orphan[];
    notes: string[];
}

const minute = 60_000;

/** Looks at every stack and every namespace, and decides. Reads only. */
export async function planSweep(options: SweepOptions): Promise<SweepPlan> {
    const { backend, clusters, prefix, now, grace } = options;
    const { kube, why } = await clusters.at(options.template);
    const { stacks, orphans } = await surveyStacks(backend, kube, prefix);
    return {
        stacks: stacks.map((stack) => ({ stack, decision: decide(stack, options) })),
        orphans: orphans.filter(({ since }) => now.getTime() - since.getTime() >= grace),
        notes: why ? [`orphaned namespaces were not looked for: ${why.message}`] : [],
    };
}

/** Tells whether a sweep would change anything. */
export function hasWork({ stacks, orphans }: SweepPlan, withOrphans = false): boolean {
    return stacks.some(({ decision }) => decision.action !== "leave") || (withOrphans && orphans.length > 0);
}

/** Does what was planned, one stack after another. What fails is in the report; the others go on. */
export async function sweep(plan: SweepPlan, options: SweepOptions): Promise<SweepReport> {
    const { backend, now, budget = 50 * minute } = options;
    const deadline = Date.now() + budget;
    const report: SweepReport = {
        ...{ at: canonical(now), dryRun: false, backend: backend.name },
        ...{ stacks: [], orphans: [], notes: plan.notes },
    };
    for (const each of plan.stacks) report.stacks.push(await sweepOne(each, options, deadline));
    for (const orphan of plan.orphans) report.orphans.push(await sweepOrphan(orphan, options, deadline));
    return report;
}

/** The report of a sweep that changes nothing. */
export function dryReport({ stacks, orphans, notes }: SweepPlan, { backend, now }: SweepOptions): SweepReport {
    const outcomes = { destroy: "destroyed", leave: "left", mark: "marked" } as const;
    return {
        ...{ at: canonical(now), dryRun: true, backend: backend.name, notes },
        stacks: stacks.map(({ stack, decision }) => ({
            ...{ stack: stack.name, outcome: outcomes[decision.action], why: decision.why },
            ...(decision.action === "destroy" ? lockedOut(stack.name, stack.locks, decision.why, now) : {}),
        })),
        orphans: orphans.map((orphan) => ({ ...orphan, outcome: "reported" as const, fix: orphanFix })),
    };
}

/** Advice for namespaces that no stack here has. */
const orphanFix =
    "if no other backend has that stack: data-platform ephemeral sweep --orphans --yes deletes them; else sweep there";

async function sweepOne(
    { stack, decision }: SweepPlan["stacks"][number],
    options: SweepOptions,
    deadline: number,
): Promise<Swept> {
    const { backend, timeout = 20 * minute, now, signal } = options;
    const { name } = stack;
    const { why } = decision;
    if (decision.action === "leave") return { stack: name, outcome: "left", why };
    if (decision.action === "mark") {
        const { until } = decision;
        const mark = () => backend.tag(name, { [tagNames.expires]: canonical(until) });
        return attempt(name, why, now, mark, "marked");
    }
    const locked = lockedOut(name, stack.locks, why, now);
    if (locked) return locked;
    const left = deadline - Date.now();
    if (left < Math.min(minute, timeout) || signal?.aborted) {
        const error = signal?.aborted ? "the sweep was stopped" : "the time for all stacks was over";
        return { stack: name, outcome: "not begun", why, error, fix: `data-platform ephemeral destroy ${name} --yes` };
    }
    return attempt(name, why, now, async () => {
        // It may have been updated while another one was being destroyed.
        const fresh = await backend.find(name);
        const again = fresh && decide(fresh, options);
        if (again && again.action !== "destroy") return again.why;
        const bound = Math.min(timeout, left);
        await step(`Destroy the stack ${name}: ${why}`, (note) =>
            destroyStack({ ...options, note, stack: name, timeout: bound }),
        );
    });
}

async function sweepOrphan(orphan: Orphan, options: SweepOptions, deadline: number): Promise<SweptOrphan> {
    if (!options.orphans) return { ...orphan, outcome: "reported", fix: orphanFix };
    const left = Math.min(options.timeout ?? 20 * minute, deadline - Date.now());
    const { outcome, error, fix } = await attempt(orphan.stack, "", options.now, async () => {
        await step(`Destroy what is left of ${orphan.stack}`, (note) =>
            destroyStack({ ...options, note, stack: orphan.stack, timeout: Math.max(left, minute) }),
        );
    });
    return { ...orphan, outcome: outcome === "destroyed" ? "destroyed" : "failed", error, fix };
}

/** Does something with a stack; what goes wrong is told, and the next one's turn comes. @param work returns why it has left it after all */
async function attempt(
    stack: string,
    why: string,
    now: Date,
    work: () => Promise<string | void>,
    outcome: Swept["outcome"] = "destroyed",
): Promise<Swept> {
    const started = Date.now();
    try {
        const spared = await work();
        if (spared) return { stack, outcome: "left", why: spared };
        return { stack, outcome, why, seconds: secondsSince(started) };
    } catch (error) {
        // Backends that don't let locks be seen say so here.
        const locked = error instanceof StackLocked ? lockedOut(stack, error.locks, why, now) : undefined;
        if (locked) return locked;
        if (error instanceof StackLocked) return { stack, outcome: "locked", why, ...told(error) };
        const fix = `data-platform ephemeral destroy ${stack} --yes`;
        return { stack, outcome: "failed", why, fix, ...told(error), seconds: secondsSince(started) };
    }
}

function secondsSince(started: number): number {
    return Math.round((Date.now() - started) / 1000);
}

/** A stack that somebody works on is left; one whose update must be dead by now is a person's affair. */
function lockedOut(stack: string, locks: StackLock[], why: string, now: Date): Swept | undefined {
    const work = workOn(locks, now);
    if (!work) return undefined;
    return {
        ...{ stack, why },
        outcome: work.dead ? "failed" : "locked",
        error: `an update of it is going on, by ${work.by}`,
        fix: work.dead ? `data-platform recover --stack ${stack}` : "the next sweep looks again",
    };
}

/** Turns an error into the parts of a report. */
function told(error: unknown): Pick<Swept, "error" | "evidence" | "fix"> {
    if (!(error instanceof UserError)) return { error: renderError(error) };
    const { evidence, fix } = error.details;
    const why = error instanceof TeardownStuck ? error.stuck.map((each) => `${each.object}: ${each.why}`) : [];
    return { error: error.message, evidence: why.length > 0 ? why : evidence, ...(fix ? { fix } : {}) };
}

/** Summary of a report in one line. */
export function headline({ dryRun, stacks, orphans }: SweepReport): string {
    const count = (...outcomes: Swept["outcome"][]) =>
        stacks.filter(({ outcome }) => outcomes.includes(outcome)).length;
    const part = (number: number, text: string) => (number > 0 ? [`${number} ${text}`] : []);
    const said = [
        ...part(count("destroyed"), dryRun ? "to destroy" : "destroyed"),
        ...part(count("failed", "not begun"), "could not be destroyed"),
        ...part(count("locked"), "being updated"),
        ...part(count("marked"), dryRun ? "to be given an end" : "given an end"),
        ...part(count("left"), "left"),
        ...part(
            orphans.length,
            orphans.length === 1 ? "stack that only the cluster knows" : "stacks that only the cluster knows",
        ),
    ];
    return said.length > 0 ? said.join(" · ") : "no short-lived stacks";
}
