import { existsSync } from "node:fs";
import { readdir, readlink, rm, rmdir } from "node:fs/promises";
import { basename, join } from "node:path";

import { unmountUnder } from "../../images/build/mounts";
import { killCgroup, removeCgroup } from "./cgroups";
import { controlPlaneDaemons } from "./control-plane";
import { keepImages } from "./image-store";
import { bootId, hostRecord, outsideDirectories, restoreHost } from "./host";
import { type Layout, names, runDir } from "./layout";
import { deleteBridge } from "./network";
import { commandLines, terminate, mentions, processId, type ProcessId } from "../../lib/processes";
import { removeStateDir } from "./state-dir";
import { Supervisor } from "./supervisor";

/** Programs of the node, and those that they start and that live on without them. */
const programs = [...controlPlaneDaemons, "kubelet", "kube-proxy", "containerd", "containerd-shim-runc-v2", "runc"];

/**
 * Removes every trace of the sandbox from the machine. Each part looks at the machine, not at what was remembered, wherever
 * it can; so it also cleans up after a start or a stop that was killed, and does nothing the second time.
 */
export async function tearDown(at: Layout, note: (text: string) => void): Promise<void> {
    note("processes");
    await killEverything(at);
    note("mounts");
    await unmountUnder(at.dir);
    await unmountUnder(runDir);
    note("network");
    // The pods' network namespaces went with the mounts that held them, and their cables with those.
    await deleteBridge();
    await removeCgroup();
    await restoreHost(at);
    note("files");
    await removeOutsideFiles(at);
    // The images stay, for the next sandbox; where that can't be, they go with the rest.
    await keepImages(at, await bootId()).catch(() => undefined);
    await rm(runDir, { recursive: true, force: true });
    await removeStateDir(at);
}

/** Ends all our processes, and their children, at once: nothing that they hold is worth keeping. */
async function killEverything(at: Layout): Promise<void> {
    const supervisor = new Supervisor(at.processes, at.log, await bootId());
    // The kubelet and containerd first, because they start others.
    const order = ["kubelet", "containerd", ...(await supervisor.names())];
    for (const name of order) await supervisor.stop(name, 0);
    for (let round = 0; round < 10; round++) {
        await killCgroup();
        const strays = await ourStrays(at);
        if (strays.length === 0) return;
        await terminate(strays, 0);
    }
}

/** Programs of the node that were started with something in our directories: shims, and daemons without a pid file. */
async function ourStrays(at: Layout): Promise<ProcessId[]> {
    const found: ProcessId[] = [];
    for (const [pid, line] of await commandLines()) {
        if (!mentions(line, at.dir) && !mentions(line, runDir)) continue;
        const executable = await readlink(`/proc/${pid}/exe`).catch(() => "");
        if (!programs.includes(basename(executable.replace(/ \(deleted\)$/, "")))) continue;
        const identity = await processId(pid);
        if (identity) found.push(identity);
    }
    return found;
}

/** Removes what the kubelet and the CNI plugins left in directories whose names cannot be set. */
async function removeOutsideFiles(at: Layout): Promise<void> {
    const results = "/var/lib/cni/results";
    for (const file of await readdir(results).catch(() => [] as string[])) {
        if (file.startsWith(`${names.network}-`)) await rm(join(results, file), { force: true });
    }
    const logs = "/var/log/containers";
    for (const file of await readdir(logs).catch(() => [] as string[])) {
        const target = await readlink(join(logs, file)).catch(() => "");
        if (target.startsWith(`${at.dir}/`)) await rm(join(logs, file), { force: true });
    }
    const record = await hostRecord(at);
    if (!record) return;
    for (const path of outsideDirectories.filter((each) => !record.directories.includes(each))) {
        await removeIfHollow(path);
    }
}

/** Files that a kubelet leaves in its fixed places and that mean nothing without it. */
const debris = /^(kubelet\.sock|kubelet_internal_checkpoint|DEPRECATION)$/;

/** Removes a directory in which nothing is but empty directories and debris. */
async function removeIfHollow(path: string): Promise<void> {
    if (!existsSync(path)) return;
    for (const entry of await readdir(path, { withFileTypes: true })) {
        const child = join(path, entry.name);
        if (entry.isDirectory()) await removeIfHollow(child);
        else if (debris.test(entry.name)) await rm(child, { force: true });
    }
    await rmdir(path).catch(() => undefined);
}
