import * as versions from "../../config/versions";
import { extract, podOf } from "../../kubernetes/pods";
import { at, groupOf, type LocatedObject, listAt, mapAt, type Manifest } from "../../kubernetes/objects";
import { collect } from "../../program/collect";
import type { ProgramOptions } from "../../program/program";
import { type StackConfig } from "../../program/stack-config";
import { type ChartUse, imagesOfChart, strimziImage } from "./charts";
import { wholeName, withoutDigest } from "./reference";
import { imagesGroup, imagesKey, imageSettings } from "./settings";

/** An image that a stack's pods run. */
export interface UsedImage {
    /** The whole name: registry, path and tag. */
    image: string;
    /** Namespaces of the pods, without the stack's name; sorted. */
    usedBy: string[];
}

type Options = Pick<ProgramOptions, "stack" | "config" | "configFile" | "program"> & {
    /** In place of the stack's own `images.mirror`; "none" for upstream's registries. @default the stack's own */
    mirror?: string;
};

/**
 * Every image that the pods of a stack run: those that the program names, those of its charts, and those that operators take for
 * what they make. Needs neither a cluster nor a network, and no chart: what is in upstream's is known by a table, which a test
 * holds to what charts render.
 */
export async function imagesOfStack(options: Options): Promise<UsedImage[]> {
    const { stack, mirror } = options;
    const collected = await collect({
        ...options,
        offline: true,
        transformConfig: (config) =>
            mirror === undefined ? config : withMirror(config, mirror === "none" ? undefined : mirror),
    });
    const { releases } = collected;
    const objects = collected.objects.map(({ manifest }) => manifest);
    const used = new Map<string, Set<string>>();
    const { registry, isPublished } = imageSettings(options);
    const use = (namespace: string | undefined, images: string[]) => {
        for (const whole of images.map(wholeName)) {
            // Each registry has a build of ours of its own, so its digest is no part of what a stack uses; what is published is what it is.
            const image = whole.startsWith(`${registry}/`) && !isPublished ? withoutDigest(whole) : whole;
            const by = used.get(image) ?? new Set();
            used.set(image, by.add((namespace ?? "").replace(`${stack}-`, "")));
        }
    };
    for (const release of releases) use(release.namespace, imagesOfChart(release));
    const located = objects
        .filter((each) => !isOperators(each))
        .map((manifest): LocatedObject => ({ manifest, origin: "" }));
    for (const { manifest } of [...located, ...extract(located).objects])
        use(manifest.metadata.namespace, inPod(manifest));
    const settings = { ...imageSettings(options), ...(mirror === undefined ? {} : { mirror }) };
    for (const manifest of objects.filter(isOperators)) {
        use(manifest.metadata.namespace, madeByOperator(manifest, releases, settings.mirror));
    }
    return [...used]
        .map(([image, by]) => ({ image, usedBy: [...by].sort() }))
        .sort((one, other) => (one.image < other.image ? -1 : 1));
}

/** The stack as it would be with another mirror. */
function withMirror(config: StackConfig, mirror: string | undefined): StackConfig {
    const changed = { ...imagesGroup(config.values), mirror };
    return { ...config, values: { ...config.values, [imagesKey]: JSON.stringify(changed) } };
}

/** The images of an object that is a pod, or makes pods of a template. */
export function inPod(manifest: Manifest): string[] {
    const spec = mapAt(podOf(manifest), "spec");
    return ["initContainers", "containers"]
        .flatMap((kind) => listAt(spec, kind))
        .flatMap(({ image }) => (typeof image === "string" ? [image] : []));
}

/** Objects whose pods an operator gives images of its own. */
function isOperators(manifest: Manifest): boolean {
    const group = groupOf(manifest);
    return group === "kafka.strimzi.io" || (group === "postgresql.cnpg.io" && manifest.kind === "Cluster");
}

/**
 * Images that an operator starts for an object: Strimzi has an image for nodes, by Kafka's version, and runs its own beside and in front of
 * them; CloudNativePG's instances copy the operator's program out of its own image.
 */
function madeByOperator(manifest: Manifest, releases: ChartUse[], mirror: string | undefined): string[] {
    // In a stack that shares another's cluster add-ons the operator is that one's; it is taken to be the pinned version there.
    const release = (name: string, version: string): ChartUse =>
        releases.find(({ chart }) => chart.split("/").at(-1) === name) ?? { chart: name, version, values: {} };
    if (manifest.kind === "Kafka") {
        const { version = versions.charts.strimzi, values } = release(
            "strimzi-kafka-operator",
            versions.charts.strimzi,
        );
        const from = { ...(mirror && mirror !== "none" ? { defaultImageRegistry: mirror } : {}), ...values };
        const kafka = at(manifest, "spec", "kafka", "image");
        return [
            typeof kafka === "string"
                ? kafka
                : strimziImage(from, "kafka", `${version}-kafka-${String(at(manifest, "spec", "kafka", "version"))}`),
            strimziImage(from, "operator", version),
        ];
    }
    if (manifest.kind !== "Cluster") return [];
    const name = at(manifest, "spec", "imageName");
    const operator = release("cloudnative-pg", versions.charts.cloudNativePg);
    const own = imagesOfChart(operator).map((image) =>
        mirror && mirror !== "none" && !releases.some((each) => each === operator)
            ? image.replace(/^[^/]+/, mirror)
            : image,
    );
    return [...(typeof name === "string" ? [name] : []), ...own];
}
