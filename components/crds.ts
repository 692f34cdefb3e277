import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parseAllDocuments } from "yaml";

import { ConfigError } from "../config/errors";
import { PlatformConfig } from "../config/schema";
import { cluster } from "./cluster";

export interface CrdsArgs {
    /** The config key that the sources come from, for messages. */
    key: string;
    /** Manifests: files of the project (`./a/b.yaml`, `./a/*.json`) and `https://` addresses. */
    sources: string[];
    /** The cluster, as in the stack's config. */
    kubernetes: PlatformConfig["kubernetes"];
}

/** A custom resource definition as it stands in a manifest. */
interface Definition {
    apiVersion: string;
    kind: string;
    metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
    [key: string]: unknown;
}

/**
 * An operator's custom resource definitions, owned apart from its chart: Helm never upgrades those of a chart, and an uninstall
 * that took them along would take every object of their kinds too.
 *
 * They stay when the stack is destroyed, and are taken over when they are there already, whoever made them.
 */
export class Crds extends pulumi.ComponentResource {
    /** What must be there before an operator or an object of these kinds; for `dependsOn`. */
    readonly definitions: pulumi.Output<pulumi.Resource[]>;

    constructor(name: string, { key, sources, kubernetes }: CrdsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:cluster:Crds", name, {}, opts);
        const own = { parent: this, provider: cluster(`${name}-adopting`, kubernetes, true), retainOnDelete: true };
        const make = (text: string, source: string): pulumi.Resource[] =>
            definitionsIn(text, source, key).map(
                (each) => new k8s.apiextensions.v1.CustomResourceDefinition(each.metadata.name, inputs(each), own),
            );
        const made = sources.map((source) =>
            isAddress(source)
                ? pulumi.output(textOf(source, key)).apply((text) => make(text, source))
                : pulumi.output(filesOf(source, key).flatMap((file) => make(readFileSync(file, "utf8"), file))),
        );
        this.definitions = pulumi.all(made).apply((all) => all.flat() as pulumi.Resource[]);
        // The engine waits for outputs of a component; without this it could end before a download has.
        this.registerOutputs({ count: this.definitions.apply((all) => all.length) });
    }
}

/** The definitions in a manifest, YAML or JSON. @throws ConfigError when there is anything else in it */
export function definitionsIn(text: string, source: string, key: string): Definition[] {
    const objects = text.startsWith("{")
        ? [JSON.parse(text) as Definition]
        : parseAllDocuments(text).map((document) => document.toJS() as Definition | null);
    return objects
        .filter((object) => object !== null)
        .map((object) => {
            if (object.apiVersion === "apiextensions.k8s.io/v1" && object.kind === "CustomResourceDefinition")
                return object;
            throw problem(key, `${source} holds something else than custom resource definitions: ${object.kind}`);
        });
}

/** The server drops an empty `properties` (Strimzi's Kafka has one), which would be a change at each update. */
export function withoutEmpty(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withoutEmpty);
    if (typeof value !== "object" || value === null) return value;
    const kept = Object.entries(value).filter(([key, inner]) => key !== "properties" || !isEmpty(inner));
    return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmpty(inner)]));
}

function isEmpty(value: unknown): boolean {
    return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** A definition as it is applied: without what the server writes. */
function inputs({ apiVersion, kind, metadata, spec }: Definition): k8s.apiextensions.v1.CustomResourceDefinitionArgs {
    const { name, labels, annotations } = metadata;
    return {
        apiVersion: apiVersion as "apiextensions.k8s.io/v1",
        kind: kind as "CustomResourceDefinition",
        spec: withoutEmpty(spec) as k8s.types.input.apiextensions.v1.CustomResourceDefinitionSpec,
        metadata: {
            name,
            ...(labels ? { labels } : {}),
            // An upgrade changes fields that belong to whoever made the definition before.
            annotations: { ...annotations, "pulumi.com/patchForce": "true" },
        },
    };
}

/** Of a failed download Node says only "fetch failed"; what happened is behind it. */
function reason({ cause, message }: Error): string {
    return cause instanceof Error ? cause.message : message;
}

function isAddress(source: string): boolean {
    return /^https?:/.test(source);
}

/** What was downloaded before the first resource, by address. */
let downloaded: Promise<Map<string, string>> | undefined;

/**
 * Downloads the definitions that a stack needs, so that one that can't be read is told before anything is changed.
 *
 * @param needed Sources by config key; those that aren't addresses are left alone.
 * @throws ConfigError with all of them at once
 */
export async function downloadFirst(needed: Record<string, string[]>): Promise<void> {
    const all = downloadAll(needed);
    // Whoever waits for a failed one waits for good: the program has ended.
    downloaded = new Promise((resolve) => void all.then(resolve, () => undefined));
    await all;
}

async function downloadAll(needed: Record<string, string[]>): Promise<Map<string, string>> {
    const wanted = Object.entries(needed).flatMap(([key, sources]) =>
        sources.filter(isAddress).map((address) => ({ key, address })),
    );
    const answers = await Promise.allSettled(wanted.map(({ key, address }) => download(address, key)));
    const problems = answers.flatMap((answer) => {
        if (answer.status === "fulfilled") return [];
        if (answer.reason instanceof ConfigError) return answer.reason.problems;
        throw answer.reason;
    });
    if (problems.length > 0) throw new ConfigError(problems, pulumi.getStack());
    return new Map(
        answers.map((answer, index) => [wanted[index].address, answer.status === "fulfilled" ? answer.value : ""]),
    );
}

async function textOf(address: string, key: string): Promise<string> {
    return (await downloaded)?.get(address) ?? download(address, key);
}

async function download(address: string, key: string): Promise<string> {
    const answer = await fetch(address).catch((error: Error) => {
        throw problem(key, `${address} can't be read: ${reason(error)}`);
    });
    if (!answer.ok) throw problem(key, `${address} can't be read: ${answer.status} ${answer.statusText}`);
    return answer.text();
}

/** The files that a path of the project means; `*` stands for anything in the last part of it. */
function filesOf(source: string, key: string): string[] {
    const path = resolve(__dirname, "..", source);
    const folder = dirname(path);
    const wanted = new RegExp(`^${basename(path).split("*").map(escape).join(".*")}$`);
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => wanted.test(name)) : [];
    if (names.length === 0) throw problem(key, `${source}: there is no such file`);
    return names.sort().map((name) => join(folder, name));
}

function escape(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function problem(key: string, message: string): ConfigError {
    return new ConfigError([{ key, message }], pulumi.getStack());
}
