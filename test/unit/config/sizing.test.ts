import assert from "node:assert/strict";

import { quotaOf } from "../../../config/quotas";
import { sums } from "../../../config/sizing";
import { parts } from "../../../config/sizing/parts";
import { Part } from "../../../config/sizing/part";
import { quantity } from "../../../config/units";
import { podOf } from "../../../kubernetes/pods";
import { prepareCharts } from "../../../tools/charts";
import { Manifest } from "../../../kubernetes/objects";
import { renderStack } from "../../../render/manifests";
import { platformConfig, readStackConfig, stackFile } from "../../../program/stack-config";

interface Container {
    name: string;
    resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
}
interface Pod {
    spec: { containers: Container[]; initContainers?: Container[] };
}

/** Kinds whose pods stay. */
const servers = ["Deployment", "StatefulSet", "DaemonSet"];
const namespaceOf: Partial<Record<Part["system"], string>> = { certificates: "cert-manager" };

const configOf = (stack: string) => platformConfig(readStackConfig(stackFile(stack)), stack);

/** Requests of a pod of servers while it runs, in CPUs and bytes. */
function asked(manifest: Manifest): { cpu: number; memory: number; memoryLimit: number } {
    const { containers } = (podOf(manifest) as unknown as Pod).spec;
    const replicas = Number((manifest.spec as { replicas?: number }).replicas ?? 1);
    const sum = (of: (container: Container) => string | undefined) =>
        replicas * containers.reduce((total, each) => total + quantity(of(each) ?? "0"), 0);
    return {
        cpu: sum(({ resources }) => resources?.requests?.cpu),
        memory: sum(({ resources }) => resources?.requests?.memory),
        memoryLimit: sum(({ resources }) => resources?.limits?.memory),
    };
}

describe("sizing", () => {
    before(async function () {
        this.timeout(600_000);
        await prepareCharts();
    });

    for (const stack of ["dev", "prod", "sandbox", "ephemeral"]) {
        it(`${stack}: says at least what its servers ask for, and the quota has room for it`, async function () {
            this.timeout(120_000);
            const config = configOf(stack);
            const { objects } = await renderStack({ stack, charts: "directories" });
            for (const system of new Set(parts(config).map((part) => part.system))) {
                const namespace =
                    system.includes("-") || system === "keda" ? system : (namespaceOf[system] ?? `${stack}-${system}`);
                const found = objects
                    .map(({ manifest }) => manifest)
                    .filter(({ kind, metadata }) => servers.includes(kind) && metadata.namespace === namespace)
                    .map(asked);
                const said = sums(
                    parts(config).filter((part) => part.system === system && !part.onDemand),
                    { rollout: false },
                );
                const hard = quotaOf(config, system);
                for (const [resource, key] of [
                    ["cpu", "requests.cpu"],
                    ["memory", "requests.memory"],
                    ["memoryLimit", "limits.memory"],
                ] as const) {
                    const need = found.reduce((total, each) => total + each[resource], 0);
                    assert.ok(
                        said[resource] >= need - 1e-9,
                        `${system} ${resource}: says ${said[resource]}, asks for ${need}`,
                    );
                    assert.ok(quantity(hard[key]) >= said[resource], `${system} ${key} ${hard[key]}`);
                }
            }
        });
    }
});
