import { Orphan, SeenStack, Survey } from "./survey";
import { lifetimeOf } from "./tags";
import { lasting } from "./ttl";

/** A short-lived stack as a list has it. */
export interface ListedStack {
    stack: string;
    pullRequest?: number;
    /** ISO, UTC. */
    created?: string;
    expires?: string;
    resources?: number;
    /** `unmarked`: nothing says when its time is over; the next sweep writes it down. `orphaned`: only the cluster knows it. */
    state: "running" | "expired" | "kept" | "updating" | "unmarked" | "orphaned";
    namespaces: string[];
}

/** Stacks and orphans in one list. */
export function listed({ stacks, orphans }: Survey, now: Date): ListedStack[] {
    return [...stacks.map((stack) => ofStack(stack, now)), ...orphans.map(ofOrphan)];
}

function ofStack({ name, tags, resources, locks, namespaces }: SeenStack, now: Date): ListedStack {
    const { created, expires, pullRequest, keep } = lifetimeOf(tags);
    const state = (): ListedStack["state"] => {
        if (locks.length > 0) return "updating";
        if (keep) return "kept";
        if (!expires) return "unmarked";
        return expires > now ? "running" : "expired";
    };
    return {
        ...{ stack: name, pullRequest, resources, namespaces, state: state() },
        ...(created ? { created: created.toISOString() } : {}),
        ...(expires ? { expires: expires.toISOString() } : {}),
    };
}

function ofOrphan({ stack, namespaces, since }: Orphan): ListedStack {
    return { stack, namespaces, created: since.toISOString(), state: "orphaned" };
}

/** The list as a table. */
export function listText(stacks: ListedStack[], now: Date): string {
    if (stacks.length === 0) return "no short-lived stacks";
    const since = (text?: string) => (text ? lasting(now.getTime() - Date.parse(text)) : "-");
    const rest = ({ expires }: ListedStack) => {
        if (!expires) return "-";
        const milliseconds = Date.parse(expires) - now.getTime();
        return milliseconds > 0 ? `in ${lasting(milliseconds)}` : `since ${lasting(-milliseconds)}`;
    };
    const rows = [
        ["STACK", "PULL REQUEST", "AGE", "EXPIRES", "RESOURCES", "NAMESPACES", "STATE"],
        ...stacks.map((each) => [
            each.stack,
            each.pullRequest === undefined ? "-" : String(each.pullRequest),
            since(each.created),
            rest(each),
            each.resources === undefined ? "-" : String(each.resources),
            String(each.namespaces.length),
            each.state,
        ]),
    ];
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    return rows
        .map((row) =>
            row
                .map((text, column) => text.padEnd(widths[column]))
                .join("  ")
                .trimEnd(),
        )
        .join("\n");
}
