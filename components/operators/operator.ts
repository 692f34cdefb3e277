import * as pulumi from "@pulumi/pulumi";

import { Resources } from "../../config/common";
import { Hard } from "../../config/quotas";
import { NamespaceRef } from "../contracts";
import { Crds } from "../crds";
import { restrictedNamespace } from "../namespace";
import { Network, networkPolicies, PolicySpec } from "../network";
import { Placement } from "../placement";
import { release, ReleaseArgs } from "../release";

/** Arguments of every operator of the cluster add-ons. */
export interface OperatorArgs {
    /** Its chart, as the config key `charts.<operator>` has it. */
    chart: ReleaseArgs["chart"];
    /** Its CRDs, which the chart leaves out. */
    crds: Crds;
    /** Nodes and priority of its pods. */
    placement: Placement;
    /** Version of the Pod Security Standard `restricted` that its namespace enforces, e.g. `v1.34`. */
    podSecurityVersion: string;
    /** Quota of its namespace's pods. */
    quota: Hard;
    /** Policy rules for the API server. */
    network: Network;
    /**
     * Resources that its pods need to be admitted: the PriorityClasses. A component's own `dependsOn` isn't handed on to what is in it.
     *
     * @default nothing
     */
    after?: pulumi.Resource[];
    /** Registry path that mirrors upstream's images, each under its own path. @default upstream's registries */
    mirror?: string;
}

/** Description of an operator's release. */
export interface Operator {
    /** The Release's name; the one that the operator's own documentation expects. */
    release: string;
    /** Exact version of the chart, where it comes from a repository. */
    version: string;
    /** Namespace of its own, which nothing else lives in. */
    namespace: string;
    /** Policies that open the closed namespace, by name; the way to the API server is open. @default nothing else */
    allowPolicies?: Record<string, PolicySpec>;
    /** Chart values, known in a preview. */
    values: Record<string, unknown>;
    /** Namespaces that the chart makes objects in, which must be there first. @default none but its own */
    targetNamespaces?: NamespaceRef[];
    /** Seconds that an install or upgrade may take. @default 600 */
    timeout?: number;
    /** Makes what must end well before it is ready. @default its pods being Ready is enough */
    check?: (namespace: NamespaceRef, opts: pulumi.CustomResourceOptions) => pulumi.Resource;
}

/** Resources for a chart that has a CPU limit of its own: null takes it away, where a key that is left out would let it stand. */
export function withoutCpuLimit({ requests, limits }: Resources) {
    return { requests, limits: { cpu: null, ...limits } };
}

/**
 * An operator: a restricted namespace, closed but for what it opens, and its Release without CRDs, which are there before and
 * stay after it.
 */
export abstract class OperatorComponent extends pulumi.ComponentResource {
    readonly namespace: NamespaceRef;
    /** Resource to depend on before making an object of its kinds, and until after such an object is gone. */
    readonly ready: pulumi.Resource;

    protected constructor(
        type: string,
        name: string,
        operator: Operator,
        args: OperatorArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super(type, name, {}, opts);
        const child = { parent: this };
        const { chart } = args;
        const { release: releaseName, version, values, timeout, targetNamespaces = [], check } = operator;
        const { namespace, dependsOn } = operatorShell({ ...operator, system: releaseName }, args, child);
        const there = pulumi.all([namespace, ...targetNamespaces].map(({ ready }) => ready)).apply(([own]) => own);
        const installed = release(
            releaseName,
            { chart, version, namespace: there, values, skipCrds: true, timeout },
            { ...child, dependsOn },
        );
        this.namespace = namespace;
        this.ready = check?.(namespace, { ...child, dependsOn: [installed] }) ?? installed;
        this.registerOutputs({});
    }
}

/** A namespace for an operator's pods, restricted and closed but for what it opens, and what must be there before they start. */
export function operatorShell(
    { namespace: name, system, allowPolicies = {} }: Pick<Operator, "namespace" | "allowPolicies"> & { system: string },
    { crds, podSecurityVersion, quota, network, after = [] }: Omit<OperatorArgs, "chart" | "placement">,
    opts: pulumi.CustomResourceOptions,
) {
    const namespace = restrictedNamespace(name, { system, podSecurityVersion, quota }, opts);
    // All of its pods may talk to the API server.
    const toApiServer: PolicySpec = { podSelector: {}, policyTypes: ["Egress"], egress: [network.apiServer] };
    const policies = networkPolicies(
        { "to-api-server": toApiServer, ...allowPolicies },
        { namespace, component: system, prefix: `${name}-` },
        opts,
    );
    return {
        namespace,
        dependsOn: [crds.applied(namespace.ready), ...policies, ...after],
    };
}

/**
 * A policy that lets the API server call a webhook. It is no pod, and its address is the cluster's own affair: any address may
 * connect to that one port.
 */
export function allowWebhook(matchLabels: Record<string, string>, ...ports: number[]): PolicySpec {
    return {
        podSelector: { matchLabels },
        policyTypes: ["Ingress"],
        ingress: [{ ports: ports.map((port) => ({ protocol: "TCP", port })) }],
    };
}
