import { setTimeout as pause } from "node:timers/promises";

import { count } from "../../engine/builtin/change";
import { revisions } from "../../helm/release/storage";
import { Identity, KubeClient, nameOf } from "../../kubernetes/client";
import { UserError } from "../../lib/errors";
import type { StackState, Counts } from "../../engine/engine";
import { findLeftovers } from "./left";
import { ephemeralLabel, stackLabel } from "./names";
import { isReal, outsiders, survey, Surveyed } from "./plan";
import { refuseShared } from "./plane";
import { inWords, requireReachable } from "./reach";
import { isAbout, stuckError, supervise, textOf } from "./supervise";
import { Leftover, TeardownOptions, TeardownPlan, TeardownReport, TeardownStuck, TeardownTarget } from "./types";
import { Watch } from "./watch";

const minute = 60_000;

/** Milliseconds that provisioners have to free volumes after all claims are gone. */
const freeingLimit = 2 * minute;

/** @throws UserError for what a teardown with these options would be refused for */
export function refuse(
    plan: TeardownPlan,
    { clusterGone, keepProtected, unprotect }: TeardownOptions,
    kube?: KubeClient,
): void {
    const { stack } = plan;
    if (plan.nothing && (plan.cluster.answers || !plan.exists)) return;
    requireReachable(stack, plan.cluster, { clusterGone, kube });
    refuseShared(stack, plan.sharedBy);
    if (plan.protected.length === 0 || keepProtected || unprotect) return;
    throw new UserError(`the stack ${stack} has what is protected; nothing was changed`, {
        evidence: plan.protected,
        fix: `set \`protect: false\` in the stack file and run an update, then this again; or take the protection off here: --unprotect; or leave all that and delete the rest: --keep-protected`,
    });
}

/**
 * Deletes what a stack has made, in the order that its operators need, with a bound on each wait, and says what is left and whose
 * it is. Asks nothing. What its retention keeps stays; run again, it finds nothing and ends well.
 *
 * @throws UserError for what is refused: protected resources, a cluster add-ons that others need, a cluster that doesn't answer
 * @throws TeardownStuck when something doesn't go in its time
 */
export function teardown(target: TeardownTarget & { options?: TeardownOptions }): Promise<TeardownReport> {
    return inWords(target.stack, () => carryOut(target), target.options?.signal);
}

async function carryOut(target: TeardownTarget & { options?: TeardownOptions }): Promise<TeardownReport> {
    const { backend, kube, stack, options = {} } = target;
    let surveyed = await survey(target);
    const report = emptyReport(surveyed.plan);
    refuse(surveyed.plan, options, kube);
    if (!surveyed.plan.cluster.answers || !kube || !surveyed.discovery) return withoutCluster(target, surveyed, report);
    if (options.unprotect && surveyed.plan.protected.length > 0) {
        const guarded = surveyed.state.resources.filter(({ protect }) => protect);
        await backend.unprotect(
            stack,
            guarded.map(({ urn }) => urn),
        );
        surveyed = await survey(target);
    }
    const { plan, state: before, discovery } = surveyed;
    if (!discovery) throw new UserError(`the cluster of the stack ${stack} stopped answering`, { fix: "run it again" });
    report.notes.push(...plan.notes);
    if (!plan.nothing) await empty({ ...target, kube, options }, { ...surveyed, discovery }, report);

    const after = plan.exists ? await backend.state(stack) : { resources: [], pending: [] };
    sort(report, await findLeftovers({ kube, stack, plan, before, after, discovery }));
    if (options.remove) await removeStack(target, plan, after, report);
    return report;
}

type Known = Surveyed & Required<Pick<Surveyed, "discovery">>;

