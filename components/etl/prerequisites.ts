import * as pulumi from "@pulumi/pulumi";

import { annotated, podAccount } from "../account";
import { labels, selectorLabels, usesLabel } from "../labels";
import { stackLabel } from "../namespace";
import { egressTo, networkPolicy as policy, PolicySpec, toAddresses, Way } from "../network";
import { reserve } from "../declarations";
import { EtlArgs, EtlEgress } from "./args";
import { egressReasons, isNamed } from "./egress";
import { accountOf, bind, Bindings } from "./bindings";
import { ownSecrets } from "./own-secrets";

/**
 * Makes a ServiceAccount of the workload's own without a token, and a NetworkPolicy that opens the way to what it uses and nothing else.
 * @returns the resources on which the workload depends
 */
export function createPrerequisites(
    name: string,
    args: EtlArgs,
    child: pulumi.CustomResourceOptions,
    ingressPort?: number,
): pulumi.Resource[] {
    // Of the platform's own servers; a declaration has taken its names already.
    reserve(["ServiceAccount", "NetworkPolicy"].map((kind) => `${args.namespace.name}: ${kind} ${name}`));
    const bindings = bind(name, args);
    const metadata = { name, namespace: args.namespace.ready, labels: labels({ name, component: "etl" }) };
    const account = podAccount(name, { ...metadata, ...annotated(accountOf(args)) }, child);
    const policies = policy(
        name,
        { metadata: { ...metadata, ...egressReasons(args) }, spec: networkPolicy(name, args, bindings, ingressPort) },
        child,
    );
    const secrets = ownSecrets(args).flatMap((secret) => secret.in(args.namespace).ready);
    return [account, ...policies, ...secrets, ...bindings.dependsOn];
}

/** Pods that may connect to a service: those of the stack that say that they use it. */
function clients(name: string) {
    return { namespaceSelector: { matchLabels: stackLabel() }, podSelector: { matchLabels: usesLabel(name) } };
}

/** The addresses of a target; hosts are among the bindings. @throws RunError for one that is never opened, which `declaration.ts` finds before */
function outside(target: EtlEgress): Way[] {
    return isNamed(target) ? [] : [toAddresses([target.cidr], [target.port])];
}

/** Builds the network policy of a workload's pods, pure. Look-ups of names are open in the whole namespace already. */
export function networkPolicy(
    name: string,
    args: EtlArgs,
    bindings: Bindings,
    ingressPort?: number,
): PolicySpec & { egress: Way[] } {
    return {
        podSelector: { matchLabels: selectorLabels({ name }) },
        policyTypes: ["Ingress", "Egress"],
        ingress: ingressPort ? [{ from: [clients(name)], ports: [{ protocol: "TCP", port: ingressPort }] }] : [],
        egress: [...bindings.peers.map(egressTo), ...(args.egress ?? []).flatMap(outside)],
    };
}
