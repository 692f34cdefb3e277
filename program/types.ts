import { Downloader } from "./downloads";
import { Hooks } from "./hooks";
import { StackConfig } from "./stack-config";

/** Request of the program to the engine: one resource, its inputs plain. */
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
    /** Dotted paths of the inputs that were secret, or contained one. */
    secretPaths: string[];
    /** Exact places of secrets: keys from the inputs on. @default `secretPaths` is all that is known */
    exactSecrets?: string[][];
    parent?: string;
    /** URN of the provider that makes it. */
    provider?: string;
    /** URNs that must be there first, and must outlive this one. */
    dependencies: string[];
    retainOnDelete: boolean;
    protect: boolean;
    deleteBeforeReplace: boolean;
    /** Work of the program's around the resource's creation and change, which is the engine's to have done. @default none */
    hooks?: Hooks;
}

/** Outcome of the proposal. */
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
     * Reach nothing: what the program downloads (CRDs) comes out empty, so that the result is the same
     * with and without a network. @default false
     */
    offline?: boolean;
    /** Answers what the program downloads. @default the network, or an empty document when `offline` */
    downloads?: Downloader;
    /** The config as another form of the stack has it. Holds for stacks that this one refers to as well. @default as it is */
    transformConfig?: (config: StackConfig) => StackConfig;
    /**
     * The outputs of a stack that the program refers to, by its name without organization and project.
     * @default those that its own program gives, evaluated offline from its stack file
     */
    stackOutputs?: (stack: string) => Promise<ProgramResult>;
    /** Stacks that are being evaluated because they refer to this one. @default none */
    referenceChain?: string[];
    /** Makes, or only notes, one resource. A rejection stops everything that isn't under way yet. */
    handler: (request: ResourceRequest) => Promise<ResourceResult>;
}

export interface ProgramResult {
    /** The stack's outputs, secrets unwrapped. */
    outputs: Record<string, unknown>;
    /** Names of the outputs that are secret. */
    secretOutputs: string[];
}
