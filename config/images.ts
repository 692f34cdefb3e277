import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";

import { RunError } from "@pulumi/pulumi";

import { withDigest } from "./image-digests";
import { type ImagePlatform, platformSuffix } from "./platforms";
import { publishedFile, publishedRef } from "./published";
import * as versions from "./versions";

const root = resolve(__dirname, "..");

/** An image of ours: which files it is built from, and the version of what it carries. */
interface Image {
    /** The build's context, relative to the project. */
    context: string;
    containerfile: string;
    version: string;
    /** Parts of the context that enter the image; a file or a directory each. @default all of it */
    inputs?: string[];
}

const images = {
    minio: { context: "images/minio", containerfile: "images/minio/Containerfile", version: versions.minio },
    kafka: { context: "images/kafka", containerfile: "images/kafka/Containerfile", version: versions.kafka },
    postgresql: {
        context: "images/postgresql",
        containerfile: "images/postgresql/Containerfile",
        version: versions.postgresql,
    },
    "egress-proxy": {
        context: "images/egress-proxy",
        containerfile: "images/egress-proxy/Containerfile",
        version: versions.squid,
    },
    airflow: {
        context: ".",
        containerfile: "images/airflow/Containerfile",
        version: versions.airflow,
        inputs: ["images/airflow", "workloads/dags", "workloads/platform_tasks"],
    },
    mlflow: { context: "images/mlflow", containerfile: "images/mlflow/Containerfile", version: versions.mlflow },
    spark: {
        context: ".",
        containerfile: "images/spark/Containerfile",
        version: versions.spark,
        inputs: ["images/spark", "images/kafka/trust.sh", "workloads/requirements-data.lock", "workloads/spark"],
    },
    etl: {
        context: "workloads",
        containerfile: "images/etl/Containerfile",
        version: versions.etl,
        inputs: [
            "workloads/pyproject.toml",
            "workloads/requirements.lock",
            "workloads/requirements-data.lock",
            "workloads/requirements-data-build.lock",
            "workloads/requirements-tools.lock",
            "workloads/src",
        ],
    },
    ml: {
        context: "workloads",
        containerfile: "images/ml/Containerfile",
        version: versions.etl,
        inputs: [
            "workloads/pyproject.toml",
            "workloads/requirements-ml.lock",
            "workloads/requirements-tools.lock",
            "workloads/src",
        ],
    },
} satisfies Record<string, Image>;

export type ImageName = keyof typeof images | `workload-${string}`;

/** All images: those above, and of each folder of workloads/ with a Containerfile, which is built in that folder. */
const all = new Map<string, Image>([
    ...Object.entries(images),
    ...readdirSync(join(root, "workloads"))
        .filter((folder) => existsSync(join(root, "workloads", folder, "Containerfile")))
        .map((folder): [ImageName, Image] => {
            const context = `workloads/${folder}`;
            return [`workload-${folder}`, { context, containerfile: `${context}/Containerfile`, version: "own" }];
        }),
]);

export const imageNames = [...all.keys()] as ImageName[];

/** Input of a builder. Paths are relative to the project. */
export interface ImageContext {
    context: string;
    containerfile: string;
    /**
     * `<version>-<hash of what it is built from>`, and for which architectures where it isn't the usual one: a changed image has another
     * name, so what runs is what was built.
     */
    tag: string;
    /** The same without architectures. */
    content: string;
}

/** Input of the build of an image of ours. */
export function imageContext(name: ImageName, platforms?: readonly ImagePlatform[]): ImageContext {
    const image = all.get(name);
    if (!image) {
        throw new RunError(
            `there is no image "${name}": a workload's own is built from workloads/<folder>/Containerfile and named workload-<folder>; there are ${imageNames.join(", ")}`,
        );
    }
    const { context, containerfile, version, inputs = [context] } = image;
    const content = `${version}-${contentHash([...inputs, containerfile])}`;
    return { context, containerfile, tag: `${content}${platformSuffix(platforms)}`, content };
}

/** Registry of our images: `images` of a stack. */
export interface ImageSource {
    /** @default that of a release, which has published them */
    registry?: string;
    /** A file of images that a release has published, relative to the project. @default the project's own where there is no registry */
    published?: string;
    /** Registry path that mirrors others', and what is published. @default none */
    mirror?: string;
    /** A file with their digests, relative to the project. @default none: by tag */
    digests?: string;
    /** @default the usual one */
    platforms?: readonly ImagePlatform[];
}

/**
 * The name by which an image is pulled, e.g. `ghcr.io/acme/data-platform/kafka:4.1.1-0123456789ab@sha256:…`.
 *
 * @param images `images` of the stack; a registry alone gives a name without digest
 * @throws RunError when the stack names a file of digests that lacks this one, or it is neither built nor published
 */
export function imageRef(name: ImageName, images: ImageSource | string): string {
    const source: ImageSource = typeof images === "string" ? { registry: images } : images;
    const { registry, digests, platforms, mirror } = source;
    const { tag, content } = imageContext(name, platforms);
    // What somebody has just built and recorded comes first.
    const published = digests === undefined ? publishedRef(name, content, source) : undefined;
    if (published) return mirror ? mirror + published.slice(published.indexOf("/")) : published;
    if (registry === undefined) {
        throw new RunError(
            [
                `the image ${name} is neither published nor built: ${source.published ?? publishedFile} has no ${content}`,
                "  where:   images.registry of the stack, which is not set",
                `  fix:     set it to a registry and build what has changed: make images STACK=<stack> PUSH=1; or go back to sources as they were published`,
            ].join("\n"),
        );
    }
    const ref = `${registry}/${name}:${tag}`;
    return digests === undefined ? ref : withDigest(ref, digests);
}

/** A short hash over the names and contents of files, the same on every machine. */
export function contentHash(paths: string[]): string {
    const hash = createHash("sha256");
    for (const file of paths.flatMap((path) => filesOf(resolve(root, path))).sort()) {
        hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
    }
    return hash.digest("hex").slice(0, 12);
}

/** Files that a tool leaves beside sources, which are no sources. */
const debris = new Set(["__pycache__", ".venv", ".pytest_cache", ".ruff_cache", ".mypy_cache", "node_modules"]);

function filesOf(path: string): string[] {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { withFileTypes: true })
        .filter(({ name }) => !debris.has(name) && !name.endsWith(".egg-info"))
        .flatMap(({ name }) => filesOf(join(path, name)));
}
