import { devNull } from "node:os";
import { join, sep } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import * as debuggable from "@pulumi/pulumi/runtime/debuggable";
import * as state from "@pulumi/pulumi/runtime/state";

import { prepareCharts } from "../tools/charts";
import { repoRoot } from "../lib/paths";
import { nothing, withDownloads } from "./downloads";
import { FailFast } from "./fail-fast";
import { HookNames, HookRegistry } from "./hooks";
import { readState, referencedStack, referenceType } from "./references";
import {
    namesPrepared,
    organization,
    platformConfig,
    project,
    readStackConfig,
    StackConfig,
    stackFile,
} from "./stack-config";
import { keepStructsPlain } from "./structs";
import { firstKey, secretsIn, unwrap } from "./unwrap";
import { ProgramOptions, ProgramResult } from "./types";

export type { ProgramOptions, ProgramResult, ResourceRequest, ResourceResult } from "./types";

/** The part of a registration request that we read; the class is not part of Pulumi's public types. */
interface RegisterRequest {
    getType(): string;
    getName(): string;
    getParent(): string;
    getCustom(): boolean;
    getObject(): { toJavaScript(): unknown } | undefined;
    getDependenciesList(): string[];
    getRetainondelete(): boolean;
    getProtect(): boolean;
    getDeletebeforereplace(): boolean;
    getAdditionalsecretoutputsList(): string[];
    getHooks(): HookNames | undefined;
}

/** Gives `work` a runtime of its own; part of Pulumi's runtime, but left out of its types. */
const { withLocalStorage } = state as unknown as { withLocalStorage<T>(work: () => T): T };

/**
 * The SDK takes a stack trace for each promise, to name at the end those that never resolved. That is half of an evaluation, and
 * without an engine nobody is told.
 */
(debuggable as unknown as { debuggablePromise: unknown }).debuggablePromise = <T>(promise: T) => promise;
keepStructsPlain();
// It keeps where in the program each resource is made, for the engine: a whole stack trace, which is written out and read again.
(pulumi.Resource as unknown as { callsites: () => unknown[] }).callsites = () => [];

/** The mock monitor, as far as we reach into it: mocks alone don't tell dependencies, parents and resource options. */
interface Monitor {
    newUrn(parent: string, type: string, name: string): string;
    registerResource(request: RegisterRequest, callback: unknown): Promise<void>;
}

/**
 * Evaluates the unmodified program without an engine and hands each resource to `handler`, in the order that the program's own
 * dependencies give; independent ones at once.
 *
 * When a handler rejects, nothing that depends on it is asked for, what is under way ends, and the first reason is thrown.
 */
export async function runProgram(options: ProgramOptions): Promise<ProgramResult> {
    const { transformConfig: adapt = (config) => config, downloads = options.offline ? nothing : undefined } = options;
    const given: StackConfig = options.config
        ? { values: options.config, secretKeys: options.secretKeys ?? [] }
        : readStackConfig(options.configFile ?? stackFile(options.stack));
    // The program sees values alone: what is wrong with the file is told here, with all that it would say itself.
    if (given.problems?.length) platformConfig(given, options.stack);
    const config = adapt(given);
    if (namesPrepared(config)) await prepareCharts();
    // A runtime of its own, so that a stack that this one refers to can be evaluated while it waits.
    return withLocalStorage(() => {
        const work = () => run(config, options);
        return downloads ? withDownloads(downloads, work) : work();
    });
}

