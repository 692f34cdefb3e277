import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { stringify } from "yaml";

import { collect } from "../program/collect";
import { directoryForms, isDirectory } from "../program/sources";
import { outputDir, repoRoot } from "../lib/paths";
import { toolVersion } from "../tools";

/** A stack's Releases as a helmfile, those whose chart is a directory; without the rest of the stack, which helmfile doesn't know. */
export async function writeHelmfile(stack: string): Promise<{ file: string; releases: number }> {
    const folder = join(outputDir, "bench", "helmfile");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const declared = await collect({ stack, offline: true, transformConfig: directoryForms });
    const releases = declared.releases
        .filter(({ chart }) => isDirectory(chart))
        .map(({ name, namespace, chart, values }) => {
            const file = join(folder, `${name}.yaml`);
            writeFileSync(file, stringify(values));
            return { name, namespace, chart: resolve(repoRoot, chart), values: [file] };
        });
    const file = join(folder, "helmfile.yaml");
    // By itself Helm would assume a version that is years old, which charts refuse.
    const kubeVersion = await toolVersion("kube-apiserver");
    writeFileSync(file, stringify({ kubeVersion, releases }));
    return { file, releases: releases.length };
}
