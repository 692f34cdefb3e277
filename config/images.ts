import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";

import * as versions from "./versions";

const root = resolve(__dirname, "..");

/** An image of ours: which files it is built from, and the version of what it carries. */
interface Image {
    /** The build's context, relative to the project. */
    context: string;
    containerfile: string;
    version: string;
    /** What of the context enters the image; a file or a directory each. @default all of it */
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
    mlflow: { context: "images/mlflow", containerfile: "images/mlflow/Containerfile", version: versions.mlflow },
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
} satisfies Record<string, Image>;

export type ImageName = keyof typeof images;
export const imageNames = Object.keys(images) as ImageName[];

/** What a builder needs to know of an image. Paths are relative to the project. */
export interface ImageContext {
    context: string;
    containerfile: string;
    /** `<version>-<hash of what it is built from>`: a changed image has another name, so what runs is what was built. */
    tag: string;
}

/** How to build an image of ours. */
export function imageContext(name: ImageName): ImageContext {
    const { context, containerfile, version, inputs = [context] }: Image = images[name];
    return { context, containerfile, tag: `${version}-${contentHash([...inputs, containerfile])}` };
}

/** The image's full name under a registry, e.g. `ghcr.io/acme/data-platform/kafka:4.1.1-0123456789ab`. */
export function imageRef(name: ImageName, registry: string): string {
    return `${registry}/${name}:${imageContext(name).tag}`;
}

/** A short hash over the names and contents of files, the same on every machine. */
export function contentHash(paths: string[]): string {
    const hash = createHash("sha256");
    for (const file of paths.flatMap((path) => filesOf(resolve(root, path))).sort()) {
        hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
    }
    return hash.digest("hex").slice(0, 12);
}

/** What a tool leaves beside sources is not a source. */
const debris = new Set(["__pycache__", ".venv", ".pytest_cache", ".ruff_cache", ".mypy_cache", "node_modules"]);

function filesOf(path: string): string[] {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { withFileTypes: true })
        .filter(({ name }) => !debris.has(name) && !name.endsWith(".egg-info"))
        .flatMap(({ name }) => filesOf(join(path, name)));
}
