import { existsSync } from "node:fs";
import { join } from "node:path";

import { run } from "../../lib/exec";
import { cacheDir, stateDir } from "../../lib/paths";

/** GiB on the disk. */
export interface Disk {
    /** Built programs, images and Go's caches; outlives `make down`. */
    cache: number;
    /** The part of it that is images. */
    images: number;
    /** The running sandbox: etcd, container root, volumes, logs. */
    state: number;
}

/** Measures the sandbox's use of disk. */
export async function diskUse(): Promise<Disk> {
    const [cache, images, state] = await Promise.all(
        [cacheDir(), join(cacheDir(), "images"), stateDir()].map(gibibytes),
    );
    return { cache, images, state };
}

async function gibibytes(dir: string): Promise<number> {
    if (!existsSync(dir)) return 0;
    // Files come and go while it counts, which du reports with exit code 1; mounts of running containers are not counted twice.
    const { stdout } = await run("du", ["-sxk", dir], { okCodes: [0, 1] });
    return Math.round((Number.parseInt(stdout, 10) / 2 ** 20) * 100) / 100;
}
