import { join, sep } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { prepareCharts } from "../sandbox/charts";
import { repoRoot } from "../sandbox/lib/paths";
import { project, readStackConfig, StackConfig, stackFile } from "./stack-config";

/** What the program asks the engine for: one resource, its inputs plain. */
export interface ResourceRequest {
    urn: string;
    /** Type token, e.g. `kubernetes:core/v1:Namespace`. */
    type: string;
    /** Logical name. */
    name: string;
    /** False for a component, which groups others and has nothing of its own to make. */
    custom: boolean;
    /** Inputs with secrets unwrapped. */
    inputs: Record<string, unknown>;
    /** Dotted paths of the inputs that were secret. */
    secretPaths: string[];
    parent?: string;
    /** URN of the provider that makes it. */
    provider?: string;
    /** URNs that must be there first, and must outlive this one. */
    dependencies: string[];
    retainOnDelete: boolean;
    protect: boolean;
    deleteBeforeReplace: boolean;
}

/** What became of it. */
export interface ResourceResult {
    id: string;
    outputs: Record<string, unknown>;
}

export interface ProgramOptions {
    stack: string;
    /** @default Pulumi.<stack>.yaml */
    configFile?: string;
    /** Text by full key (`data-platform:objectStore`), instead of the file. */
    config?: Record<string, string>;
    /** Keys of `config` that are encrypted in the stack file. @default none */
    secretKeys?: string[];
    /** The program to evaluate, a module path. @default the project's index.ts */
    program?: string;
    /**
     * Reach nothing: what the program downloads (definitions of custom resources) comes out empty, so that the result is the same
     * with and without a network. @default false
     */
    offline?: boolean;
    /** Makes, or only notes, one resource. A rejection stops everything that isn't under way yet. */
    handler: (request: ResourceRequest) => Promise<ResourceResult>;
}

export interface ProgramResult {
    /** The stack's outputs, secrets unwrapped. */
    outputs: Record<string, unknown>;
    /** Names of the outputs that are secret. */
    secretOutputs: string[];
}

/** The part of a registration request that we read; the class is not part of Pulumi's public types. */
interface RegisterRequest {
    getType(): string;
    getName(): string;
    getParent(): string;
    getCustom(): boolean;
    getDependenciesList(): string[];
    getRetainondelete(): boolean;
    getProtect(): boolean;
    getDeletebeforereplace(): boolean;
    getAdditionalsecretoutputsList(): string[];
}

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
    const { stack, handler, program = join(repoRoot, "index.ts") } = options;
    const config: StackConfig = options.config
        ? { values: options.config, secretKeys: options.secretKeys ?? [] }
        : readStackConfig(options.configFile ?? stackFile(stack));

    if (config.values[`${project}:profile`] === "sandbox") await prepareCharts();

    const gate = new Gate();
    let current: RegisterRequest | undefined;
    await pulumi.runtime.setMocks(
        {
            newResource: async (args) => {
                const request = current;
                current = undefined;
                if (!request || args.type === "pulumi:pulumi:Stack") return { id: args.name, state: {} };
                const { plain, secretPaths } = unwrap(args.inputs);
                const result = await gate.pass(() =>
                    handler({
                        urn: monitor.newUrn(request.getParent(), args.type, args.name),
                        type: args.type,
                        name: args.name,
                        custom: request.getCustom(),
                        inputs: plain as Record<string, unknown>,
                        secretPaths,
                        parent: request.getParent() || undefined,
                        // The reference is "<urn>::<id>".
                        provider: args.provider?.split("::").slice(0, -1).join("::") || undefined,
                        dependencies: request.getDependenciesList(),
                        retainOnDelete: request.getRetainondelete(),
                        protect: request.getProtect(),
                        deleteBeforeReplace: request.getDeletebeforereplace(),
                    }),
                );
                const secret = new Set([...secretPaths.map(firstKey), ...request.getAdditionalsecretoutputsList()]);
                const state = Object.fromEntries(
                    Object.entries(result.outputs).map(([key, value]) => [
                        key,
                        secret.has(key) ? pulumi.secret(value) : value,
                    ]),
                );
                return { id: result.id, state };
            },
            call: (args) => Promise.reject(new Error(`the program calls ${args.token}, which needs the engine`)),
        },
        project,
        stack,
        false,
    );
    pulumi.runtime.setAllConfig(config.values, config.secretKeys);

    const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, callback) => {
        // The mock monitor calls newResource before its first await, so this can't be another call's request.
        current = request;
        return register(request, callback);
    };

    const restore = options.offline ? withoutNetwork() : () => undefined;
    return Promise.race([evaluate(program), gate.failed]).finally(restore);
}

/** Every download is answered by an empty document until it is undone. */
function withoutNetwork(): () => void {
    const before = globalThis.fetch;
    globalThis.fetch = () => Promise.resolve(new Response(""));
    return () => {
        globalThis.fetch = before;
    };
}

async function evaluate(program: string): Promise<ProgramResult> {
    forgetProject();
    let exported: Record<string, unknown> = {};
    let thrown: { error: unknown } | undefined;
    await pulumi.runtime.runInPulumiStack(() => {
        try {
            // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program runs at load, and must run anew each time
            exported = require(program) as Record<string, unknown>;
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

/** Lets handlers through until one fails; then holds every later one for good and reports once the running ones have ended. */
class Gate {
    readonly failed: Promise<never>;
    private fail!: (reason: unknown) => void;
    private running = 0;
    private reason: { error: unknown } | undefined;

    constructor() {
        this.failed = new Promise((_resolve, reject) => (this.fail = reject));
        // It may never be waited for.
        this.failed.catch(() => undefined);
    }

    async pass<T>(work: () => Promise<T>): Promise<T> {
        if (this.reason) return new Promise(() => undefined);
        this.running++;
        try {
            return await work();
        } catch (error) {
            this.reason ??= { error };
            return new Promise(() => undefined);
        } finally {
            this.running--;
            if (this.reason && this.running === 0) this.fail(this.reason.error);
        }
    }
}

function firstKey(path: string): string {
    return path.split(".")[0];
}

/** Takes the wire's secret wrappers off, and says where they were. */
function unwrap(value: unknown, path = ""): { plain: unknown; secretPaths: string[] } {
    if (pulumi.runtime.isRpcSecret(value)) {
        const { plain } = unwrap(pulumi.runtime.unwrapRpcSecret(value), path);
        return { plain, secretPaths: [path] };
    }
    if (value === null || typeof value !== "object") return { plain: value, secretPaths: [] };
    const secretPaths: string[] = [];
    const inner = (item: unknown, key: string) => {
        const result = unwrap(item, path ? `${path}.${key}` : key);
        secretPaths.push(...result.secretPaths);
        return result.plain;
    };
    const plain = Array.isArray(value)
        ? value.map((item, index) => inner(item, String(index)))
        : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item, key)]));
    return { plain, secretPaths };
}
