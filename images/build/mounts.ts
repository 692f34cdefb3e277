import { readFile } from "node:fs/promises";

import { run } from "../../lib/exec";

/** Paths of mounts below a directory, the deepest first; pure. The directory itself may be a mount of the user's. */
export function mountsUnder(mountinfo: string, dir: string): string[] {
    return (
        mountinfo
            .split("\n")
            .map((line) => line.split(" ")[4] ?? "")
            // The kernel writes blanks and the like as octal numbers.
            .map((path) => path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
            .filter((path) => path.startsWith(`${dir}/`))
            .reverse()
    );
}

/** Unmounts everything below a directory, also what is busy. */
export async function unmountUnder(dir: string): Promise<void> {
    // Several rounds: a mount may lie over another of the same path.
    for (let round = 0; round < 20; round++) {
        const paths = mountsUnder(await readFile("/proc/self/mountinfo", "utf8"), dir);
        if (paths.length === 0) return;
        for (let i = 0; i < paths.length; i += 100) {
            // Lazily, because a process in its death throes may still stand in it.
            await run("umount", ["--lazy", "--", ...paths.slice(i, i + 100)], { okCodes: [0, 1, 32, 64] });
        }
    }
}
