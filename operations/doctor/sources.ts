import type { PlatformConfig } from "../../config/schema";
import { neededDefinitions } from "../../config/operators";
import { Limit } from "../../lib/limit";
import { isDirectory } from "../../program/sources";
import { digestOf, NoDigest, protocolOf } from "../../images/inventory/registry";
import { imagesOfStack } from "../../images/inventory/program";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { DeclaredOptions } from "./declared";
import type { Release } from "../../program/collect";
import { named } from "./objects";
import { inTime, requestTimeoutMs, Unanswered } from "./cluster-reader";

/** Questions to others at a time. */
const atOnce = 8;

/** Request to a source, and its outcome. */
export interface Probe {
    /** E.g. `the chart airflow 1.22.0`, or an image's whole name. */
    what: string;
    address: string;
    /** `there`; `missing`: it was answered that there is none; `closed`: it wants a sign-in; `away`: no answer. */
    found: "there" | "missing" | "closed" | "away";
    reason?: string;
}

/** Probes the sources of charts, for their very version. */
export function probeCharts(releases: Omit<Release, "values" | "skipCrds" | "timeout">[]): Promise<Probe[]> {
    const elsewhere = releases.filter(({ chart }) => !isDirectory(chart));
    const wanted = new Map(elsewhere.map((each) => [`${each.repository} ${each.chart} ${each.version}`, each]));
    return each([...wanted.values()], async ({ chart, repository, version = "" }) => {
        const what = `the chart ${chart.split("/").at(-1)} ${version}`;
        if (repository) {
            const address = `${repository.replace(/\/$/, "")}/index.yaml`;
            return probe(what, repository, async () => listed(await read(address), chart, version));
        }
        const image = `${chart.replace(/^oci:\/\//, "")}:${version.replace("+", "_")}`;
        return probe(what, chart, () => digestOf(image).then(() => true));
    });
}

/** Probes the sources of CRDs. */
export function probeDefinitions(config: PlatformConfig): Promise<Probe[]> {
    const addresses = Object.entries(neededDefinitions(config)).flatMap(([key, sources]) =>
        sources.filter((source) => /^https?:/.test(source)).map((address) => ({ key, address })),
    );
    return each(addresses, ({ key, address }) =>
        probe(key, address, async () => {
            await answerOf(address, "HEAD");
            return true;
        }),
    );
}

/** The images of the stack's pods, asked of their registries without an account. */
export async function probeImages(options: DeclaredOptions, skip: (image: string) => boolean): Promise<Probe[]> {
    const images = (await imagesOfStack(options)).map(({ image }) => image).filter((image) => !skip(image));
    return each(images, (image) => probe(image, image.split("/")[0], () => digestOf(image).then(() => true)));
}

/** @param sources where the stack's charts come from, by config key */
export function chartFindings(stack: string, probes: Probe[], sources: Record<string, string>): Finding[] {
    const keyOf = ({ address }: Probe) => Object.keys(sources).find((key) => sources[key] === address) ?? "<chart>";
    return sourceFindings("DP-SOURCE-001", "charts", probes, (each) => {
        const name = each.what.split(" ").at(-2);
        return `pulumi config set --stack ${stack} --path 'data-platform:charts.${keyOf(each)}' oci://<your mirror>/${name}`;
    });
}

/** @param probes by config key of the CRDs, such as `crds.keda` */
export function definitionSourceFindings(stack: string, probes: Probe[]): Finding[] {
    return sourceFindings("DP-SOURCE-002", "definitions", probes, ({ what, address }) => {
        const file = address.split("/").at(-1);
        return `pulumi config set --stack ${stack} --path 'data-platform:${what}[0]' ./crds/${file}   # with a copy of it there`;
    });
}

/** Charts and CRDs are fetched by the update itself, from here: what this machine can't have, it can't have either. */
function sourceFindings(
    id: "DP-SOURCE-001" | "DP-SOURCE-002",
    many: string,
    probes: Probe[],
    fix: (probe: Probe) => string,
): Finding[] {
    if (probes.length === 0) return [passed(id, many, "are all in the project")];
    const lacking = new Map<string, Probe[]>();
    for (const each of probes.filter(({ found }) => found !== "there")) {
        const key = id === "DP-SOURCE-002" ? each.what : `${each.what} ${each.address}`;
        lacking.set(key, [...(lacking.get(key) ?? []), each]);
    }
    const findings = [...lacking.values()].map(([first, ...more]) => {
        const { what, address, found, reason = "no answer" } = first;
        const others = more.length > 0 ? ` (and ${more.length} more addresses)` : "";
        const message = `can't be had from ${address}${others}: ${reason}`;
        // Helm has sign-ins of its own, which aren't looked at here.
        return found === "closed"
            ? finding(id, "info", what, message)
            : finding(id, "error", what, message, fix(first));
    });
    if (findings.length > 0) return findings;
    return [passed(id, many, `${probes.length} can be had from where the stack says`)];
}

