import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { SecretRef } from "../contracts";
import { javaProxyOptions } from "../egress/environment";
import { EtlArgs } from "../etl/args";
import { podTemplate } from "../etl/pod";
import { networkPolicy } from "../etl/prerequisites";
import { Bindings, directHosts, wayByName } from "../etl/bindings";
import { selectorLabels } from "../labels";
import { Network, PolicySpec } from "../network";
import { SparkBatchArgs } from "./args";
import { authPlace, ports, shortLived } from "./conf";
import { podResources, scratchVolumes, SparkSize } from "./size";

type Template = k8s.types.input.core.v1.PodTemplateSpec;

/** Spark's user in its image. */
const user = 185;

/** The secret by which the pods of a job know each other. */
export type JobSecret = SecretRef<"secret">;

/** The pods of a job, and the secret by which they know each other. */
export interface JobPods {
    etl: EtlArgs;
    auth: JobSecret;
}

/** A job's pods in the words of a workload, so that both are restricted, labelled and wired by one piece of code. */
export function etlArgs(args: SparkBatchArgs): EtlArgs {
    const { runtime, stream, store } = args;
    return {
        namespace: runtime.namespace,
        image: args.image ?? runtime.image,
        pullPolicy: runtime.pullPolicy,
        command: [],
        env: args.env,
        secretEnv: args.secretEnv,
        secretFiles: args.secretFiles,
        volumes: args.volumes,
        resources: podResources(args.driver),
        stream,
        store,
        egress: args.egress,
        user,
        placements: args.placements,
        priority: args.priority,
        nodeSelector: args.nodeSelector,
        tolerations: args.tolerations,
        tmpSize: args.tmpSize,
        podAnnotations: args.podAnnotations,
        accountAnnotations: args.accountAnnotations,
        hostAliases: args.hostAliases,
        topologySpread: args.topologySpread,
    };
}

/** Talks to the Kubernetes API, so it has its account's token; what it says last is kept with it. */
export function driverTemplate(name: string, args: SparkBatchArgs, { etl, auth }: JobPods): Template {
    // A first Java machine only works out how to start the second.
    const own = {
        ...etl,
        env: { SPARK_LAUNCHER_OPTS: shortLived, ...javaOptions(name, etl), ...withoutJava(etl.env) },
    };
    return template(name, "spark-kubernetes-driver", { etl: own, auth }, args.driver, {
        automountServiceAccountToken: true,
        activeDeadlineSeconds: args.timeout ?? 3600,
    });
}

export function executorTemplate(name: string, args: SparkBatchArgs, { etl, auth }: JobPods): Template {
    const own: EtlArgs = {
        ...etl,
        resources: podResources(args.executor),
        // Spark takes the secret from a file on Kubernetes only; that it is there an executor would learn from the driver, to whom it
        // can't talk without the secret.
        env: { ...javaOptions(name, etl, "-Dspark.master=k8s://driver"), ...withoutJava(etl.env) },
    };
    return template(name, "spark-kubernetes-executor", { etl: own, auth }, args.executor, {});
}

/** Variable that every Java machine has its options from. */
const javaVariable = "JDK_JAVA_OPTIONS";

function withoutJava(env: EtlArgs["env"] = {}): NonNullable<EtlArgs["env"]> {
    return Object.fromEntries(Object.entries(env).filter(([variable]) => variable !== javaVariable));
}

/** Options of every Java machine of a pod: the platform's, a proxy's, of which Java learns in no other way, and the author's. */
function javaOptions(name: string, etl: EtlArgs, ...own: string[]): Record<string, pulumi.Input<string>> {
    const proxy = wayByName(name, etl)?.proxy;
    const all = [...own, ...(proxy ? [javaProxyOptions(proxy, directHosts(etl))] : [])];
    const given = etl.env?.[javaVariable];
    if (given === undefined) return all.length > 0 ? { [javaVariable]: all.join(" ") } : {};
    return {
        [javaVariable]:
            typeof given === "string"
                ? [...all, given].join(" ")
                : pulumi.concat(all.map((each) => `${each} `).join(""), given),
    };
}

/** @param container The name by which Spark knows its own container in a template. */
function template(
    name: string,
    container: string,
    { etl, auth }: JobPods,
    size: SparkSize,
    pod: Partial<k8s.types.input.core.v1.PodSpec>,
): Template {
    // What to run is the image's own entry point, and Spark says with which arguments.
    return podTemplate(name, etl, {
        restartPolicy: "Never",
        container: { name: container, command: undefined, args: undefined },
        volumes: [{ ...authPlace, kind: "secret", secret: auth }, ...scratchVolumes(size)],
        pod,
    });
}

/** Network policies of a job's pods, by name; pure. */
export function jobPolicies(
    name: string,
    etl: EtlArgs,
    bindings: Bindings,
    { apiServer }: Network,
): Record<string, PolicySpec> {
    const pods = { podSelector: { matchLabels: selectorLabels({ name }) } };
    const among = Object.values(ports).map((port) => ({ protocol: "TCP", port }));
    const outside = networkPolicy(name, etl, bindings);
    return {
        [name]: {
            ...pods,
            policyTypes: ["Ingress", "Egress"],
            ingress: [{ from: [pods], ports: among }],
            egress: [...outside.egress, { to: [pods], ports: among }],
        },
        [`${name}-driver`]: {
            podSelector: { matchLabels: { ...selectorLabels({ name }), "spark-role": "driver" } },
            policyTypes: ["Egress"],
            egress: [apiServer],
        },
    };
}
