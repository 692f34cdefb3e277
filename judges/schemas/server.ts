import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { run } from "../../sandbox/lib/exec";
import { cacheDir } from "../../sandbox/lib/paths";
import { step } from "../../sandbox/lib/progress";
import { moduleFolder, toolSource } from "../../sandbox/tools/catalog";
import { findGo, goEnvironment, removeGoCaches } from "../../sandbox/tools/go";
import { requiredVersion } from "../../sandbox/tools/gomod";
import { pruneOld } from "../../sandbox/tools/disk";
import { withLock } from "../../sandbox/tools/lock";
import { references, type Schema, strict } from "./strict";

/** The schemas of a server's own kinds, as files: `<group, or v1>/<kind>_<version>.json`. */
export interface SchemaFolder {
    dir: string;
    /** Which kinds there are, as those paths. */
    files: Set<string>;
}

/** Raise when what is made of the same module changes. */
const format = 1;

/** The Go caches of this; they are thrown away at once. */
const set = "schemas";

/** Object metadata, for custom resources, whose definitions leave it out. */
export const metadataFile = "metadata.json";

/** The file of a kind's schema, as `schemaPattern` makes kubeconform look for it. */
export function schemaFile({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
    const parts = apiVersion.split("/");
    return `${parts[0]}/${kind.toLowerCase()}_${parts[parts.length - 1]}.json`;
}

/** What kubeconform is told about where schemas are. */
export const schemaPattern = (dir: string) => join(dir, "{{.Group}}", "{{.ResourceKind}}_{{.ResourceAPIVersion}}.json");

/**
 * Schemas of the kinds that our own API server serves: out of the OpenAPI documents in the module that it is built from, checked
 * against go.sum by Go itself. Made once a version, then kept.
 */
export async function serverSchemas(): Promise<SchemaFolder> {
    const { folder, module, version, id } = await source();
    const dir = join(cacheDir(), "schemas", id);
    if (!existsSync(dir)) {
        await withLock(
            join(cacheDir(), "schemas.lock"),
            () => undefined,
            async () => {
                if (existsSync(dir)) return;
                await step(`Fetch the schemas of Kubernetes ${version}`, () => make(folder, module, dir));
                await pruneOld(join(cacheDir(), "schemas"), 14, (name) => name === id);
            },
        );
    }
    const files = (await readdir(dir, { recursive: true })).filter((file) => file.endsWith(".json"));
    return { dir, files: new Set(files) };
}

async function source(): Promise<{ folder: string; module: string; version: string; id: string }> {
    const server = toolSource("kube-apiserver");
    if (!server.module) throw new Error("kube-apiserver is built from no module");
    const folder = moduleFolder(server);
    const [gomod, gosum] = await Promise.all(["go.mod", "go.sum"].map((file) => readFile(join(folder, file), "utf8")));
    const version = requiredVersion(gomod, server.module);
    const sum = gosum.split("\n").find((line) => line.startsWith(`${server.module} ${version} `));
    const hash = createHash("sha256").update([String(format), sum ?? ""].join("\0"));
    return { folder, module: server.module, version, id: `kubernetes-${version}-${hash.digest("hex").slice(0, 12)}` };
}

async function make(folder: string, module: string, dir: string): Promise<void> {
    const { stdout } = await run((await findGo()).path, ["mod", "download", "-json", module], {
        cwd: folder,
        env: goEnvironment(set, false),
        fix: "without a way to Go's module proxy set GOPROXY, then run the same command again",
    });
    const { Dir: sources } = JSON.parse(stdout) as { Dir: string };
    const documents = join(sources, "api", "openapi-spec", "v3");
    const scratch = `${dir}.new`;
    await rm(scratch, { recursive: true, force: true });
    for (const file of await readdir(documents))
        await writeSchemas(JSON.parse(await readFile(join(documents, file), "utf8")), scratch);
    await rename(scratch, dir);
    await removeGoCaches(set);
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
