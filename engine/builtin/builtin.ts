import { join } from "node:path";

import { kubeconfigFiles } from "../../kubernetes/kubeconfig-files";
import { preflight } from "../../components/preflight";
import { ProgramOptions, ProgramResult, ResourceRequest, ResourceResult, runProgram } from "../../program/program";
import { platformConfig, readStackConfig, stackFile } from "../../program/stack-config";
import { UserError } from "../../lib/errors";
import { Change } from "./change";
import { changeOf, Context, entryOf } from "./context";
import { KubeClient } from "../../kubernetes/client";
import { withStackLock } from "./lock";
import { withCluster } from "../../kubernetes/in-force";
import { applyWithHooks } from "./hooks";
import { isComponentOrProvider, isRemoteComponent, kubernetesProvider, handlerFor } from "./resources";
import { masked, Masker } from "../../kubernetes/mask";
import { deleteEntries, distinct, refuseEntries, sweep, withoutProtected } from "./prune";
import { ResourceState, State } from "./state";
import { Times } from "./times";
import { Group } from "./tree";
import { claimedVolumes, untilReleased } from "./volumes";
import { interrupted } from "../../kubernetes/wait/ready";
import { ApplyOptions } from "./context";

/** Stack of the program, its cluster, and the directory of its state. */
export interface Target {
    stack: string;
    kubeconfig: string;
    /** Directory of the state. */
    dir: string;
    /** Connects, where the kubeconfig's current context by certificate or token isn't meant. */
    connect?: () => Promise<KubeClient>;
    /** Another program than the project's, for tests. */
    program?: ProgramOptions["program"];
    /** Config instead of the stack file's, for tests. */
    config?: ProgramOptions["config"];
    /** Keys of that config that are encrypted in a stack file. @default none */
    secretKeys?: ProgramOptions["secretKeys"];
}

/** Result of an update, or of a preview. */
export interface Outcome {
    changes: Change[];
    /** The components, for the tree. */
    groups: Group[];
    /** Outputs of the stack; secret ones masked. */
    outputs: Record<string, unknown>;
}

/** Previews an update. Changes nothing. */
export async function preview(target: Target, options: ApplyOptions = {}): Promise<Outcome> {
    return withContext(target, options, true, (context) => evaluate(target, context, options));
}

/**
 * Brings the cluster to what the program declares, and deletes what it no longer declares.
 *
 * @throws UserError or AggregateError when something failed; what depends on it wasn't begun, what was under way has ended.
 */
export async function up(target: Target, options: ApplyOptions = {}): Promise<Outcome> {
    return locked(target, () => withContext(target, options, false, (context) => evaluate(target, context, options)));
}

/**
 * Deletes everything that the stack has made, dependents first. What isn't there any more is fine.
 *
 * @param options.excludeProtected leave out what is protected, and what it needs, instead of refusing. @default false
 */
export async function destroy(
    target: Target,
    options: ApplyOptions & { excludeProtected?: boolean } = {},
): Promise<Outcome> {
    return locked(target, () =>
        withContext(target, options, false, async (context) => {
            const { state } = context;
            const entries = options.excludeProtected ? withoutProtected(state.entries) : state.entries;
            refuseEntries(entries, "set `protect: false` in the stack file, run `up`, then destroy again");
            const groups = groupsOf(entries);
            const volumes = await claimedVolumes(namespacesOf(entries), context);
            const changes = await deleteEntries(entries, context, options);
            await untilReleased(volumes, context);
            if (state.empty) await state.clear();
            return { changes, groups, outputs: {} };
        }),
    );
}

/** The outputs of the last update. */
export function outputs({ dir, stack }: Target): Record<string, unknown> {
    return State.load(dir, stack).outputs;
}

/** Runs something that no update of the same stack may go on beside. */
export function locked<T>({ dir, stack }: Pick<Target, "dir" | "stack">, work: () => Promise<T>): Promise<T> {
    return withStackLock(lockFile(dir, stack), `stack ${stack}`, work);
}

/** The file that an update of a stack locks. */
export function lockFile(dir: string, stack: string): string {
    return join(dir, "apply", `${stack}.lock`);
}

async function withContext<T>(
    { stack, kubeconfig, dir, connect }: Target,
    options: ApplyOptions,
    previewing: boolean,
    work: (context: Context) => Promise<T>,
): Promise<T> {
    const kube = connect ? await connect() : new KubeClient(kubeconfig);
    try {
        await kube.version();
        const state = State.load(dir, stack);
        const masker = new Masker();
        state.entries.forEach(({ random }) => masker.learn(random?.outputs, 1));
        return await work({
            ...{ stack, kube, state, masker, preview: previewing },
            adopt: options.adopt ?? false,
            providers: new Map(),
            declared: new Set(),
            signal: options.signal ?? new AbortController().signal,
            progress: options.onProgress ?? (() => undefined),
        });
    } finally {
        kube.http.close();
    }
}

