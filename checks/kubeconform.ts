import { join } from "node:path";

import { run } from "../lib/exec";
import { tool } from "../tools";
import { type Bundle } from "./bundle";
import { groupOf, type LocatedObject, type Manifest, nameOf } from "../kubernetes/objects";
import { customSchemas } from "./schemas/custom";
import { schemaFile, schemaPattern, serverSchemas } from "./schemas/server";
import { type Finding, merged, type CheckReport } from "./finding";

/** One line of kubeconform's report. */
interface Resource {
    filename: string;
    status: "statusValid" | "statusInvalid" | "statusError" | "statusSkipped" | "statusEmpty";
    msg: string;
    validationErrors?: { path: string; msg: string }[];
}

/**
 * Every field of every object against the schema of its kind, strictly: what nobody defined is wrong. A kind of a group that
 * the API server or a CRD at hand serves otherwise is wrong; one that nobody here knows can't be checked, and is named.
 */
export async function kubeconform(bundle: Bundle): Promise<CheckReport> {
    const server = await serverSchemas();
    const custom = join(bundle.dir, "schemas");
    const groups = new Set([...server.files].map((file) => file.split("/")[0]));
    const isCustom = ({ apiVersion }: Manifest) => !groups.has(apiVersion.split("/")[0]);
    const all = [...bundle.objects];
    const definedNames = new Set(
        all
            .filter(([, { manifest }]) => isCustom(manifest))
            .map(([, { manifest }]) => `${manifest.kind}.${groupOf(manifest)}`),
    );
    const { known, versions } = await customSchemas(definedNames, custom, server, bundle.definitions);
    const findings: Finding[] = [];
    const unknown = new Map<string, number>();
    const files: string[] = [];
    for (const [file, located] of all) {
        const { manifest } = located;
        const { apiVersion, kind } = manifest;
        const served = versions.get(`${kind}.${groupOf(manifest)}`);
        if (isCustom(manifest) ? known.has(`${apiVersion} ${kind}`) : server.files.has(schemaFile(manifest)))
            files.push(file);
        else if (!isCustom(manifest))
            findings.push(finding(located, "kind", `the API server serves no ${kind} of ${apiVersion}`));
        else if (served)
            findings.push(
                finding(located, "kind", `${kind} of ${apiVersion} isn't defined, only ${served.join(", ")}`),
            );
        else unknown.set(`${apiVersion} ${kind}`, (unknown.get(`${apiVersion} ${kind}`) ?? 0) + 1);
    }
    for (const { filename, status, msg, validationErrors } of await validate(bundle, files, [server.dir, custom])) {
        const located = bundle.objects.get(filename.split("/").pop() ?? "");
        if (!located) throw new Error(`kubeconform speaks of ${filename}, which it wasn't given`);
        if (status === "statusInvalid")
            for (const error of validationErrors?.length ? validationErrors : [{ path: "", msg }])
                findings.push(finding(located, "schema", details(error, msg)));
        else if (status !== "statusValid") findings.push(finding(located, "readable", msg || status));
    }
    return {
        tool: "kubeconform",
        objects: files.length,
        findings: merged(findings),
        unchecked: [...unknown].map(([kind, count]) => `${kind} (${count}): no definition at hand, no schema`),
    };
}

async function validate(bundle: Bundle, files: string[], folders: string[]): Promise<Resource[]> {
    if (files.length === 0) return [];
    const { stdout } = await run(
        await tool("kubeconform"),
        [
            ...["-strict", "-verbose", "-output", "json", "-n", "2"],
            ...folders.flatMap((dir) => ["-schema-location", schemaPattern(dir)]),
            ...files,
        ],
        { cwd: bundle.objectsDir, okCodes: [0, 1], timeout: 120_000 },
    );
    const { resources } = JSON.parse(stdout) as { resources: Resource[] };
    if (resources.length !== files.length)
        throw new Error(`kubeconform answered for ${resources.length} of ${files.length} objects`);
    return resources;
}

/** kubeconform names only the outermost place of an error; the whole message goes down to the field. */
function details({ path, msg }: { path: string; msg: string }, whole: string): string {
    const deepest = [...whole.matchAll(/at '([^']+)': ([^\n]*?)(?= {2,}- at '|$)/g)];
    const said = deepest.filter(([, , text]) => !/^(validation failed|'?(all|any|one)Of'? failed)/.test(text.trim()));
    if (said.length > 0) return said.map(([, where, text]) => `${where}: ${text.trim()}`).join("; ");
    return path ? `${path}: ${msg}` : msg;
}

function finding({ manifest, origin }: LocatedObject, check: string, message: string): Finding {
    return { tool: "kubeconform", check, object: nameOf(manifest), origin, message };
}
