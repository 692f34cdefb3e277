import { groupOf, type LocatedObject, type Manifest, nameOf, releaseKind } from "../objects";
import { cloudNativePgPods } from "./cloudnative-pg";
import { manifestsInConfigMap, type Unreadable } from "./config-map";
import { podOf, podOfTemplate, podSpecsIn } from "./pod";
import { sparkPods } from "./spark";
import { type PodSecurityProvider, providerOf, strimziPods } from "./strimzi";

export { podOf } from "./pod";

/** Objects that were found inside objects. */
export interface Extracted {
    /** Manifests and pods that hide, as plain objects. */
    objects: LocatedObject[];
    /** Texts that can't be checked, because nobody could read them. */
    unreadable: Unreadable[];
    /** Assumptions, for people. */
    assumed: string[];
}

/**
 * Brings pod specs to light that file scanners don't see: those that operators make of custom resources (Spark's driver and
 * executor, Strimzi's and CloudNativePG's pods) and manifests that stand as text in ConfigMaps (Airflow's pod template, the
 * tasks of workloads), which may be custom resources themselves.
 *
 * A kind of custom resource that isn't known here is searched for pod specs, wherever they stand in it.
 */
export function extract(objects: LocatedObject[]): Extracted {
    const texts = objects.filter(({ manifest }) => manifest.kind === "ConfigMap").map(manifestsInConfigMap);
    const fromTexts = texts.flatMap(({ found }) => found);
    const all = [...objects, ...fromTexts];
    const manifests = all.map(({ manifest }) => manifest);
    const declared = providerOf(manifests);
    const kafkas = manifests.some(
        ({ apiVersion, kind }) => kind === "Kafka" && apiVersion.startsWith("kafka.strimzi.io/"),
    );
    return {
        objects: [...fromTexts, ...all.flatMap((each) => podsIn(each, manifests, declared ?? "restricted"))],
        unreadable: texts.flatMap(({ unreadable }) => unreadable),
        assumed:
            kafkas && !declared
                ? ["Strimzi's operator is not part of the stack: taken to run with the restricted provider"]
                : [],
    };
}

function podsIn(
    { manifest, origin, hidden }: LocatedObject,
    all: Manifest[],
    provider: PodSecurityProvider,
): LocatedObject[] {
    const located = (pods: Manifest[]): LocatedObject[] =>
        pods.map((pod) => ({
            manifest: pod,
            origin: `made of ${nameOf(manifest)}${hidden ? ` (${origin})` : ""}`,
            hidden: true,
        }));
    switch (groupOf(manifest)) {
        case "sparkoperator.k8s.io":
            return located(/SparkApplication$/.test(manifest.kind) ? sparkPods(manifest) : searched(manifest));
        case "kafka.strimzi.io":
            if (manifest.kind === "Kafka") return located(strimziPods(manifest, pools(all), provider));
            return located(searched(manifest));
        case "postgresql.cnpg.io":
            return located(manifest.kind === "Cluster" ? cloudNativePgPods(manifest) : searched(manifest));
        default:
            return located(searched(manifest));
    }
}

function pools(all: Manifest[]): Manifest[] {
    return all.filter(({ kind, apiVersion }) => kind === "KafkaNodePool" && apiVersion.startsWith("kafka.strimzi.io/"));
}

/** The pods of a kind that nobody told us about. */
function searched(manifest: Manifest): Manifest[] {
    const { kind, metadata } = manifest;
    if (kind === "CustomResourceDefinition" || kind === releaseKind || kind === "ConfigMap" || podOf(manifest))
        return [];
    return podSpecsIn(manifest.spec).map(({ path, holder }) => {
        const where = path.filter((key) => key !== "spec" && key !== "template");
        return podOfTemplate({ spec: holder }, [metadata.name, ...where].join("-").toLowerCase(), metadata.namespace);
    });
}
