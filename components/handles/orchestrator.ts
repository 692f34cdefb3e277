import * as pulumi from "@pulumi/pulumi";

import { Peer } from "./peer";
import { SecretRef } from "./secret-ref";

/** Declaration of a pod that others' code starts. */
export interface PodDeclaration {
    namespace: string;
    serviceAccount: string;
    /** Secrets and claims, as `<secret>/<key>`, `<secret>/*`, `claim:<name>`. */
    reads: pulumi.Input<string>[];
    /** Labels that network policies and Services go by, as `<key>=<value>`. */
    labels: string[];
}

/** The pods of an orchestrator's tasks, in whose code people start further pods. */
export interface WorkerDeclaration {
    pod: PodDeclaration;
    /** The account that makes them, in their namespace. */
    scheduler: string;
    /** The accounts in whose name tasks start declared pods and Spark jobs; in the same namespace. */
    launchers: string[];
}

/**
 * Rules about what others' code may start: declared here, enforced by the API server. Implementations: validating admission policies. Declarations
 * are made while the program is evaluated, and not inside an `apply`.
 */
export interface LaunchRules {
    /** Lets tasks start pods or Spark applications like this one. */
    task(manifest: object): void;
    /** Lets a Spark job's driver start executors like those of this SparkApplication. */
    sparkJob(manifest: object): void;
    /** Lets an orchestrator start its tasks' own pods. */
    worker(declaration: WorkerDeclaration): void;
    /** Resources to depend on before any of that runs. */
    ready: pulumi.Resource[];
}

/** Scheduler of workloads. Implementations: Airflow. */
export interface Orchestrator {
    /** URL of the API and the pages, reachable inside the cluster. */
    url: string;
    peer: Peer;
    ready: pulumi.Resource;
    /** Credentials of the administrator. */
    admin: SecretRef<"username" | "password">;
}
