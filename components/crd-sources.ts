import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { parseAllDocuments } from "yaml";

import { ConfigError } from "../config/errors";
import type { Manifest } from "../kubernetes/objects";

/** The CRDs in a manifest, YAML or JSON. @throws ConfigError when there is anything else in it */
export function definitionsIn(text: string, source: string, key: string): Manifest[] {
    const objects = text.startsWith("{")
        ? [JSON.parse(text) as Manifest]
        : parseAllDocuments(text).map((document) => document.toJS() as Manifest | null);
    return objects
        .filter((object) => object !== null)
        .map((object) => {
            if (object.apiVersion === "apiextensions.k8s.io/v1" && object.kind === "CustomResourceDefinition")
                return object;
            throw problem(key, `${source} holds something else than custom resource definitions: ${object.kind}`);
        });
}

/** Of a failed download Node says only "fetch failed"; what happened is behind it. */
function reason({ cause, message }: Error): string {
    return cause instanceof Error ? cause.message : message;
}

export function isAddress(source: string): boolean {
    return /^https?:/.test(source);
}

/** Documents downloaded before the first resource, by address. */
let downloaded: Promise<Map<string, string>> | undefined;

/**
 * Downloads the CRDs that a stack needs, so that one that can't be read is told before anything is changed.
 *
 * @param needed Sources by config key; those that aren't addresses are left alone.
 * @throws ConfigError with all of them at once
 */
export async function prefetchCrds(needed: Record<string, string[]>): Promise<void> {
    const all = downloadAll(needed);
    // A caller that waits for a failed download waits for good: the program has ended.
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

export async function textOf(address: string, key: string): Promise<string> {
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
export function filesOf(source: string, key: string): string[] {
    const path = resolve(__dirname, "..", source);
    const folder = dirname(path);
    const wanted = new RegExp(`^${basename(path).split("*").map(escape).join(".*")}$`);
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => wanted.test(name)) : [];
    if (names.length === 0) throw problem(key, `${source}: there is no such file`);
    return names.sort().map((name) => join(folder, name));
}

function problem(key: string, message: string): ConfigError {
    return new ConfigError([{ key, message }], pulumi.getStack());
}

function escape(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