async function run(config: StackConfig, options: ProgramOptions): Promise<ProgramResult> {
    const { stack, handler, program = join(repoRoot, "index.ts") } = options;

    const gate = new FailFast();
    const hooks = new HookRegistry();
    let current: RegisterRequest | undefined;
    await pulumi.runtime.setMocks(
        {
            newResource: async (args) => {
                const request = current;
                current = undefined;
                if (args.type === referenceType) {
                    const of = String(args.inputs.name);
                    return { id: args.name, state: await gate.run(() => referencedStack(of, options, runProgram)) };
                }
                // What is only read is no resource of this stack.
                if (!request) return { id: args.id ?? args.name, state: readState(args) };
                if (args.type === "pulumi:pulumi:Stack") return { id: args.name, state: {} };
                const { plain, secretPaths } = unwrap(args.inputs);
                const result = await gate.run(() =>
                    handler({
                        urn: monitor.newUrn(request.getParent(), args.type, args.name),
                        type: args.type,
                        name: args.name,
                        custom: request.getCustom(),
                        inputs: plain as Record<string, unknown>,
                        secretPaths,
                        exactSecrets: secretPaths.length > 0 ? secretsIn(request.getObject()?.toJavaScript()) : [],
                        parent: request.getParent() || undefined,
                        // The reference is "<urn>::<id>".
                        provider: args.provider?.split("::").slice(0, -1).join("::") || undefined,
                        dependencies: request.getDependenciesList(),
                        retainOnDelete: request.getRetainondelete(),
                        protect: request.getProtect(),
                        deleteBeforeReplace: request.getDeletebeforereplace(),
                        hooks: hooks.of(request.getHooks()),
                    }),
                );
                const secret = new Set([...secretPaths.map(firstKey), ...request.getAdditionalsecretoutputsList()]);
                const outputs = Object.fromEntries(
                    Object.entries(result.outputs).map(([key, value]) => [
                        key,
                        secret.has(key) ? pulumi.secret(value) : value,
                    ]),
                );
                return { id: result.id, state: outputs };
            },
            call: (args) => Promise.reject(new Error(`the program calls ${args.token}, which needs the engine`)),
        },
        project,
        stack,
        false,
        organization,
    );
    pulumi.runtime.setAllConfig(config.values, config.secretKeys);

    const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
    hooks.install(monitor);
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, callback) => {
        // The mock monitor calls newResource before its first await, so this can't be another call's request.
        current = request;
        return register(request, callback);
    };

    // What fails inside an output rejects promises that only the engine's own host looks after.
    const failed = (error: unknown) => void gate.run(() => Promise.reject(error as Error));
    process.on("unhandledRejection", failed);
    // Node tells of a rejection at the end of the turn.
    const evaluated = evaluate(program).then(
        (result) => new Promise<ProgramResult>((end) => setImmediate(end, result)),
    );
    return Promise.race([evaluated, gate.failed]).finally(() => process.off("unhandledRejection", failed));
}

async function evaluate(program: string): Promise<ProgramResult> {
    let exported: Record<string, unknown> = {};
    let thrown: { error: unknown } | undefined;
    await pulumi.runtime.runInPulumiStack(() => {
        try {
            exported = loaded(program);
        } catch (error) {
            // Thrown from here it would reject a promise inside the stack resource too, which nobody can catch.
            thrown = { error };
        }
        return Promise.resolve(undefined);
    });
    if (thrown) throw thrown.error;
    // Resources that no output names are still under way.
    await pulumi.runtime.disconnect();
    const outputs: Record<string, unknown> = {};
    const secretOutputs: string[] = [];
    for (const [key, value] of Object.entries(exported)) {
        const output: pulumi.Output<unknown> = pulumi.output(value as object);
        outputs[key] = await new Promise((resolve) => void output.apply(resolve));
        if (await pulumi.isSecret(output)) secretOutputs.push(key);
    }
    return { outputs, secretOutputs };
}

/** Runs the program as far as it goes by itself. It finds no kubeconfig: what it would look at is its engine's affair here. */
function loaded(program: string): Record<string, unknown> {
    const before = process.env.KUBECONFIG;
    process.env.KUBECONFIG = devNull;
    // At once before it is loaded: another evaluation may begin in between.
    forgetProject();
    try {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- it runs at load, and must run anew each time
        return require(program) as Record<string, unknown>;
    } finally {
        if (before === undefined) delete process.env.KUBECONFIG;
        else process.env.KUBECONFIG = before;
    }
}

/** The program does its work when it is loaded, so its modules must be loaded anew for each evaluation. */
function forgetProject(): void {
    for (const file of Object.keys(require.cache)) {
        const ours = file.startsWith(repoRoot + sep) && !file.includes(`${sep}node_modules${sep}`);
        const programs = ["components", "config", "workloads", "test"].some((dir) =>
            file.startsWith(join(repoRoot, dir) + sep),
        );
        if (ours && (programs || file === join(repoRoot, "index.ts"))) delete require.cache[file];
    }
}
