import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, sep } from "node:path";

import packageJson from "../../package.json";

/** The version of the CLI that the project is pinned to. */
export const pinned: string = packageJson.devDependencies.pulumi;

/**
 * The Pulumi CLI, if it is at hand: on the PATH, or downloaded before by the npm package.
 *
 * What lies in node_modules is left out: it is no CLI but a downloader, and a sandbox must not wait for a download that may not
 * be possible.
 */
export function findPulumi(
    env: NodeJS.ProcessEnv = process.env,
    isProgram: (path: string) => boolean = isExecutable,
): string | undefined {
    const onPath = (env.PATH ?? "").split(delimiter).filter((dir) => dir && !dir.split(sep).includes("node_modules"));
    const home = env.PULUMI_HOME ?? join(env.HOME ?? homedir(), ".pulumi");
    const places = [...onPath, join(home, "versions", env.PULUMI_VERSION ?? pinned, "bin")];
    return places.map((dir) => join(dir, "pulumi")).find(isProgram);
}

function isExecutable(path: string): boolean {
    try {
        accessSync(path, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}
