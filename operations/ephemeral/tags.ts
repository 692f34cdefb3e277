// What a backend remembers of a short-lived stack.

/** Tags of a stack; values are text. */
export const tagNames = {
    /** Time of its expiry: ISO, UTC. */
    expires: "data-platform:expires",
    /** Time of its creation. */
    created: "data-platform:created",
    /** Number of the pull request that it goes with. Absent: it was made by hand, and lives by its time alone. */
    pullRequest: "data-platform:pull-request",
    /** "true": no sweep takes it. */
    keep: "data-platform:keep",
} as const;

/** The same, read. What can't be read is absent. */
export interface Lifetime {
    expires?: Date;
    created?: Date;
    pullRequest?: number;
    keep: boolean;
}

/** Reads a stack's tags. A time that isn't canonical counts as none, so that a sweep gives it one. */
export function lifetimeOf(tags: Record<string, string>): Lifetime {
    const number = tags[tagNames.pullRequest] ?? "";
    return {
        expires: time(tags[tagNames.expires]),
        created: time(tags[tagNames.created]),
        ...(/^[1-9]\d*$/.test(number) ? { pullRequest: Number(number) } : {}),
        keep: tags[tagNames.keep] === "true",
    };
}

/** A moment as it stands in a tag: UTC, to the second. */
export function canonical(moment: Date): string {
    return moment.toISOString().replace(/\.\d{3}Z$/, "Z");
}

function time(text = ""): Date | undefined {
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text)) return undefined;
    const moment = new Date(text);
    return Number.isNaN(moment.getTime()) ? undefined : moment;
}

/** The later of what a stack has and what it is given: an update extends its time and never shortens it. */
export function extended(had: Date | undefined, now: Date, milliseconds: number): Date {
    const wanted = new Date(now.getTime() + milliseconds);
    return had && had > wanted ? had : wanted;
}
