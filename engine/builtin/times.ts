import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { writeOwnersOnly } from "../../lib/files";
import { ResourceRequest } from "../../program/program";
import { shortType } from "./change";

/** Time that one resource of an update took: from when all that it needs was there. */
export interface ResourceTime {
    urn: string;
    type: string;
    name: string;
    dependencies: string[];
    /** Milliseconds since 1970. */
    began: number;
    ended: number;
}

/** File with the times of a stack's latest update. Not `.json`, which are stacks. */
const timesFile = (dir: string, stack: string) => join(dir, "apply", `${stack}.times`);

/** Stopwatch of an update's resources. */
export class Times {
    private readonly all: ResourceTime[] = [];

    async measure<T>({ urn, type, name, dependencies }: ResourceRequest, work: () => Promise<T>): Promise<T> {
        const began = Date.now();
        try {
            return await work();
        } finally {
            this.all.push({ urn, type, name, dependencies, began, ended: Date.now() });
        }
    }

    save(dir: string, stack: string): Promise<void> {
        return writeOwnersOnly(timesFile(dir, stack), `${JSON.stringify(this.all)}\n`);
    }
}

/** Reads the times of a stack's latest update; none if it has had none. */
export function timesOf(dir: string, stack: string): ResourceTime[] {
    const file = timesFile(dir, stack);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ResourceTime[]) : [];
}

/** Finds what an update's end has waited for: from the resource that ended last back, each time by the dependency that ended last. */
export function criticalPath(times: ResourceTime[]): ResourceTime[] {
    const byUrn = new Map(times.map((time) => [time.urn, time]));
    const latest = (of: ResourceTime[]) =>
        of.reduce<ResourceTime | undefined>((one, other) => (one && one.ended >= other.ended ? one : other), undefined);
    const path: ResourceTime[] = [];
    for (let at = latest(times); at && !path.includes(at);) {
        path.unshift(at);
        at = latest(at.dependencies.flatMap((urn) => byUrn.get(urn) ?? []));
    }
    return path;
}

/** Short name of a resource for a table. */
export function timeName({ type, name }: ResourceTime): string {
    return `${shortType(type)} ${name}`;
}