/** Evaluates the program, with a handler for each resource that it declares. */
async function evaluate(target: Target, context: Context, options: ApplyOptions): Promise<Outcome> {
    const { stack, program, config, secretKeys } = target;
    const { state, masker, preview: previewing } = context;
    refuseEncrypted(target);
    if (!program) {
        const given = config ? { values: config } : readStackConfig(stackFile(stack));
        await preflight(platformConfig(given, stack), stack, kubeconfigFiles(target.kubeconfig));
    }
    const changes: Change[] = [];
    const groups: Group[] = [];
    const seen = new Set<string>();
    const failures: unknown[] = [];
    const times = new Times();

    const make = async (request: ResourceRequest): Promise<ResourceResult> => {
        if (context.signal.aborted) throw interrupted();
        seen.add(request.urn);
        for (const path of request.secretPaths) masker.learn(at(request.inputs, path));
        if (isComponentOrProvider(request) && !isRemoteComponent(request)) return group(request);
        const made = await times.measure(request, () => applyWithHooks(handlerFor(request), request, context));
        const change = changeOf(request, made);
        changes.push(change);
        if (change.operation !== "same") options.onChange?.(change);
        options.onDone?.();
        return made.result;
    };
    const group = async (request: ResourceRequest): Promise<ResourceResult> => {
        if (request.type === kubernetesProvider) noteProvider(request, context);
        else {
            groups.push(request);
            if (!previewing) await state.put(entryOf(request));
        }
        return { id: request.name, outputs: request.inputs };
    };
    const handler = (request: ResourceRequest) =>
        make(request).catch((error: unknown) => {
            failures.push(error);
            throw error;
        });

    const stackOutputs = (other: string) => Promise.resolve(outputsOf(other, target));
    const { outputs: all, secretOutputs } = await withCluster(context, () =>
        runProgram({ stack, program, config, secretKeys, handler, stackOutputs }),
    )
        .catch((error: unknown) => {
            throw failures.length > 1 ? new AggregateError(distinct(failures)) : error;
        })
        .finally(() => (previewing ? undefined : times.save(target.dir, stack)));
    const outputs = Object.fromEntries(
        Object.entries(all).map(([key, value]) => [key, secretOutputs.includes(key) ? masked : masker.value(value)]),
    );
    changes.push(...(await sweep(seen, context, options)));
    if (!previewing) await state.setOutputs(outputs);
    return { changes, groups, outputs };
}

/** Reads the outputs that another stack gave when it was brought up here. */
function outputsOf(stack: string, { stack: asking, dir }: Target): ProgramResult {
    const { outputs: known } = State.load(dir, stack);
    if (Object.keys(known).length === 0) {
        throw new UserError(`stack ${asking} refers to stack ${stack}, which has not been brought up here`, {
            where: "cluster.stack in the stack file",
            fix: `bring it up first: up --stack ${stack}`,
        });
    }
    return { outputs: known, secretOutputs: [] };
}

/** A placeholder for a password that can't be read would become the password. */
function refuseEncrypted({ stack, config }: Target): void {
    if (config) return;
    const file = stackFile(stack);
    const { secretKeys } = readStackConfig(file);
    if (secretKeys.length === 0) return;
    throw new UserError("the stack file has encrypted values, which only the Pulumi CLI can read", {
        where: `${file}: ${secretKeys.join(", ")}`,
        fix: "use the CLI with its passphrase: npx pulumi up",
    });
}

function noteProvider({ urn, inputs }: ResourceRequest, { kube, providers }: Context): void {
    const context = inputs.context;
    if (typeof context === "string" && context !== kube.context) {
        throw new UserError(
            `the stack wants the Kubernetes context "${context}", the cluster at hand is "${kube.context}"`,
            {
                where: "kubernetes.context in the stack file",
                fix: "take the key out of the stack file, or use the Pulumi CLI with your own kubeconfig",
            },
        );
    }
    // Inputs of providers travel as JSON in text.
    providers.set(urn, { upsert: String(inputs.upsertExistingObjects) === "true" });
}

function groupsOf(entries: ResourceState[]): Group[] {
    return entries.filter(({ custom }) => !custom);
}

function namespacesOf(entries: ResourceState[]): string[] {
    return entries.flatMap(({ object, retainOnDelete }) =>
        object?.kind === "Namespace" && !retainOnDelete ? [object.name] : [],
    );
}

function at(inputs: unknown, path: string): unknown {
    return path
        .split(".")
        .reduce<unknown>(
            (value, key) => (typeof value === "object" && value ? (value as Record<string, unknown>)[key] : undefined),
            inputs,
        );
}
