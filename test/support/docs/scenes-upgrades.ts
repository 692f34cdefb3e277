import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { execa } from "execa";
import { parse, stringify } from "yaml";

import type { Scene } from "./scenes";

/** Another version is committed to a branch: of a setting that every chart could bring, so that no other chart has to be at hand. */
export const upgradeOnABranch: Scene = async ({ cwd, env }) => {
    const git = (...args: string[]) => execa("git", args, { cwd, env });
    await git("checkout", "--quiet", "-B", "upgrade");
    const file = join(cwd, "Pulumi.dev.yaml");
    const document = parse(await readFile(file, "utf8")) as { config: Record<string, object> };
    document.config["data-platform:tracking"] = {
        ...document.config["data-platform:tracking"],
        resources: { requests: { cpu: "100m", memory: "320Mi" }, limits: { memory: "2Gi" } },
    };
    await writeFile(file, stringify(document));
    await git("commit", "--quiet", "--all", "-m", "Another version");
};
