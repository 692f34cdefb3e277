import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { KubeClient } from "../../kubernetes/client";
import { startControlPlane } from "../../sandbox/cluster/control-plane";
import { freePorts } from "../../sandbox/cluster/ports";
import { cacheDir } from "../../lib/paths";
import { step } from "../../lib/progress";
import { recipe } from "../../tools/build";
import { pruneOld } from "../../lib/cache";
import { withLock } from "../../lib/lock";
import { references, type Schema, strict } from "./strict";

/** The schemas of a server's own kinds, as files: `<group, or v1>/<kind>_<version>.json`. */
export interface SchemaFolder {
    dir: string;
    /** Kinds that have a schema, as those paths. */
    files: Set<string>;
}

/** Raise when what is made of the same server's answer changes. */
const format = 1;

/** Object metadata, for custom resources, whose definitions leave it out. */
export const metadataFile = "metadata.json";

/** The file of a kind's schema, as `schemaPattern` makes kubeconform look for it. */
export function schemaFile({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
    const parts = apiVersion.split("/");
    return `${parts[0]}/${kind.toLowerCase()}_${parts[parts.length - 1]}.json`;
}

/** Pattern by which kubeconform finds schemas. */
export const schemaPattern = (dir: string) => join(dir, "{{.Group}}", "{{.ResourceKind}}_{{.ResourceAPIVersion}}.json");

/**
 * Schemas of the kinds that our own API server serves, as it describes them itself. It is started for that once a version; what
 * it said is kept.
 */
export async function serverSchemas(): Promise<SchemaFolder> {
    const server = await recipe("kube-apiserver");
    const id = `${basename(server.dir)}-${format}`;
    const dir = join(cacheDir(), "schemas", id);
    if (!existsSync(dir)) {
        await withLock(
            join(cacheDir(), "schemas.lock"),
            () => undefined,
            async () => {
                if (existsSync(dir)) return;
                await step(`Ask Kubernetes ${server.version} for its schemas`, () => make(dir));
                await pruneOld(join(cacheDir(), "schemas"), 14, (name) => name === id);
            },
        );
    }
    const files = (await readdir(dir, { recursive: true })).filter((file) => file.endsWith(".json"));
    return { dir, files: new Set(files) };
}

async function make(target: string): Promise<void> {
    const dir = await mkdtemp(join(tmpdir(), "data-platform-schemas-"));
    const scratch = `${target}.new`;
    try {
        const [etcd, etcdPeer, apiserver, controllerManager, scheduler] = await freePorts(5);
        const plane = await startControlPlane({
            dir,
            ports: { etcd, etcdPeer, apiserver, controllerManager, scheduler },
            admission: { webhooks: false },
        });
        const { http } = new KubeClient(plane.kubeconfig);
        try {
            const get = async (path: string) => JSON.parse(await http.send({ method: "GET", path })) as unknown;
            const { paths } = (await get("/openapi/v3")) as { paths: Record<string, { serverRelativeURL: string }> };
            await rm(scratch, { recursive: true, force: true });
            for (const { serverRelativeURL } of Object.values(paths))
                await writeSchemas(await get(serverRelativeURL), scratch);
        } finally {
            http.close();
            await plane.stop();
        }
        await rename(scratch, target);
    } finally {
        await rm(dir, { recursive: true, force: true });
    }
}

/** One document of `/openapi/v3`, as far as it is read here. */
interface OpenApiDocument {
    components?: { schemas?: Record<string, Schema> };
}

interface GroupVersionKind {
    group: string;
    version: string;
    kind: string;
}

/** Writes the schema of every kind of a document. */
export async function writeSchemas(document: unknown, dir: string): Promise<void> {
    const all = (document as OpenApiDocument).components?.schemas ?? {};
    const metadata = Object.keys(all).find((name) => name.endsWith(".ObjectMeta"));
    if (metadata) await writeSchema(dir, metadataFile, selfContained(metadata, all));
    for (const [name, schema] of Object.entries(all)) {
        const kinds = (schema["x-kubernetes-group-version-kind"] ?? []) as GroupVersionKind[];
        // What belongs to every group (DeleteOptions, WatchEvent) is no object of any.
        if (kinds.length !== 1) continue;
        const [{ group, version, kind }] = kinds;
        const apiVersion = group ? `${group}/${version}` : version;
        await writeSchema(dir, schemaFile({ apiVersion, kind }), selfContained(name, all));
    }
}

async function writeSchema(dir: string, file: string, schema: Schema): Promise<void> {
    await mkdir(join(dir, file, ".."), { recursive: true });
    await writeFile(join(dir, file), JSON.stringify(schema));
}

/** A schema that brings along all that it refers to. */
function selfContained(name: string, all: Record<string, Schema>): Schema {
    const definitions: Record<string, Schema> = {};
    const take = (each: string): void => {
        if (definitions[each]) return;
        definitions[each] = strict(all[each] ?? {}, (reference) => `#/definitions/${lastOf(reference)}`);
        references(all[each]).map(lastOf).forEach(take);
    };
    take(name);
    return { $ref: `#/definitions/${name}`, definitions };
}

function lastOf(reference: string): string {
    return reference.slice(reference.lastIndexOf("/") + 1);
}
