import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { names } from "./layout";
import { terminate, processId, type ProcessId } from "../../lib/processes";

/** Mount points of control groups, of either version: a machine may have a dozen (version 1), one (version 2), or both. */
export function cgroupMounts(mountinfo: string): string[] {
    return mountinfo
        .split("\n")
        .filter((line) => / - cgroup2? /.test(line))
        .map((line) => line.split(" ")[4] ?? "");
}

/** Our group in each hierarchy. */
async function ourGroups(): Promise<string[]> {
    const mounts = cgroupMounts(await readFile("/proc/self/mountinfo", "utf8"));
    return mounts.map((mount) => join(mount, names.cgroup));
}

/** Makes the group under which the kubelet puts all pods, so that whatever is in it can be told to be ours. */
export async function createCgroup(): Promise<void> {
    for (const group of await ourGroups()) {
        await mkdir(group, { recursive: true });
        const parent = join(group, "..");
        if (existsSync(join(parent, "cgroup.controllers"))) await delegate(parent);
        // Version 1: a group without processors and memory nodes takes no process.
        for (const file of ["cpuset.cpus", "cpuset.mems"]) {
            const own = await readFile(join(group, file), "utf8").catch(() => undefined);
            if (own?.trim() !== "") continue;
            await writeFile(join(group, file), await readFile(join(parent, file), "utf8")).catch(() => undefined);
        }
    }
}

/** Version 2: lets the children of a group have the controllers that it has itself. */
async function delegate(group: string): Promise<void> {
    const controllers = (await readFile(join(group, "cgroup.controllers"), "utf8")).split(/\s+/).filter(Boolean);
    for (const controller of controllers) {
        // One that cannot be handed on is none that pods need, or the kubelet names it.
        await writeFile(join(group, "cgroup.subtree_control"), `+${controller}`).catch(() => undefined);
    }
}

/** Ends every process of every pod. */
export async function killCgroup(): Promise<void> {
    const members = new Map<number, ProcessId>();
    for (const group of await ourGroups()) {
        for (const path of await groupsBelow(group)) {
            const text = await readFile(join(path, "cgroup.procs"), "utf8").catch(() => "");
            for (const pid of text.split("\n").filter(Boolean).map(Number)) {
                const found = members.has(pid) ? undefined : await processId(pid);
                if (found) members.set(pid, found);
            }
        }
    }
    await terminate([...members.values()], 0);
}

/** Removes the groups, once nothing is in them. */
export async function removeCgroup(): Promise<void> {
    for (const group of await ourGroups()) {
        for (const path of (await groupsBelow(group)).reverse()) {
            // The kernel needs a moment after the last process of a group has ended.
            for (let attempt = 0; attempt < 20 && existsSync(path); attempt++) {
                await rmdir(path).catch(() => new Promise((resolve) => setTimeout(resolve, 50)));
            }
        }
    }
}

/** A group and all below it, parents first. */
async function groupsBelow(group: string): Promise<string[]> {
    const entries = await readdir(group, { withFileTypes: true }).catch(() => []);
    const children = entries.filter((entry) => entry.isDirectory()).map((entry) => join(group, entry.name));
    const below = await Promise.all(children.map(groupsBelow));
    return existsSync(group) ? [group, ...below.flat()] : [];
}
