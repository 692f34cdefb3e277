import { join } from "node:path";

import { stringify } from "yaml";

import { certManagerType, releaseInside } from "./cert-manager";
import { helmTemplate, Manifest } from "./helm";
import { ProgramOptions, ResourceRequest, runProgram } from "./program";

/** What stands in a rendered manifest for each value of a Secret. */
export const masked = "(masked)";

/** A stack as files: text by relative path, in stable order. */
export type Tree = Map<string, string>;

/**
 * Every Kubernetes object that a stack makes, the inside of its Releases included, one file an object, without cluster or
 * engine. Values of Secrets are masked.
 */
export async function render(options: Omit<ProgramOptions, "handler">): Promise<Tree> {
    const requests: ResourceRequest[] = [];
    await runProgram({
        ...options,
        offline: true,
        handler: (request) => {
            requests.push(request);
            return Promise.resolve({ id: request.name, outputs: { ...request.inputs, ...madeUp(request) } });
        },
    });
    const rendered = await Promise.all(requests.map(manifestsOf));
    const files = rendered
        .flat()
        .map((manifest) => [pathOf(manifest), stringify(mask(shortened(manifest)), { lineWidth: 0 })] as const);
    return new Map(files.sort(([one], [other]) => one.localeCompare(other)));
}

const releaseType = "kubernetes:helm.sh/v3:Release";

/** Outputs that only an engine would know. */
function madeUp({ type }: ResourceRequest): Record<string, unknown> {
    return type === "random:index/randomPassword:RandomPassword" ? { result: masked } : {};
}

async function manifestsOf(request: ResourceRequest): Promise<Manifest[]> {
    const { type, inputs, custom } = request;
    if (type === certManagerType) return manifestsOf({ ...releaseInside(request), type: releaseType });
    if (!custom) return [];
    if (type === releaseType) {
        if (!String(inputs.chart).startsWith("./")) return [byValues(inputs)];
        return helmTemplate({
            name: String(inputs.name),
            namespace: String(inputs.namespace),
            chart: String(inputs.chart),
            version: inputs.version as string | undefined,
            values: inputs.values as Record<string, unknown>,
            skipCrds: inputs.skipCrds === true,
        });
    }
    return type.startsWith("kubernetes:") ? [inputs as unknown as Manifest] : [];
}

/**
 * A Release whose chart is elsewhere, by what it is given: to look inside would need the network, and what a stack makes must
 * come out the same with and without.
 */
function byValues({ name, namespace, chart, version, values, repositoryOpts }: Record<string, unknown>): Manifest {
    const repository = (repositoryOpts as { repo?: string } | undefined)?.repo;
    return {
        apiVersion: "helm.sh/v3",
        kind: "Release",
        metadata: {
            name: String(name),
            namespace: String(namespace),
            annotations: { "data-platform.io/not-rendered": "the chart is not in the project; these are its values" },
        },
        spec: { chart, ...(repository ? { repository } : {}), version, values },
    };
}

/** Definitions of custom resources run to ten thousand lines, none of them ours: which kinds and versions is what matters. */
function shortened(manifest: Manifest): Manifest {
    if (manifest.kind !== "CustomResourceDefinition") return manifest;
    const { group, names, scope, versions } = manifest.spec as Record<string, unknown> & {
        versions: { name: string }[];
    };
    return { ...manifest, spec: { group, names, scope, versions: versions.map(({ name }) => name) } };
}

function mask(manifest: Manifest): Manifest {
    if (manifest.kind !== "Secret") return manifest;
    const hide = (values: unknown) =>
        values && Object.fromEntries(Object.keys(values as object).map((key) => [key, masked]));
    const { data, stringData, ...rest } = manifest;
    return {
        ...rest,
        ...(data ? { data: hide(data) } : {}),
        ...(stringData ? { stringData: hide(stringData) } : {}),
    } as Manifest;
}

/** `<namespace>/<Kind>.<name>.yaml`; what has no namespace is under `cluster`. */
function pathOf({ kind, metadata }: Manifest): string {
    return join(metadata.namespace ?? "cluster", `${kind}.${metadata.name.replaceAll(":", ".")}.yaml`);
}
