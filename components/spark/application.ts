import { spark as sparkVersion } from "../../config/versions";
import { SparkBatchArgs } from "./args";
import { baseConf, eventLogConf, shortConf, storeConf } from "./conf";
import { driverTemplate, executorTemplate, JobPods } from "./pods";
import { sizing } from "./size";

/**
 * The spec of a SparkApplication, pure. What concerns the pods stands in their templates, from which Spark itself makes them:
 * then a job is restricted whether the operator's webhook works or not.
 */
export function application(name: string, args: SparkBatchArgs, pods: JobPods): Record<string, unknown> {
    const { runtime, mainClass, executor, dynamicAllocation: dynamic, mode } = args;
    return {
        type: mainClass ? "Scala" : "Python",
        ...(mainClass ? { mainClass } : { pythonVersion: "3" }),
        mode: "cluster",
        sparkVersion,
        image: args.image ?? runtime.image,
        imagePullPolicy: runtime.pullPolicy,
        mainApplicationFile: args.mainApplicationFile,
        ...(args.arguments?.length ? { arguments: args.arguments } : {}),
        sparkConf: sparkConf(args),
        restartPolicy: restartPolicy(args),
        ...(mode === "template" ? { timeToLiveSeconds: args.keepFinished ?? 86_400 } : {}),
        ...(dynamic
            ? {
                  dynamicAllocation: {
                      enabled: true,
                      initialExecutors: dynamic.min,
                      minExecutors: dynamic.min,
                      maxExecutors: dynamic.max,
                      shuffleTrackingEnabled: true,
                  },
              }
            : {}),
        driver: { ...sizing(args.driver), serviceAccount: name, template: driverTemplate(name, args, pods) },
        executor: {
            ...sizing(executor),
            ...(dynamic ? {} : { instances: executor.instances ?? 1 }),
            deleteOnTermination: true,
            template: executorTemplate(name, args, pods),
        },
    };
}

function sparkConf({ runtime, store, eventLog = true, short, conf }: SparkBatchArgs): Record<string, string> {
    return {
        ...baseConf(),
        ...(short ? shortConf() : {}),
        ...(store ? storeConf(store.from, store.as) : {}),
        ...(store && eventLog ? eventLogConf(runtime.eventLog) : {}),
        ...conf,
    };
}

function restartPolicy({ mode, retries = mode === "template" ? 0 : 3 }: SparkBatchArgs): Record<string, unknown> {
    if (retries === 0) return { type: "Never" };
    return {
        type: "OnFailure",
        onFailureRetries: retries,
        onFailureRetryInterval: 10,
        onSubmissionFailureRetries: retries,
        onSubmissionFailureRetryInterval: 10,
    };
}
