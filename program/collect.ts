import { at, type Manifest } from "../kubernetes/objects";
import { certManagerType, releaseInside } from "./cert-manager";
import { definitionNotes } from "./definitions/notes";
import { definitionsOf } from "./definitions/sources";
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
    const behind: Promise<DeclaredObject[]>[] = [];
    const { requests } = await collectRequests({
        ...options,
        registered: (request) => {
            const found = definitionsBehind(request);
            // Waited for below, when the program has ended.
            found.catch(() => undefined);
            behind.push(found);
            options.registered?.(request);
        },
    });
    const found = requests.map(declarationOf);
    return {
        objects: [...found.flatMap(({ object }) => object ?? []), ...(await Promise.all(behind)).flat()],
        releases: found.flatMap(({ release }) => release ?? []),
    };
}

/**
 * The CRDs that a resource stands for: the program holds only a digest of each, and a hook of the resource applies them. To be
 * called while the resource is registered, when the program's own downloads are in force.
 */
export async function definitionsBehind({ type, urn, inputs }: ResourceRequest): Promise<DeclaredObject[]> {
    if (type !== "kubernetes:core/v1:ConfigMap") return [];
    const sources = at(inputs, "metadata", "annotations", definitionNotes.sources);
    if (typeof sources !== "string") return [];
    const { whole } = await definitionsOf(JSON.parse(sources) as string[]);
    return (await whole()).map((manifest) => ({ manifest, urn }));
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
    return type.startsWith("random:") ? { ...inputs, result: generated(name), hex: "00" } : inputs;
}
