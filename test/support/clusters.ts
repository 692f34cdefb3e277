import { readdirSync } from "node:fs";
import { join } from "node:path";

import { PlaneOutput } from "../../components/contracts";
import type { Manifest } from "../../kubernetes/objects";
import { repoRoot } from "../../lib/paths";
import { readStackConfig } from "../../program/stack-config";
import { renderStack } from "../../render/manifests";

const directory = join(repoRoot, "docs", "clusters");

/** Names of the kinds of clusters that have example settings. */
export const examples = readdirSync(directory).map((file) => file.replace(/\.yaml$/, ""));

/** Config of an example, as the engine has it. */
export function exampleConfig(example: string) {
    return readStackConfig(join(directory, `${example}.yaml`));
}

/** Everything that a stack with an example's settings makes, besides what `more` says. */
export async function renderExample(example: string, more: Record<string, unknown> = {}): Promise<Manifest[]> {
    const { values, secretKeys } = exampleConfig(example);
    for (const [key, value] of Object.entries(more)) values[`data-platform:${key}`] = JSON.stringify(value);
    const clusterPlaneOutput: PlaneOutput = {
        shareable: true,
        issuer: "platform-ca",
        namespaces: { strimzi: "strimzi-operator", cloudNativePg: "cnpg-system" },
    };
    const { objects } = await renderStack({
        stack: "example",
        config: values,
        secretKeys,
        charts: "directories",
        stackOutputs: () => Promise.resolve({ outputs: { clusterPlaneOutput }, secretOutputs: [] }),
    });
    return objects.map(({ manifest }) => manifest);
}
