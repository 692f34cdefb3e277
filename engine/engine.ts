// Where stacks live and what changes them. Light: the commands' options take the names of the engines from here.
import type { Identity } from "../kubernetes/client";
import type { Operation } from "../kubernetes/diff";
import { UserError } from "../lib/errors";

/** The engines' names, and `auto`: the one that a stack belongs to. */
export const engineChoices = ["auto", "pulumi", "builtin"] as const;

export type EngineChoice = (typeof engineChoices)[number];

export type EngineName = Exclude<EngineChoice, "auto">;

/** Number of resources of each kind of change. */
export type Counts = Record<Operation, number>;

/** A stack as a list of stacks has it. */
export interface StackInfo {
    /** Without organization and project, e.g. `pr-7`. */
    name: string;
    /** Of its last update that ended, well or not. Absent: it never had one. */
    lastUpdate?: Date;
    /** Of its state. Absent: not known without reading it. */
    resources?: number;
    /** Tags of the stack, in the backend. */
    tags: Record<string, string>;
}

/** One resource of a stack's state. */
export interface StackResource {
    urn: string;
    /** Type token, e.g. `kubernetes:core/v1:Namespace`. */
    type: string;
    /** Logical name. */
    name: string;
    /** The provider's id of it, e.g. `ns/name`. Absent for components and for what is not made yet. */
    id?: string;
    /** False for a component, which only groups. */
    custom: boolean;
    protect: boolean;
    retainOnDelete: boolean;
    /** The object that it is in the cluster. */
    object?: Identity;
    /** The Helm release that it is. */
    release?: { name: string; namespace: string };
}

/** Something that an update had begun when it was cut off. */
export interface PendingOperation {
    /** Kind of the operation, as Pulumi has it. */
    kind: "creating" | "updating" | "deleting" | "reading" | "importing";
    resource: StackResource;
}

export interface StackState {
    resources: StackResource[];
    pending: PendingOperation[];
}

/** That an update of the stack is going on, or was when its process died. */
export interface StackLock {
    /** Place of the lock: a file or an address. */
    where: string;
    /** E.g. `ci@runner-3 (pid 4711)`. */
    by: string;
    host?: string;
    pid?: number;
    since: Date;
}

/** Another update of the stack is going on, or its process died and left its lock behind. */
export class StackLocked extends UserError {
    constructor(
        stack: string,
        /** Those that are in the way. Empty when the backend doesn't say. */
        readonly locks: StackLock[],
    ) {
        super(`another update of stack ${stack} is going on, or was cut off and has left its lock`, {
            where: locks.map(({ where }) => where).join(", ") || undefined,
            evidence: locks.map(({ by, since }) => `held by ${by} since ${since.toISOString()}`),
            fix: `wait until it has ended; if whoever holds it is dead: data-platform recover --stack ${stack}`,
        });
    }
}

/** Output and cancellation of a long operation. */
export interface OperationOptions {
    /** Takes lines for people. @default none is shown */
    print?: (line: string) => void;
    /** Takes the latest news of something that is going on. */
    note?: (text: string) => void;
    /** Number of resources that the program declares, for news such as `57 of 207 resources`. @default the news have no number */
    resources?: number;
    /** Ends it in good order; what was done so far is remembered. */
    signal?: AbortSignal;
}

export interface UpdateOptions extends OperationOptions {
    /** Take over what somebody else made. Only the built-in engine; the CLI has `import`. @default false */
    adopt?: boolean;
}

export interface PreviewOptions extends UpdateOptions {
    /** Print what stays the same too. Only the built-in engine. @default false */
    all?: boolean;
}

export interface DestroyOptions extends OperationOptions {
    /** The cluster is gone: what can't be reached is forgotten, not deleted. @default false */
    unreachable?: boolean;
    /** Leave out what is protected, and what it needs, instead of refusing. @default false */
    excludeProtected?: boolean;
}

/** Result of an update, or of a preview. */
export interface Report {
    counts: Counts;
    /** Outputs of the stack, secret ones masked. Empty when the CLI has only previewed them. */
    outputs: Record<string, unknown>;
}

/**
 * Brings programs to a cluster and remembers their stacks: the Pulumi CLI with the backend that it is logged in to or one of the
 * sandbox's own, or the built-in engine with its directory. Everything throws `UserError` for what a person can mend.
 */
export interface Engine {
    /** For people, with the place of its stacks, e.g. `the Pulumi CLI (s3://state)`. */
    readonly name: string;
    readonly kind: EngineName;
    /** Every stack of this project, tags included. */
    list(): Promise<StackInfo[]>;
    /** One stack; undefined when there is none of the name. */
    find(stack: string): Promise<StackInfo | undefined>;
    /** Makes an empty stack; fine when it is there already. */
    create(stack: string): Promise<void>;
    /** Sets tags of a stack and leaves its others as they are; an undefined value removes one. */
    tag(stack: string, tags: Record<string, string | undefined>): Promise<void>;
    /** Reads its state; that of a stack without one is empty. Secrets in it are not read. */
    state(stack: string): Promise<StackState>;
    /** Holders of the stack's lock; undefined where this backend doesn't let it be seen. */
    locks(stack: string): Promise<StackLock[] | undefined>;
    /** Takes every lock of the stack away. The caller has made sure that whoever held it is dead. */
    unlock(stack: string): Promise<void>;
    /** Writes the state as it is to a file outside the checkout, readable for its owner only, and says where. */
    backup(stack: string): Promise<string>;
    /** Reports what an update would do; changes nothing. */
    preview(stack: string, options?: PreviewOptions): Promise<Report>;
    /** Brings the cluster to what the program declares. @throws StackLocked */
    up(stack: string, options?: UpdateOptions): Promise<Report>;
    /** Deletes what the stack has made; the stack itself stays, empty. @throws StackLocked */
    destroy(stack: string, options?: DestroyOptions): Promise<Counts>;
    /** Outputs of the last update, secret ones masked. */
    outputs(stack: string): Promise<Record<string, unknown>>;
    /** Settles pending operations: those that are given by URN with an id are taken into the state, all others forgotten. */
    settlePending(stack: string, imports: { urn: string; id: string }[], options?: OperationOptions): Promise<void>;
    /** Takes resources out of the state and leaves what they are in the cluster alone. */
    forget(stack: string, urns: string[]): Promise<void>;
    /** Takes protection off resources. */
    unprotect(stack: string, urns: string[]): Promise<void>;
    /**
     * Removes an empty stack with its tags; fine when there is none. Its stack file stays: whoever has made one deletes it.
     * @throws UserError when it isn't empty
     */
    remove(stack: string): Promise<void>;
}
