import type { Manifest } from "../kubernetes/objects";
import { certManagerType, releaseInside } from "./cert-manager";
import { hideSecrets, masked } from "./mask";
import { type ProgramOptions, type ProgramResult, type ResourceRequest, runProgram } from "./program";

/** A Helm release as the program declares it. Values that the program gave as secrets are masked. */
export interface Release {
    name: string;
    namespace: string;
    /** A directory of the project, an `oci://` address, or the chart's name in `repository`. */
    chart: string;
    repository?: string;
    /** Absent for a directory, which carries its own. */
    version?: string;
    values: Record<string, unknown>;
    /** Leave the chart's CRDs out. */
    skipCrds: boolean;
    /** Seconds that each part of an install or upgrade may take. */
    timeout: number;
}

/** An object of a stack, and what made it. */
export interface DeclaredObject {
    manifest: Manifest;
    /** The resource of the program: the object itself, or the Release that it is in. */
    urn: string;
}

export interface CollectOptions extends Omit<ProgramOptions, "handler"> {
    /** Stands for a value that an engine would generate, by the name of its resource. @default the mark of a secret */
    generated?: (name: string) => string;
    /** Told of each resource at once, while the program goes on. */
    registered?: (request: ResourceRequest) => void;
}

/** Evaluates a program and notes every resource that it registers, components included. Makes nothing. */
export async function collectRequests(
    options: CollectOptions,
): Promise<ProgramResult & { requests: ResourceRequest[] }> {
    const { generated = () => masked, registered, ...program } = options;
    const requests: ResourceRequest[] = [];
    const result = await runProgram({
        ...program,
        handler: (request) => {
            requests.push(request);
            registered?.(request);
            return Promise.resolve({ id: request.name, outputs: outputsOf(request, generated) });
        },
    });
    return { ...result, requests };
}

/** Evaluates a program and collects its Kubernetes objects, and its Releases unrendered. Values given as secrets are masked. */
export async function collect(options: CollectOptions): Promise<{ objects: DeclaredObject[]; releases: Release[] }> {
    const { requests } = await collectRequests(options);
    const found = requests.map(declarationOf);
    return {
        objects: found.flatMap(({ object }) => object ?? []),
        releases: found.flatMap(({ release }) => release ?? []),
    };
}

const releaseType = "kubernetes:helm.sh/v3:Release";

/** The object or the Release that a resource is; neither for a component, a provider or a generated value. */
export function declarationOf(request: ResourceRequest): { object?: DeclaredObject; release?: Release } {
    const { type, custom, urn } = request;
    const inputs = hideSecrets(request);
    if (type === certManagerType) return { release: releaseOf(releaseInside({ ...request, inputs }).inputs) };
    if (!custom || !type.startsWith("kubernetes:")) return {};
    if (type === releaseType) return { release: releaseOf(inputs) };
    return { object: { manifest: inputs as unknown as Manifest, urn } };
}

/** Seconds that Pulumi's provider, and Helm, take where a Release says nothing. */
const defaultTimeout = 300;

function releaseOf(inputs: Record<string, unknown>): Release {
    const { name, namespace, chart, version, values, skipCrds, timeout } = inputs;
    const { repo } = (inputs.repositoryOpts ?? {}) as { repo?: string };
    return {
        name: String(name),
        namespace: typeof namespace === "string" ? namespace : "default",
        chart: String(chart),
        ...(repo ? { repository: repo } : {}),
        ...(version ? { version: version as string } : {}),
        values: (values ?? {}) as Record<string, unknown>,
        skipCrds: skipCrds === true,
        timeout: typeof timeout === "number" ? timeout : defaultTimeout,
    };
}

/** Outputs that the program reads of a resource: its inputs, and what only an engine would know. */
function outputsOf({ type, name, inputs }: ResourceRequest, generated: (name: string) => string) {
    if (type.startsWith("random:")) return { ...inputs, result: generated(name), hex: "00" };
    // Of a CRD nobody reads more than its name, and it is ten thousand lines long.
    return type.endsWith(":CustomResourceDefinition") ? { ...inputs, spec: undefined } : inputs;
}
