import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { KubeClient, KubeObject } from "../../kubernetes/client";

/** A secret value and what it is the value of. */
export interface SecretValue {
    of: string;
    value: string;
}

/** Shorter values are user names. */
const shortest = 16;

/** Keys that a Secret holds for convenience and anybody may know. */
const open = /^(host|port|username|database|endpoint|ca\.crt|tls\.crt)$/;

/** Every password and key that the stack has put into the cluster. */
export async function secretValues(kube: KubeClient, namespaces: string[]): Promise<SecretValue[]> {
    const found: SecretValue[] = [];
    for (const namespace of namespaces) {
        for (const { metadata, type, data = {} } of await kube.list("v1", "Secret", { namespace })) {
            if (type === "helm.sh/release.v1") continue;
            for (const [key, encoded] of Object.entries(data as Record<string, string>)) {
                const value = Buffer.from(encoded, "base64").toString();
                if (value.length >= shortest && !open.test(key))
                    found.push({ of: `${namespace}/${metadata.name}.${key}`, value });
            }
        }
    }
    return found;
}

/** Secrets that stand in a text, in any of their forms, whole or as a part of something longer. */
export function leaks(text: string, secrets: SecretValue[]): string[] {
    return secrets.filter(({ value }) => forms(value).some((form) => text.includes(form))).map(({ of }) => of);
}

/** Secrets that stand in some texts, a line each. */
export function leaksIn(texts: Record<string, string>, secrets: SecretValue[]): string[] {
    const looked = secrets.map(({ of, value }) => ({ of, forms: forms(value) }));
    return Object.entries(texts).flatMap(([name, text]) =>
        looked.filter((each) => each.forms.some((form) => text.includes(form))).map(({ of }) => `${of} in ${name}`),
    );
}

/** Forms of a secret: plain, in base64 (of both alphabets, wherever in the whole it begins), in a URL, in JSON and in hex. */
export function forms(value: string): string[] {
    // In base64 a text looks in three ways, by where in the whole it begins; its inner part is the same whatever surrounds it.
    const shifted = [0, 1, 2].map((shift) => {
        const encoded = Buffer.from("\0".repeat(shift) + value).toString("base64");
        return encoded.slice(shift === 0 ? 0 : shift + 1, -4);
    });
    const hex = Buffer.from(value).toString("hex");
    const url = encodeURIComponent(value);
    const all = [
        ...[value, JSON.stringify(value).slice(1, -1)],
        ...[url, url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
        ...shifted.flatMap((each) => [each, each.replaceAll("+", "-").replaceAll("/", "_")]),
        ...[hex, hex.toUpperCase()],
    ];
    return [...new Set(all)];
}

/** Everything of some namespaces but the Secrets themselves, as text by name; Helm's records unpacked. */
export async function clusterTexts(kube: KubeClient, namespaces: string[]): Promise<Record<string, string>> {
    const texts: Record<string, string> = {};
    const kinds = (await kube.everyKind()).filter(({ kind }) => kind.namespaced && kind.verbs.includes("list"));
    for (const namespace of namespaces) {
        for (const { apiVersion, kind } of kinds) {
            for (const object of await kube.list(apiVersion, kind.kind, { namespace })) {
                const name = `${kind.kind} ${namespace}/${object.metadata.name}`;
                if (kind.kind !== "Secret") texts[name] = JSON.stringify(object);
                else if (object.type === "helm.sh/release.v1") texts[name] = unpacked(object);
                else texts[`metadata of ${name}`] = JSON.stringify(object.metadata);
            }
        }
    }
    return texts;
}

function unpacked({ data }: KubeObject): string {
    const { release = "" } = (data ?? {}) as { release?: string };
    return gunzipSync(Buffer.from(Buffer.from(release, "base64").toString(), "base64")).toString();
}

/** The logs of every container of some namespaces. */
export async function podLogs(kube: KubeClient, namespaces: string[]): Promise<Record<string, string>> {
    const texts: Record<string, string> = {};
    for (const namespace of namespaces) {
        for (const { metadata, spec } of await kube.list("v1", "Pod", { namespace })) {
            const { containers = [], initContainers = [] } = spec as Record<string, { name: string }[]>;
            for (const { name } of [...initContainers, ...containers]) {
                texts[`log of ${namespace}/${metadata.name} ${name}`] = await kube
                    .logs(namespace, metadata.name, { container: name, tailLines: 100_000 })
                    .catch(() => "");
            }
        }
    }
    return texts;
}

/** The text files under a directory, by name. */
export function filesUnder(dir: string): Record<string, string> {
    const texts: Record<string, string> = {};
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        const file = join(entry.parentPath, entry.name);
        if (entry.isFile() && statSync(file).size < 64 * 2 ** 20) texts[file] = readFileSync(file, "utf8");
    }
    return texts;
}