/** Deletes all that goes. */
async function empty(
    target: TeardownTarget & { kube: KubeClient; options: TeardownOptions },
    surveyed: Known,
    report: TeardownReport,
): Promise<void> {
    const { kube, stack, options } = target;
    const { plan, state, discovery } = surveyed;
    const { timeout = 60 * minute, interval = 2_000, signal, print, note } = options;
    const deadline = Date.now() + timeout;
    const watch = new Watch(
        {
            ...{ stack, kube, discovery },
            namespaces: plan.namespaces.map(({ name }) => name),
            clusterWide: clusterWide(state),
        },
        {
            objectTimeout: Math.min(options.objectTimeout ?? 5 * minute, timeout),
            clearFinalizers: options.clearFinalizers ?? false,
            grace: options.grace ?? 30_000,
            ...{ print, note },
        },
    );
    const bounds = { stack, watch, deadline, interval, signal, note };
    try {
        await supervise((stop) => deleteAll(plan.outside, target, stop, report), bounds);
        if (state.resources.some(isReal) || state.pending.length > 0) {
            report.counts = await destroy(target, surveyed, { watch, bounds, report });
        }
        const strays = await straysOf(target, plan);
        await supervise((stop) => deleteAll(strays, target, stop, report), bounds);
        await supervise((stop) => untilFreed(plan, kube, stop), { ...bounds, deadline: deadline + freeingLimit });
    } finally {
        report.cleared.push(...watch.cleared);
    }
}

/** The stack's own destroy, as often as something in its way could be taken out of it. */
async function destroy(
    { backend, kube, stack, options }: TeardownTarget & { kube: KubeClient; options: TeardownOptions },
    { plan, state, discovery }: Known,
    { watch, bounds, report }: { watch: Watch; bounds: Parameters<typeof supervise>[1]; report: TeardownReport },
): Promise<Counts> {
    const { print, note, keepProtected, clearFinalizers } = options;
    const going = plan.namespaces.filter(({ fate }) => fate === "goes").map(({ name }) => name);
    const again = async () => {
        // A DAG that still runs may make another one until its scheduler is gone.
        const late = await outsiders(kube, going, state, discovery).catch(() => []);
        for (const { identity } of late) await kube.delete(identity, "Background").catch(() => undefined);
    };
    for (;;) {
        const repeating = setInterval(() => void again(), 15_000);
        try {
            return await supervise(
                (signal) => backend.destroy(stack, { print, note, signal, excludeProtected: keepProtected }),
                bounds,
            );
        } catch (error) {
            if (error instanceof TeardownStuck || bounds.signal?.aborted || Date.now() > bounds.deadline) throw error;
            if (await forgetLost(error, { backend, kube, stack }, report)) continue;
            if (clearFinalizers && (await watch.clearNow()) > 0) continue;
            const stuck = (await watch.explainAll().catch(() => [])).filter((each) => isAbout(error, each));
            if (stuck.length > 0) throw stuckError(stack, stuck, textOf(error).split("\n")[0]);
            throw error;
        } finally {
            clearInterval(repeating);
        }
    }
}

/**
 * A release whose records somebody has deleted can't be uninstalled: the Pulumi provider ends with "release: not found"
 * (pulumi-kubernetes#2817). It is gone, so it is taken out of the state; by now nothing depends on it any more.
 */
async function forgetLost(
    error: unknown,
    { backend, kube, stack }: Pick<TeardownTarget, "backend" | "stack"> & { kube: KubeClient },
    report: TeardownReport,
): Promise<boolean> {
    if (!/release:? not found/i.test(textOf(error))) return false;
    const lost: string[] = [];
    for (const { urn, release } of (await backend.state(stack)).resources) {
        if (!release || (await revisions(kube, release.name, release.namespace)).length > 0) continue;
        lost.push(urn);
        report.notes.push(
            `Helm knows nothing of the release ${release.namespace}/${release.name} any more: it was taken out of the state`,
        );
    }
    if (lost.length === 0) return false;
    report.backup = await backend.backup(stack);
    await backend.forget(stack, lost);
    return true;
}

/** Asks for the deletion of objects and waits until all are gone. How long that may take is the supervisor's affair. */
async function deleteAll(
    objects: Identity[],
    { kube, options: { print, note } }: { kube: KubeClient; options: TeardownOptions },
    signal: AbortSignal,
    report: TeardownReport,
): Promise<void> {
    for (const identity of objects) {
        signal.throwIfAborted();
        await kube.delete(identity);
        report.outside.push(nameOf(identity));
        print?.(`  - ${nameOf(identity)}, which the state doesn't know`);
    }
    for (let left = objects; left.length > 0;) {
        const found = await Promise.all(left.map((identity) => kube.metadata(identity, signal)));
        left = left.filter((_, index) => found[index]);
        if (left.length === 0) return;
        note?.(`waits for ${nameOf(left[0])} to go`);
        await pause(500, undefined, { signal });
    }
}

