import { ObjectStore } from "../contracts";

/** Ports that pods of one job reach each other by; fixed, so that a NetworkPolicy can name them. */
export const ports = { driver: 7078, blockManager: 7079 };

/** Mount path of the secret by which the pods of a job know each other. */
export const authDir = "/var/run/data-platform/spark";

/** Name and place of its volume. */
export const authPlace = { name: "spark-auth", mountPath: authDir };

/** Java's options for what lives for seconds. */
export const shortLived = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

/** Settings of every job. */
export function baseConf(): Record<string, string> {
    return {
        // Its pages would speak plain HTTP; the event log has all that they show.
        "spark.ui.enabled": "false",
        "spark.driver.port": String(ports.driver),
        "spark.driver.blockManager.port": String(ports.blockManager),
        "spark.blockManager.port": String(ports.blockManager),
        // What a job's pods say to each other is encrypted, and nobody else may join in. The secret comes from a file: Spark's own
        // way would put it into the executors' environment, for everyone to read who may list pods.
        "spark.authenticate": "true",
        "spark.authenticate.secret.file": `${authDir}/secret`,
        "spark.network.crypto.enabled": "true",
        "spark.network.crypto.authEngineVersion": "2",
        "spark.network.crypto.cipher": "AES/GCM/NoPadding",
        // Executors have their settings from the driver and the image: a ConfigMap for them would need the right to write any.
        "spark.kubernetes.executor.disableConfigMap": "true",
        // Since 4.2 Spark would make a NetworkPolicy for each run; the declaration's own is there, and nobody else may make one.
        "spark.kubernetes.driver.pod.excludedFeatureSteps":
            "org.apache.spark.deploy.k8s.features.NetworkPolicyFeatureStep",
        // No job has a claim of its own, and looking for some would need further rights.
        "spark.kubernetes.driver.ownPersistentVolumeClaim": "false",
        "spark.kubernetes.driver.reusePersistentVolumeClaim": "false",
    };
}

/** For jobs that end within a minute or two. */
export function shortConf(): Record<string, string> {
    return Object.fromEntries(
        ["driver", "executor"].map((part) => [`spark.${part}.defaultJavaOptions`, "-XX:TieredStopAtLevel=1"]),
    );
}

const providers = "software.amazon.awssdk.auth.credentials";

/**
 * S3A, Hadoop's client, to the object store. Its keys are in the file of `AWS_SHARED_CREDENTIALS_FILE`, or they are what the pod's token
 * is good for; it looks nowhere else.
 */
export function storeConf(
    store: Pick<ObjectStore, "endpoint" | "region" | "pathStyle" | "identity">,
    as: string,
): Record<string, string> {
    const { endpoint, region, pathStyle } = store;
    return prefixed("spark.hadoop.", {
        "fs.s3a.endpoint": endpoint,
        "fs.s3a.endpoint.region": region,
        "fs.s3a.path.style.access": String(pathStyle),
        "fs.s3a.connection.ssl.enabled": String(endpoint.startsWith("https://")),
        "fs.s3a.aws.credentials.provider": `${providers}.${
            store.identity(as) ? "WebIdentityTokenFileCredentialsProvider" : "ProfileCredentialsProvider"
        }`,
        // Uploads are gathered where shuffles are, and not in the small /tmp.
        "fs.s3a.buffer.dir": "${env.SPARK_LOCAL_DIRS:-/tmp}",
    });
}

/** The event log, which the history server reads. */
export function eventLogConf(place: string): Record<string, string> {
    return {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": place,
        // One object a job. An object store shows it when the job has ended, as it does with the parts of a rolling one.
        "spark.eventLog.rolling.enabled": "false",
    };
}

function prefixed(prefix: string, conf: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(conf).map(([key, value]) => [prefix + key, value]));
}
