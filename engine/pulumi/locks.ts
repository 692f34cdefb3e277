import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

import { organization } from "../../program/stack-config";
import type { StackLock } from "../engine";

/** The directory of a backend that is a directory; undefined for all others. */
export function directoryOf(url: string, cwd: string): string | undefined {
    if (!url.startsWith("file://")) return undefined;
    const path = decodeURIComponent(url.slice("file://".length).replace(/\?.*$/, ""));
    return resolve(cwd, path.replace(/^~(?=\/|$)/, homedir()));
}

/** The locks of a stack, as files of a backend's directory. */
export function locksOf(directory: string, project: string, stack: string): StackLock[] {
    const dir = join(directory, ".pulumi", "locks", organization, project, stack);
    if (!existsSync(dir)) return [];
    return readdirSync(dir)
        .filter((name) => name.endsWith(".json"))
        .flatMap((name) => readLock(join(dir, name)));
}

/** A lock that goes away while it is looked for is none. */
function readLock(file: string): StackLock[] {
    try {
        const { pid, username, hostname, timestamp } = JSON.parse(readFileSync(file, "utf8")) as {
            pid: number;
            username: string;
            hostname: string;
            timestamp: string;
        };
        return [lock(file, username, hostname, pid, timestamp)];
    } catch {
        return [];
    }
}

/** The locks that the CLI names when it finds a stack locked. */
export function locksIn(text: string): StackLock[] {
    const each = /^\s*(\S+): created by (.+)@(\S+) \(pid (\d+)\) at (\S+)/gm;
    return [...text.matchAll(each)].map(([, where, user, host, pid, time]) =>
        lock(where, user, host, Number(pid), time),
    );
}

function lock(where: string, user: string, host: string, pid: number, time: string): StackLock {
    return { where, by: `${user}@${host} (pid ${pid})`, host, pid, since: new Date(time) };
}