/**
 * Namespaces of an ephemeral stack that its state doesn't know: its update was killed before it wrote them down. Such a stack keeps
 * nothing; of any other stack they may hold data, and are only named.
 */
async function straysOf({ kube, stack }: { kube: KubeClient; stack: string }, plan: TeardownPlan): Promise<Identity[]> {
    const unknown = plan.namespaces.filter(({ fate }) => fate === "unknown").map(({ name }) => name);
    const there = await kube.list("v1", "Namespace", { labels: `${stackLabel}=${stack},${ephemeralLabel}=true` });
    return there
        .filter(({ metadata }) => unknown.includes(metadata.name))
        .map(({ metadata: { name } }) => ({ apiVersion: "v1", kind: "Namespace", name }));
}

/** Volumes are freed some time after their claims; until then their disks are paid for. One that stays is named in the report. */
async function untilFreed({ namespaces }: TeardownPlan, kube: KubeClient, signal: AbortSignal): Promise<void> {
    let left = namespaces.flatMap(({ fate, claims }) =>
        fate === "goes" ? claims.flatMap(({ volume, policy }) => (volume && policy === "Delete" ? [volume] : [])) : [],
    );
    for (
        const until = Date.now() + freeingLimit;
        left.length > 0 && Date.now() < until;
        await pause(500, undefined, { signal })
    ) {
        const found = await Promise.all(
            left.map((name) => kube.metadata({ apiVersion: "v1", kind: "PersistentVolume", name }, signal)),
        );
        left = left.filter((_, index) => found[index]);
    }
}

/** Of a cluster that is gone only the state is left. */
async function withoutCluster(
    { backend, stack, options = {} }: TeardownTarget & { options?: TeardownOptions },
    { plan, state }: Surveyed,
    report: TeardownReport,
): Promise<TeardownReport> {
    const { print, note, signal, unprotect, keepProtected } = options;
    report.notes.push(...plan.notes);
    report.clusterGone = options.clusterGone === true;
    if (!plan.nothing) {
        report.backup = await backend.backup(stack);
        const guarded = state.resources.filter(({ protect }) => protect).map(({ urn }) => urn);
        if (unprotect && guarded.length > 0) await backend.unprotect(stack, guarded);
        report.counts = await backend.destroy(stack, {
            ...{ print, note, signal, unreachable: true, excludeProtected: keepProtected },
        });
    }
    const after = plan.exists ? await backend.state(stack) : { resources: [], pending: [] };
    if (report.clusterGone) {
        report.notes.push(
            "what the cluster had outside of itself may still be there: disks of its volumes, load balancers, DNS records; look where they come from",
        );
    }
    if (options.remove) await removeStack({ backend, stack }, plan, after, report);
    return report;
}

async function removeStack(
    { backend, stack }: Pick<TeardownTarget, "backend" | "stack">,
    { exists }: TeardownPlan,
    after: StackState,
    report: TeardownReport,
): Promise<void> {
    const namespaces = [...report.kept, ...report.left].filter(
        ({ object, whose }) => object.startsWith("Namespace ") && whose !== "other-stack",
    );
    const real = after.resources.filter(isReal).length;
    if (!exists) return;
    if (real > 0) report.notRemoved = `its state still has ${real} resources`;
    else if (namespaces.length > 0) {
        report.notRemoved = `${namespaces.map(({ object }) => object).join(", ")} of it ${namespaces.length > 1 ? "are" : "is"} still there`;
    } else {
        await backend.remove(stack);
        report.removed = true;
    }
}

function clusterWide({ resources }: StackState): Identity[] {
    return resources.flatMap(({ object, retainOnDelete }) =>
        object && object.namespace === undefined && object.kind !== "Namespace" && !retainOnDelete ? [object] : [],
    );
}

function sort(report: TeardownReport, all: Leftover[]): void {
    report.kept.push(...all.filter(({ whose }) => whose === "kept"));
    report.left.push(...all.filter(({ whose }) => whose !== "kept"));
}

function emptyReport({ stack, nothing }: TeardownPlan): TeardownReport {
    return {
        ...{ stack, nothing, clusterGone: false, removed: false, counts: count([]) },
        ...{ kept: [], left: [], cleared: [], outside: [], notes: [] },
    };
}
