import type { Identity, KubeClient } from "../../kubernetes/client";
import { UserError, UserErrorDetails } from "../../lib/errors";
import type { Engine, OperationOptions, Counts } from "../../engine/engine";

/** Stack, its backend, and the cluster that it is on. */
export interface TeardownTarget {
    backend: Engine;
    /** Undefined: there is no way to reach it, e.g. its context is gone from the kubeconfig. */
    kube?: KubeClient;
    /** Reason why there is no `kube`: what connecting to it ended with. */
    unreachable?: unknown;
    stack: string;
}

export interface TeardownOptions extends OperationOptions {
    /** Milliseconds for the whole. @default 60 minutes */
    timeout?: number;
    /** Milliseconds that one object may take from its deletion until it is gone. @default 5 minutes, or `timeout` if that is less */
    objectTimeout?: number;
    /** Take known finalizers of controllers that don't run off objects that are being deleted. @default false */
    clearFinalizers?: boolean;
    /** The cluster is gone for good: forget what was on it. Refused while the cluster answers. @default false */
    clusterGone?: boolean;
    /** Leave what is protected, and what it needs, instead of refusing. @default false */
    keepProtected?: boolean;
    /** Take protection off first. @default false */
    unprotect?: boolean;
    /** Remove the stack itself too, when nothing of it is left in the cluster. @default false */
    remove?: boolean;
    /** Milliseconds between two looks at what is being deleted; for tests. @default 2 seconds */
    interval?: number;
    /** Milliseconds for which a controller may be away before its finalizers are cleared; for tests. @default 30 seconds */
    grace?: number;
}

/** A volume claim that a namespace has. */
export interface Claim {
    /** `PersistentVolumeClaim ns/name`. */
    claim: string;
    /** Name of the volume behind it; none while it is unbound. */
    volume?: string;
    /** Reclaim policy of the volume, which decides about it without its claim. */
    policy?: string;
    size?: string;
}

/** A namespace of the stack. */
export interface OwnNamespace {
    name: string;
    /** `goes` with all that is in it; `kept`: the stack says so; `protected`, or something in it is; `unknown` to the state. */
    fate: "goes" | "kept" | "protected" | "unknown";
    claims: Claim[];
}

/** Another stack that lives on this one's cluster add-ons. */
export interface PlaneUser {
    stack: string;
    /** Evidence, for people. */
    by: string[];
}

/** Plans a teardown. */
export interface TeardownPlan {
    stack: string;
    /** True if the backend knows the stack. */
    exists: boolean;
    /** Answer of the cluster, or what it said instead. */
    cluster: { answers: true; version: string } | { answers: false; gone: boolean; why: string };
    /** Nothing is there: neither in the state nor in the cluster. */
    nothing: boolean;
    /** Resources of the state that go, by kind, e.g. `{ Secret: 12, Release: 3 }`. */
    goes: Record<string, number>;
    /** Objects that the state doesn't know, and that have to go before their operator. */
    outside: Identity[];
    namespaces: OwnNamespace[];
    /** Objects that the stack keeps on purpose, but for namespaces. */
    keeps: Identity[];
    /** Names of protected resources. */
    protected: string[];
    /** Other stacks that need this one's cluster add-ons. */
    sharedBy: PlaneUser[];
    /** Remarks for a person. */
    notes: string[];
}

/** Something that is still there afterwards. */
export interface Leftover {
    /** E.g. `PersistentVolumeClaim dev-storage/data-minio-0`. */
    object: string;
    /** `kept` by this stack on purpose, of an `other-stack`, or `nobody`'s: for a person to decide. */
    whose: "kept" | "other-stack" | "nobody";
    /** The other stack. */
    of?: string;
    why: string;
    /** The command that would delete it. */
    fix?: string;
}

/** Something that doesn't go. */
export interface Stuck {
    object: string;
    /** Seconds since it was first seen being deleted. */
    seconds: number;
    finalizers: string[];
    /** Owner of the finalizer, and whether it runs. */
    controller?: { name: string; running: boolean | "unknown" };
    why: string;
    /** Advice, a command if there is one. */
    fix: string;
    /** True if `clearFinalizers` would have it gone. */
    clearable: boolean;
}

export interface TeardownReport {
    stack: string;
    /** Nothing was there. */
    nothing: boolean;
    clusterGone: boolean;
    counts: Counts;
    /** Objects that were kept on purpose. */
    kept: Leftover[];
    /** Objects that are left besides, and their owners. */
    left: Leftover[];
    /** Objects whose finalizers were cleared, with them. */
    cleared: string[];
    /** Objects outside of the state that were deleted first. */
    outside: string[];
    /** True if the stack itself was removed. */
    removed: boolean;
    /** Reason why it was not, where that was asked for. */
    notRemoved?: string;
    /** File in which the state was saved before it was emptied without the cluster. */
    backup?: string;
    notes: string[];
}

/** Something didn't go in the time it has; what was deleted until then is remembered. */
export class TeardownStuck extends UserError {
    constructor(
        message: string,
        readonly stuck: Stuck[],
        details: UserErrorDetails,
    ) {
        super(message, details);
    }
}
