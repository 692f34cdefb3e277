import { OrchestratorConfig } from "../../config/sections/orchestrator";
import { heartbeatResources } from "../../config/sizing/parts";
import { Database } from "../contracts";
import { doNotDisrupt } from "../placement";
import { alive, containerSecurity, jobResources, run } from "./pod";

/**
 * A container that makes a pod Ready only when its part has been heard of, so that a rollout ends the old pod no sooner: the
 * official chart has no readiness probe for the DAG processor and the triggerer. It runs nothing; its startup probe asks until it
 * is answered once. The pod's host name, by which Airflow knows the part, is the same for all of its containers.
 */
export function heartbeat(of: {
    /** Full name of Airflow's image. */
    image: string;
    pullPolicy: string;
    /** E.g. `TriggererJob`. */
    job: string;
    /** The way to the database. */
    env: object[];
    mounts: object[];
}) {
    return {
        name: "heartbeat",
        image: of.image,
        imagePullPolicy: of.pullPolicy,
        command: ["bash", "-c", "trap 'exit 0' TERM; sleep infinity & wait"],
        env: of.env,
        startupProbe: {
            exec: { command: alive(of.job) },
            initialDelaySeconds: 10,
            periodSeconds: 5,
            timeoutSeconds: 20,
            failureThreshold: 120,
        },
        resources: heartbeatResources,
        securityContext: containerSecurity,
        volumeMounts: of.mounts,
    };
}

/** Values of the chart's CronJob that deletes old history out of Airflow's database. */
export function databaseCleanup(
    { keepDays, schedule }: OrchestratorConfig["cleanup"],
    { database, env }: { database: Database; env: object[] },
) {
    return {
        enabled: true,
        applyCustomEnv: false,
        schedule,
        args: run("platform_airflow.clean", String(keepDays)),
        env,
        labels: database.peer.clientLabels,
        resources: jobResources,
        serviceAccount: { automountServiceAccountToken: false },
        podAnnotations: doNotDisrupt,
    };
}
