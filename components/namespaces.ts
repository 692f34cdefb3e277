import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { Hard } from "../config/quotas";
import { PlatformConfig } from "../config/schema";
import { System } from "../config/sizing/part";
import { kubernetesProvider } from "./cluster";
import { NamespaceRef } from "./contracts";
import { restrictedNamespace } from "./namespace";

export interface NamespacesArgs {
    /** Namespaces are `<prefix>-<system>`. @default the stack's name */
    prefix?: string;
    /** Version of the Pod Security Standard `restricted` that each enforces, e.g. `v1.34`. */
    podSecurityVersion: string;
    /** The cluster, as in the stack's config. */
    kubernetes: PlatformConfig["kubernetes"];
    /** Quota of each namespace's pods. */
    quota: (system: System) => Hard;
    /** Systems whose volumes outlive the stack; their namespace does too, or the volumes would go with it. */
    retained: System[];
    /** The stack is destroyed when its time is over. @default false */
    ephemeral?: boolean;
    /** Refuse to delete the retained ones. @default false */
    protect?: boolean;
}

/** A namespace a system. Each enforces Pod Security `restricted`, and is closed but for what a workload's own policy opens. */
export class Namespaces extends pulumi.ComponentResource implements Record<System, NamespaceRef> {
    readonly storage: NamespaceRef;
    readonly streaming: NamespaceRef;
    readonly database: NamespaceRef;
    readonly tracking: NamespaceRef;
    readonly orchestration: NamespaceRef;
    readonly jobs: NamespaceRef;

    /** A destroyed stack has left its kept namespaces behind; only those may be taken over when it is made anew. */
    private readonly adopts: k8s.Provider | undefined;

    constructor(name: string, args: NamespacesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:cluster:Namespaces", name, {}, opts);

        this.adopts = args.retained.length > 0 ? kubernetesProvider("adopting", args.kubernetes, true) : undefined;
        const make = (system: System) => this.namespace(system, args);
        this.storage = make("storage");
        this.streaming = make("streaming");
        this.database = make("database");
        this.tracking = make("tracking");
        this.orchestration = make("orchestration");
        this.jobs = make("jobs");

        this.registerOutputs({});
    }

    private namespace(system: System, args: NamespacesArgs): NamespaceRef {
        const retained = args.retained.includes(system);
        return restrictedNamespace(
            `${args.prefix ?? pulumi.getStack()}-${system}`,
            {
                system,
                podSecurityVersion: args.podSecurityVersion,
                quota: args.quota(system),
                ephemeral: args.ephemeral,
            },
            { parent: this },
            {
                retainOnDelete: retained,
                protect: retained && args.protect,
                ...(retained ? { provider: this.adopts } : {}),
            },
        );
    }
}
