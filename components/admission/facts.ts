import { PodDeclaration } from "../contracts";
import { prefix } from "../labels";
import { audienceAnnotation } from "../identity";
import { readsOf, tokenReads } from "./reads";

/** Declaration of a Spark application. */
export interface SparkFacts extends PodDeclaration {
    /** Settings of Spark, as `<key>=<value>`. */
    conf: string[];
    /** Its program. */
    files: string[];
}

/** Label keys that walls go by: with such a prefix, or named so by a chart. A test holds them against every NetworkPolicy and Service. */
export const wallPrefixes = [
    ...["app.kubernetes.io/", `${prefix}/`],
    ...["acme.cert-manager.io/", "cnpg.io/", "strimzi.io/"],
];
export const wallKeys = ["app", "component", "k8s-app", "name", "release", "role", "spark-role", "tier"];
/** A version changes with each image, and no wall goes by it. */
export const noWalls = ["app.kubernetes.io/version"];

export function isWall(key: string): boolean {
    if (noWalls.includes(key)) return false;
    return wallKeys.includes(key) || wallPrefixes.some((each) => key.startsWith(each));
}

/** Those labels of a pod that walls go by. */
export function wallsOf(labels: Record<string, string>): string[] {
    return Object.entries(labels)
        .filter(([key]) => isWall(key))
        .map(([key, value]) => `${key}=${value}`);
}

interface PodManifest {
    metadata?: { namespace?: string; labels?: Record<string, string>; annotations?: Record<string, unknown> };
    spec?: { serviceAccountName?: string; [field: string]: unknown };
}

interface SparkManifest {
    kind: "SparkApplication";
    metadata: { name: string; namespace: string };
    spec: {
        mainApplicationFile: string;
        sparkConf?: Record<string, string>;
        driver: { serviceAccount: string; template: PodManifest };
        executor: { template: PodManifest };
    };
}

/** Type guard for a task's template: a SparkApplication, not a Pod. */
export function isSpark(manifest: object): manifest is SparkManifest {
    return "kind" in manifest && manifest.kind === "SparkApplication";
}

export function podFacts(manifest: object): PodDeclaration {
    const { metadata = {}, spec = {} } = manifest as PodManifest;
    return {
        namespace: metadata.namespace ?? "",
        serviceAccount: spec.serviceAccountName ?? "default",
        reads: [...readsOf(spec), ...injected(metadata)],
        labels: wallsOf(metadata.labels ?? {}),
    };
}

/** Reads that the cloud's webhook adds to a pod by its account, after its maker and before the policy. */
function injected({ annotations = {} }: NonNullable<PodManifest["metadata"]>): string[] {
    const audience = annotations[audienceAnnotation];
    return tokenReads(typeof audience === "string" ? audience : undefined);
}

/** Spark writes it over that of the templates since 4.2; no wall opens to it. */
const sparkLabels = ["app.kubernetes.io/component=spark"];

/** Driver and executors have the same account; what one may have, the other may. */
export function sparkFacts({ metadata: { namespace }, spec }: SparkManifest): SparkFacts {
    const templates = [spec.driver.template, spec.executor.template];
    return {
        namespace,
        serviceAccount: spec.driver.serviceAccount,
        reads: templates.flatMap(({ spec: pod, metadata = {} }) => [...readsOf(pod), ...injected(metadata)]),
        labels: [...templates.flatMap(({ metadata }) => wallsOf(metadata?.labels ?? {})), ...sparkLabels],
        conf: Object.entries(spec.sparkConf ?? {}).map(([key, value]) => `${key}=${value}`),
        files: [spec.mainApplicationFile],
    };
}

/** Declarations of one account are one: each may have what any of them has. */
export function byAccount<Facts extends PodDeclaration>(all: Facts[]): Record<string, Facts> {
    const found: Record<string, Facts> = {};
    for (const facts of all) {
        const key = `${facts.namespace}/${facts.serviceAccount}`;
        const known = found[key];
        found[key] = known
            ? {
                  ...known,
                  ...facts,
                  reads: [...known.reads, ...facts.reads],
                  labels: [...known.labels, ...facts.labels],
              }
            : facts;
    }
    return found;
}
