import * as pulumi from "@pulumi/pulumi";

import { LoadedConfig } from "../../config/load";
import { quotaOf } from "../../config/quotas";
import { PlatformConfig } from "../../config/schema";
import { OperatorSystem } from "../../config/sizing/part";
import { installedOperators } from "../../config/operators";
import { provenNetwork } from "../api-server-check";
import { CertManager } from "../cert-manager";
import { ClusterPlane, Issuer, NamespaceRef, PlaneOutput } from "../contracts";
import { Crds } from "../crds";
import { eventStreamPeers } from "../kafka/brokers";
import { Namespaces } from "../namespaces";
import { Network } from "../network";
import { CloudNativePgOperator } from "../operators/cloudnative-pg";
import { KedaOperator } from "../operators/keda";
import { StrimziOperator } from "../operators/strimzi";
import { placements } from "../placement";
import { PlatformIssuer } from "../platform-issuer";
import { SparkOperator } from "../spark";
import { operatorRefs } from "./operators";
import { makePriorityClasses } from "./priority-classes";

export interface InstalledClusterPlaneArgs {
    config: LoadedConfig;
    /** Namespaces of the stack, which its operators watch where no other stack shares them. */
    namespaces: Namespaces;
}

/**
 * Cluster add-ons made by this stack, once a cluster: the operators, their CRDs, the CA and the PriorityClasses.
 *
 * An operator comes with what this stack uses of it; all of them come where other stacks share the plane.
 */
export class InstalledClusterPlane extends pulumi.ComponentResource implements ClusterPlane {
    readonly issuer: Issuer;
    readonly operators: ClusterPlane["operators"];
    readonly namespaces: Record<string, string>;
    readonly network: Network;
    readonly output: pulumi.Output<PlaneOutput>;

    constructor(name: string, args: InstalledClusterPlaneArgs, opts: pulumi.ComponentResourceOptions) {
        super("data-platform:cluster:ClusterPlane", name, {}, opts);
        const { config } = args;
        const { sources, images, cluster } = config;
        // A pod whose PriorityClass isn't there is refused.
        const child = { parent: this };
        const after = makePriorityClasses(child);
        const placement = placements(config.scheduling).platform;
        this.network = provenNetwork(
            { kubernetes: config.kubernetes, images, namespace: args.namespaces.jobs, placement },
            { ...child, dependsOn: after },
        );
        const common = (system: OperatorSystem, key: keyof PlatformConfig["crds"]) => ({
            chart: sources[key],
            crds: new Crds(
                `${system === "certificates" ? "cert-manager" : system}-crds`,
                { key: `crds.${key}`, sources: config.crds[key], kubernetes: config.kubernetes },
                child,
            ),
            placement,
            network: this.network,
            podSecurityVersion: config.namespaces.podSecurityVersion,
            quota: quotaOf(config, system),
            after,
            mirror: images.mirror,
        });
        const watch = (namespace: NamespaceRef) => (cluster.shareable ? undefined : [namespace]);

        const installed = installedOperators(config);
        const certManager = new CertManager(
            "cert-manager",
            {
                ...common("certificates", "certManager"),
                imageRegistry: config.certificates.imageRegistry,
                pullPolicy: images.pullPolicy,
                acme: config.ingress.issuer === undefined ? undefined : { cidrs: config.ingress.cidrs },
                webhookReplicas: cluster.webhookReplicas,
            },
            child,
        );
        const spark = new SparkOperator(
            "spark-operator",
            {
                ...common("spark-operator", "sparkOperator"),
                images,
                operator: config.spark.operator,
                watch: watch(args.namespaces.jobs),
                webhookReplicas: cluster.webhookReplicas,
            },
            child,
        );
        const strimzi = installed.includes("strimzi")
            ? new StrimziOperator(
                  "strimzi",
                  { ...common("strimzi-operator", "strimzi"), watch: watch(args.namespaces.streaming) },
                  child,
              )
            : undefined;
        const cloudNativePg = installed.includes("cloudNativePg")
            ? new CloudNativePgOperator("cloudnative-pg", { ...common("cnpg-system", "cloudNativePg"), images }, child)
            : undefined;
        const keda = installed.includes("keda")
            ? new KedaOperator("keda", { ...common("keda", "keda"), eventStreams: eventStreamPeers }, child)
            : undefined;

        const { issuer } = config.certificates;
        this.issuer = issuer
            ? { name: issuer, ready: [certManager.ready] }
            : new PlatformIssuer("authority", { certManager }, child);
        this.operators = operatorRefs({ spark, strimzi, cloudNativePg, keda });
        this.namespaces = {
            certificates: certManager.namespace.name,
            sparkOperator: spark.namespace.name,
            ...(strimzi ? { strimzi: strimzi.namespace.name } : {}),
            ...(cloudNativePg ? { cloudNativePg: cloudNativePg.namespace.name } : {}),
            ...(keda ? { keda: keda.namespace.name } : {}),
        };
        this.output = pulumi.output({
            shareable: cluster.shareable,
            issuer: this.issuer.name,
            namespaces: this.namespaces,
        });
        this.registerOutputs({});
    }
}