/** @param ours whether an image is one of the platform's own */
export function imageFindings(stack: string, probes: Probe[], ours: (image: string) => boolean): Finding[] {
    const there = probes.filter(({ found }) => found === "there");
    const lacking = probes.filter(({ found }) => found === "missing");
    // Our own are made and pushed between this look and the update; upstream's nobody makes.
    const missing = lacking.map(({ what, reason = "the registry doesn't have it" }) =>
        ours(what)
            ? finding("DP-SOURCE-003", "warning", `image ${what}`, reason, `make images STACK=${stack} PUSH=1`)
            : finding("DP-SOURCE-003", "error", `image ${what}`, reason, `data-platform mirror-list --stack ${stack}`),
    );
    // A registry that isn't reached from here may well be reached from the nodes.
    const rest = probes.filter(({ found }) => found === "away" || found === "closed");
    const byRegistry = new Map<string, Probe[]>();
    for (const each of rest) {
        const key = `${each.address} ${each.found}`;
        byRegistry.set(key, [...(byRegistry.get(key) ?? []), each]);
    }
    const unknown = [...byRegistry.values()].map(([first, ...more]) => {
        const names = named(
            [first, ...more].map(({ what }) => what),
            3,
        );
        const registry = `registry ${first.address}`;
        if (first.found === "closed") {
            const message = `wants a sign-in, so it isn't known whether it has ${names}`;
            return finding("DP-SOURCE-003", "info", registry, message);
        }
        const why = `${first.reason ?? "no answer"}${proxyUnused() ? `; ${unused}` : ""}`;
        return finding(
            "DP-SOURCE-003",
            "warning",
            registry,
            `can't be reached from here (${why}); whether the nodes can isn't known: ${names}`,
            proxyUnused() ? throughProxy : `curl --head ${protocolOf(first.address)}://${first.address}/v2/`,
        );
    });
    const good = there.length > 0 ? [passed("DP-SOURCE-003", "images", `${there.length} are in their registries`)] : [];
    return [...good, ...missing, ...unknown];
}

/** A proxy is set, and this process doesn't go through it. */
export function proxyUnused(env: NodeJS.ProcessEnv = process.env): boolean {
    const set = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some((name) => env[name]);
    return set && env.NODE_USE_ENV_PROXY !== "1";
}
const unused = "a proxy is set, and Node goes through it only when told to";
const throughProxy = "export NODE_USE_ENV_PROXY=1";

function each<From, To>(all: From[], work: (one: From) => Promise<To>): Promise<To[]> {
    const limit = new Limit(atOnce);
    return Promise.all(all.map((one) => limit.run(() => work(one))));
}

async function probe(what: string, address: string, ask: () => Promise<boolean>): Promise<Probe> {
    try {
        const there = await inTime(address, outcome(ask), requestTimeoutMs);
        if (typeof there !== "boolean") return { what, address, ...there };
        return there
            ? { what, address, found: "there" }
            : { what, address, found: "missing", reason: "not in its index" };
    } catch (error) {
        if (error instanceof Unanswered)
            return { what, address, found: "away", reason: `no answer in ${requestTimeoutMs / 1000} s` };
        throw error;
    }
}

/** An answer, or what a refusal means. */
async function outcome(ask: () => Promise<boolean>): Promise<boolean | Pick<Probe, "found" | "reason">> {
    try {
        return await ask();
    } catch (error) {
        if (error instanceof Answered || error instanceof NoDigest) {
            const { status } = error;
            const closed = status === 401 || status === 403;
            const found = status === 404 || status === 410 ? "missing" : closed ? "closed" : "away";
            const reason =
                error instanceof NoDigest ? (error.details.evidence?.[0] ?? tail(error.message)) : error.message;
            return { found, reason };
        }
        const { cause, message } = error as Error;
        const reason =
            cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
        return { found: "away", reason };
    }
}

function tail(message: string): string {
    return message.split(": ").slice(1).join(": ") || message;
}

/** An answer that isn't the thing that was asked for. */
class Answered extends Error {
    constructor(readonly status: number) {
        super(`the answer is ${status}`);
    }
}

async function answerOf(address: string, method: "GET" | "HEAD"): Promise<Response> {
    const answer = await fetch(address, { method, signal: AbortSignal.timeout(requestTimeoutMs) });
    if (!answer.ok) throw new Answered(answer.status);
    return answer;
}

async function read(address: string): Promise<string> {
    return (await answerOf(address, "GET")).text();
}

/** Tells whether a repository's index has a chart's version. It may be megabytes, which a YAML parser takes seconds for. */
export function listed(index: string, chart: string, version: string): boolean {
    const same = (one: unknown) => typeof one === "string" && one.replace(/^v/, "") === version.replace(/^v/, "");
    if (index.trimStart().startsWith("{")) {
        const { entries = {} } = JSON.parse(index) as { entries?: Record<string, { version?: string }[]> };
        return (entries[chart] ?? []).some((entry) => same(entry.version));
    }
    const lines = index.split("\n");
    const begin = lines.findIndex((line) => /^entries:\s*$/.test(line));
    const indent = /^\s*/.exec(lines[begin + 1] ?? "")?.[0] ?? "  ";
    const start = lines.findIndex(
        (line, at) => at > begin && line.replaceAll('"', "").trimEnd() === `${indent}${chart}:`,
    );
    if (start < 0) return false;
    const length = lines
        .slice(start + 1)
        .findIndex((line) => line.startsWith(indent) && /^[^\s-]/.test(line.slice(indent.length)));
    const section = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length);
    return section.some((line) => same(/^\s+(?:- )?version: ["']?([^"'\s]+)["']?\s*$/.exec(line)?.[1]));
}
