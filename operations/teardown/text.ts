import { nameOf } from "../../kubernetes/client";
import type { Leftover, TeardownPlan, TeardownReport } from "./types";

/** Formats the plan of a teardown, for people. */
export function planText(plan: TeardownPlan, { clusterGone = false } = {}): string {
    const { stack, exists, cluster, nothing, goes, outside, keeps, sharedBy, notes } = plan;
    if (nothing) return nothingText(plan);
    const going = plan.namespaces.filter(({ fate }) => fate === "goes");
    const staying = plan.namespaces.filter(({ fate }) => fate === "kept" || fate === "protected");
    const unknown = plan.namespaces.filter(({ fate }) => fate === "unknown");
    const lost = going.flatMap(({ claims }) => claims);
    const kinds = Object.entries(goes).sort(([, one], [, other]) => other - one);
    const total = kinds.reduce((sum, [, number]) => sum + number, 0);
    return [
        `stack ${stack}${exists ? "" : ", which the backend doesn't know"}; its cluster ${cluster.answers ? `answers (${cluster.version})` : `does not answer: ${cluster.why}`}`,
        ...(clusterGone ? ["The cluster is not asked. The state is saved to a file, then emptied."] : []),
        ...section(`Goes: ${total} resources`, [
            ...(total > 0 ? [kinds.map(([kind, number]) => `${number} ${kind}`).join(", ")] : []),
            ...(going.length > 0
                ? [`namespaces with all that is in them: ${going.map(({ name }) => name).join(", ")}`]
                : []),
            ...lost.map(({ claim, size, volume, policy }) =>
                [
                    `data: ${claim}${size ? `, ${size}` : ""}`,
                    volume && policy === "Retain" ? `, but its volume ${volume} stays (reclaim policy Retain)` : "",
                ].join(""),
            ),
        ]),
        ...section(
            "Goes first, because an operator has to let it go, or because the state doesn't know it",
            outside.map(nameOf),
        ),
        ...section("Stays", [
            ...staying.flatMap(({ name, fate, claims }) => [
                `Namespace ${name} (${fate})`,
                ...claims.map(({ claim, size }) => `    ${claim}${size ? `, ${size}` : ""}`),
            ]),
            ...grouped(keeps.map(nameOf)),
        ]),
        ...section(
            "In the cluster by its label, but not in the state",
            unknown.map(({ name }) => `Namespace ${name}`),
        ),
        ...section("Protected", plan.protected),
        ...section(
            "Needed by other stacks: the cluster plane",
            sharedBy.map((user) => `${user.stack}: ${user.by.join(", ")}`),
        ),
        ...section("Note", notes),
    ].join("\n");
}

/** Formats the report of a teardown, for people. */
export function reportText(report: TeardownReport): string {
    const { stack, nothing, clusterGone, counts, kept, left, cleared, removed, notRemoved, backup, notes } = report;
    const head = nothing
        ? `nothing of the stack ${stack} is there`
        : clusterGone
          ? `the state of the stack ${stack} is empty: ${counts.delete} resources of the cluster that is gone were forgotten`
          : `the stack ${stack} is torn down: ${counts.delete} resources deleted${counts.keep > 0 ? `, ${counts.keep} kept` : ""}`;
    const others = left.filter(({ whose }) => whose === "other-stack");
    const nobodys = left.filter(({ whose }) => whose === "nobody");
    return [
        head,
        ...(removed ? [`the stack ${stack} itself is removed`] : []),
        ...(notRemoved ? [`the stack ${stack} itself was not removed: ${notRemoved}`] : []),
        ...(backup ? [`the state as it was: ${backup}`] : []),
        ...section("Finalizers cleared", cleared),
        ...section("Kept on purpose", withCommands(kept)),
        ...section("Nobody's: decide about it", withCommands(nobodys)),
        ...section(
            "Of other stacks",
            others.map(({ of, object }) => `${of}: ${object}`),
        ),
        ...section("Note", notes),
    ].join("\n");
}

function nothingText({ stack, exists, cluster }: TeardownPlan): string {
    const where = [
        exists ? "its state is empty" : "the backend knows no stack of that name",
        cluster.answers ? "no namespace in the cluster carries its label" : "",
    ];
    return `nothing of the stack ${stack} is there: ${where.filter(Boolean).join(", ")}`;
}

function section(title: string, lines: string[]): string[] {
    return lines.length > 0 ? [`${title}:`, ...lines.map((line) => `  ${line}`)] : [];
}

function groupBy<T>(all: T[], keyOf: (each: T) => string): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
    return groups;
}

/** From this number on, things of one kind are counted, not named; `--json` names them. */
const many = 6;

function grouped(names: string[]): string[] {
    const kinds = groupBy(names, (name) => name.split(" ")[0]);
    return [...kinds].flatMap(([kind, all]) => (all.length >= many ? [`${all.length} ${kind}s`] : all));
}

/** Each with the command that would delete it; what there is much of and for one reason, once. */
function withCommands(all: Leftover[]): string[] {
    const alike = groupBy(all, ({ object, why }) => `${object.split(" ")[0]} ${why}`);
    return [...alike.values()].flatMap((some) => {
        const [{ object, why, fix }] = some;
        const kind = object.split(" ")[0];
        if (some.length >= many) return [`${some.length} ${kind}s: ${why}`, `    each by: ${fix ?? ""}`];
        return some.flatMap((each) => [`${each.object}: ${each.why}`, ...(each.fix ? [`    ${each.fix}`] : [])]);
    });
}
