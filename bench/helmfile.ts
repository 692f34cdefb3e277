import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { stringify } from "yaml";

import { certManagerType, releaseInside } from "../program/cert-manager";
import { runProgram } from "../program/program";
import { directoryForms, isDirectory } from "../program/sources";
import { outputDir, repoRoot } from "../lib/paths";
import { toolVersion } from "../tools";

/** A stack's Releases as a helmfile, those whose chart is a directory; without the rest of the stack, which helmfile doesn't know. */
export async function writeHelmfile(stack: string): Promise<{ file: string; releases: number }> {
    const folder = join(outputDir, "bench", "helmfile");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const releases: object[] = [];
    await runProgram({
        stack,
        offline: true,
        adapt: directoryForms,
        handler: (request) => {
            const inner = request.type === certManagerType;
            if (inner || request.type.endsWith(":Release")) {
                const { name, namespace, chart, values } = (inner ? releaseInside(request) : request).inputs;
                if (isDirectory(chart)) {
                    const file = join(folder, `${String(name)}.yaml`);
                    writeFileSync(file, stringify(values));
                    releases.push({ name, namespace, chart: resolve(repoRoot, chart), values: [file] });
                }
            }
            const generated = request.type.endsWith(":RandomPassword") ? { result: "generated" } : {};
            return Promise.resolve({ id: request.name, outputs: { ...request.inputs, ...generated } });
        },
    });
    const file = join(folder, "helmfile.yaml");
    // By itself Helm would assume a version that is years old, which charts refuse.
    const kubeVersion = await toolVersion("kube-apiserver");
    writeFileSync(file, stringify({ kubeVersion, releases }));
    return { file, releases: releases.length };
}
