import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { outputDir, repoRoot } from "../../lib/paths";
import { isRecord, listAt, type Manifest, mapAt, readObjects } from "../../kubernetes/objects";
import { metadataFile, schemaFile, type SchemaFolder } from "./server";
import { type Schema, strict } from "./strict";

/**
 * Folders that are searched for CRDs, the nearest first: those that the stacks install, and beside the checkout the upstream charts that
 * some machines have at hand.
 */
export const definitionFolders = () => [join(outputDir, "crds"), join(repoRoot, "..", "shared", "charts")];

/** Kinds of custom resources to check, and their schemas. */
export interface CustomSchemas {
    /** `group/version Kind` of each kind that has a schema now. */
    known: Set<string>;
    /** Versions of each `Kind.group` of which there is a definition. */
    versions: Map<string, string[]>;
}

/**
 * Writes schemas of the custom resources among some objects, out of the definitions at hand.
 *
 * @param wanted names of what is to be checked: `Kind.group`
 * @param own definitions that the stack itself brings along; they come first
 */
export async function customSchemas(
    wanted: Set<string>,
    dir: string,
    server: SchemaFolder,
    own: Manifest[] = [],
    folders: string[] = definitionFolders(),
): Promise<CustomSchemas> {
    const metadata = JSON.parse(await readFile(join(server.dir, metadataFile), "utf8")) as Schema;
    const known = new Set<string>();
    const versions = new Map<string, string[]>();
    const brought = own.filter((manifest) => wanted.has(nameOfDefinition(manifest)) && hasSchemas(manifest));
    const missing = new Set([...wanted].filter((name) => !brought.some((each) => nameOfDefinition(each) === name)));
    for (const manifest of [...brought, ...(await definitions(missing, folders))]) {
        const { group, names } = mapAt(manifest, "spec");
        const kind = String(mapAt({ names }, "names").kind);
        const name = `${kind}.${String(group)}`;
        // The nearest definition is the one.
        if (!wanted.has(name) || versions.has(name)) continue;
        versions.set(name, []);
        for (const version of listAt(manifest, "spec", "versions")) {
            const apiVersion = `${String(group)}/${String(version.name)}`;
            const schema = withMetadata(mapAt(version, "schema", "openAPIV3Schema"), metadata);
            const file = join(dir, schemaFile({ apiVersion, kind }));
            await mkdir(join(file, ".."), { recursive: true });
            await writeFile(file, JSON.stringify(schema));
            known.add(`${apiVersion} ${kind}`);
            versions.get(name)?.push(String(version.name));
        }
    }
    return { known, versions };
}

function hasSchemas(manifest: Manifest): boolean {
    const versions = listAt(manifest, "spec", "versions");
    return versions.length > 0 && versions.every((version) => Object.keys(mapAt(version, "schema")).length > 0);
}

/** The definition's schema with the fields that every object has. */
function withMetadata(schema: Schema, { $ref, definitions }: Schema): Schema {
    const closed = strict(schema);
    return {
        ...closed,
        properties: {
            ...(isRecord(closed.properties) ? closed.properties : {}),
            apiVersion: { type: "string" },
            kind: { type: "string" },
            metadata: { $ref },
        },
        definitions,
    };
}

/** Definitions of the wanted kinds; files that name none of them aren't even parsed, because some have thousands of lines. */
async function definitions(wanted: Set<string>, folders: string[]): Promise<Manifest[]> {
    const found: Manifest[] = [];
    for (const folder of folders.filter((each) => existsSync(each))) {
        const files = (await readdir(folder, { recursive: true })).map((file) => join(folder, file)).sort();
        for (const file of files.filter((each) => /\/crds\/.*\.(json|ya?ml)$/.test(each))) {
            const text = await readFile(file, "utf8");
            const still = [...wanted].filter((name) => !found.some((each) => nameOfDefinition(each) === name));
            if (!still.some((name) => mentions(text, name))) continue;
            const manifests = file.endsWith(".json") ? [JSON.parse(text) as Manifest] : readObjects(text);
            found.push(...manifests.filter(({ kind }) => kind === "CustomResourceDefinition"));
        }
    }
    return found;
}

function nameOfDefinition(manifest: Manifest): string {
    const { group, names } = mapAt(manifest, "spec");
    return `${String(mapAt({ names }, "names").kind)}.${String(group)}`;
}

function mentions(text: string, name: string): boolean {
    const [kind, ...group] = name.split(".");
    return new RegExp(`"?kind"?:\\s*"?${kind}"?[,\\s]`).test(text) && text.includes(group.join("."));
}
