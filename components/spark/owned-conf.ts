import { problemsIn } from "../../config/free-maps";
import { quote } from "../../config/quote";
import type { ArgumentProblem } from "../declarations/declaration";
import type { SparkBatchArgs } from "./args";

/** Settings of Spark that are the platform's, and what to say instead. */
const owned: readonly (readonly [RegExp, string])[] = [
    [
        /^spark\.(authenticate|network\.crypto|ssl)(\.|$)/,
        "is the platform's: what a job's pods say to each other is encrypted, and they know each other by a secret of their own; leave it out",
    ],
    [
        /^spark\.hadoop\.fs\.s3a\.(bucket\..+\.)?(access\.key|secret\.key|session\.token|encryption\.key|server-side-encryption\.key)$/,
        "is a secret of the store's, and this stands in the clear; leave it out: the argument store brings the keys as a file",
    ],
    [/^spark\.hadoop\.hadoop\.security\.credential\.provider\.path$/, "is the store's; use the argument store"],
    [
        /^spark\.(driver|executor)\.(memory(Overhead(Factor)?)?|cores)$/,
        "is set by the argument driver or executor; say it there",
    ],
    [
        /^spark\.(memory\.offHeap\.(enabled|size)|executor\.pyspark\.memory)$/,
        "needs memory that the pods don't have; raise memoryOverhead of driver or executor, which is theirs",
    ],
    [/^spark\.executor\.instances$/, "is set by executor.instances; say it there"],
    [
        /^spark\.dynamicAllocation\.(enabled|minExecutors|maxExecutors|initialExecutors|shuffleTracking\.enabled)$/,
        "is set by the argument dynamicAllocation; say it there",
    ],
    [
        /^spark\.(eventLog\.(enabled|dir|rolling\.enabled)|history\.fs\.logDirectory)$/,
        "is set by the argument eventLog; say it there",
    ],
    [
        /^spark\.(ui\.enabled|driver\.(port|blockManager\.port|host|bindAddress)|blockManager\.port)$/,
        "is the platform's: the NetworkPolicy of the job names its ports, and opens no pages; leave it out",
    ],
    [/^spark\.(executorEnv\.|kubernetes\.driverEnv\.)/, "is set by the argument env; say it there"],
    [/^spark\.(driver|executor)\.resource\./, "is a resource of the pods, which conf can't give them; leave it out"],
    [/^spark\.(master|submit\.deployMode)$/, "is the operator's; leave it out"],
];

/** Settings of the client of S3 that the handle makes. */
const storeSettings =
    /^spark\.hadoop\.fs\.s3a\.(endpoint(\.region)?|path\.style\.access|connection\.ssl\.enabled|aws\.credentials\.provider)$/;

/** Settings of `spark.kubernetes` that are about pace and no part of a pod. */
const kubernetesSettings =
    /^spark\.kubernetes\.(allocation\.|executor\.(enablePollingWithResourceVersion|eventProcessingInterval|missingPodDetectDelta|apiPollingInterval|checkAllContainers|rollInterval|rollPolicy|minTasksPerExecutorBeforeRolling)$|(driver|executor)\.volumes\.emptyDir\.|local\.dirs\.tmpfs$|report\.interval$|(driver|submission)\.(connectionTimeout|requestTimeout)$|dynamicAllocation\.deleteGracePeriod$)/;

/** Problems of the settings that an author adds. */
export function confProblems({ conf, store }: Pick<SparkBatchArgs, "conf" | "store">): ArgumentProblem[] {
    if (typeof conf !== "object" || (conf as object | null) === null) return [];
    const problems = Object.keys(conf).flatMap((key): ArgumentProblem[] => {
        const message = ownedBy(key, store !== undefined);
        return message === undefined ? [] : [{ argument: at(key), message }];
    });
    const told = new Set(problems.map(({ argument }) => argument));
    const others = problemsIn(conf).map(({ path, message }) => ({
        argument: path.length > 0 ? at(path.join(".")) : "conf",
        message,
    }));
    return [...problems, ...others.filter(({ argument }) => !told.has(argument))];
}

const at = (key: string) => `conf[${JSON.stringify(key)}]`;

function ownedBy(key: string, hasStore: boolean): string | undefined {
    if (!key.startsWith("spark.")) {
        const meant = /^(fs|hadoop)\./.test(key) ? `; did you mean ${quote(`spark.hadoop.${key}`)}?` : "";
        return `must begin with "spark.", because Spark leaves out what doesn't${meant}`;
    }
    if (hasStore && storeSettings.test(key)) return "is set by the argument store; leave it out";
    if (key.startsWith("spark.kubernetes.") && !/^spark\.kubernetes\.driverEnv\./.test(key)) {
        return kubernetesSettings.test(key)
            ? undefined
            : "is the platform's: pods, their accounts and places follow from the declaration's own arguments (driver, executor, env, nodeSelector, tolerations, image); leave it out";
    }
    return owned.find(([pattern]) => pattern.test(key))?.[1];
}
