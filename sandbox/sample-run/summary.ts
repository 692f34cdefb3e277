import { dirname, join } from "node:path";

import pc from "picocolors";

import { Counts } from "../../engine/engine";
import { writeAtomically } from "../../lib/files";
import { outputDir } from "../../lib/paths";
import { Disk } from "./disk";
import { describeImportError } from "./import-errors";
import type { Numbers } from "./";
import { Requests } from "./requests";

/** Summary of a run of the sandbox; for people and, as `.sandbox/summary.json`, for programs. */
export interface Summary extends Numbers {
    /** Resources of the stack; a replacement counts as created and deleted. */
    changes: { create: number; update: number; delete: number };
    /** Seconds by step; steps may run side by side. */
    seconds: Record<string, number> & { total: number };
    /** CPUs and GiB that the stack's pods have asked for. */
    requests: Requests;
    /** GiB. */
    disk: Disk;
    versions: Record<string, string>;
    /** Addresses inside the cluster. */
    addresses: Record<string, string>;
    kubeconfig: string;
    /** The program that fits the cluster. */
    kubectl: string;
    /** Secrets with the passwords: names only. */
    secrets: Record<string, SecretAddress>;
}

export interface SecretAddress {
    namespace: string;
    name: string;
    keys: string[];
}

/** The counts as the summary has them. */
export function summaryChanges({ create, update, replace, delete: deleted }: Counts): Summary["changes"] {
    return { create: create + replace, update, delete: deleted + replace };
}

/** Writes the summary for programs, whole or not at all. */
export async function writeSummary(summary: Summary): Promise<string> {
    const file = join(outputDir, "summary.json");
    await writeAtomically(file, `${JSON.stringify(summary, undefined, 2)}\n`, { mode: 0o644 });
    return file;
}

/** The summary for people. */
export function renderSummary(summary: Summary): string {
    const { rows, new: added, changes, requests, ingest, disk, seconds, dag, model, memory, tables } = summary;
    const same = rows.produced === rows.landed && rows.landed === rows.read;
    const carriers = Object.keys(summary.byCarrier).length;
    return [
        heading("Rows"),
        ...columns([
            ["produced to Kafka", number(rows.produced), `${number(added.produced)} new`],
            ["landed in MinIO", number(rows.landed), `${number(added.landed)} new`],
            ["read back", number(rows.read), same ? pc.green("all three equal") : pc.red("they differ")],
            ["carriers", number(carriers), pc.green("each count equal to pandas'")],
            ["delays by carrier and month", number(tables.delays.rows), pc.green("equal to pandas'")],
            ["predictions", number(tables.predictions.rows)],
        ]),
        ...carrierTable(summary.byCarrier),
        heading(`DAG flights ${pc.green(dag.state)}${dag.before ? pc.dim(", before; nothing has changed since") : ""}`),
        ...columns([
            ...Object.entries(dag.tasks).map(([task, each]) => [
                task,
                `${each.seconds.toFixed(1).padStart(6)} s`,
                ...(each.tries > 1 ? [pc.yellow(`${each.tries} tries`)] : []),
            ]),
            ["all", `${dag.seconds.toFixed(1).padStart(6)} s`],
        ]),
        ...summary.importErrors.map((error) => `  ${pc.red("can't be parsed:")} ${describeImportError(error)}`),
        heading(`Model ${model.name}, version ${model.version}`),
        ...columns(
            Object.entries(model.metrics).map(([name, value]) => [name, Number(value.toPrecision(6)).toString()]),
        ),
        heading("Stack"),
        ...columns([
            ["changes", `${changes.create} created, ${changes.update} updated, ${changes.delete} deleted`],
            ["requests", `${requests.cpu} CPU, ${requests.memory} GiB`],
            ["memory", `${memory.now} GiB now, ${memory.peak} GiB at most`],
            ...Object.entries(memory.pods)
                .slice(0, 6)
                .map(([pod, mebibytes]) => ["", pc.dim(`${number(mebibytes).padStart(5)} MiB  ${pod}`)]),
            ["ingest", `${speed(ingest.rowsPerSecond)}, ${ingest.peakMemoryMiB} MiB at most`],
            ["disk", `${disk.state} GiB in use, ${disk.cache} GiB cache (${disk.images} GiB of it images)`],
        ]),
        heading("Addresses in the cluster"),
        ...columns(Object.entries(summary.addresses)),
        heading("Pages and passwords"),
        `  make open   ${pc.dim("# serves the pages of Airflow, MLflow and MinIO on localhost")}`,
        ...shellSetup(summary.kubeconfig, summary.kubectl),
        ...Object.values(summary.secrets).flatMap(passwordCommands),
        heading("Seconds"),
        ...columns(Object.entries(seconds).map(([title, value]) => [title, value.toFixed(1)])),
    ].join("\n");
}

function number(value: number): string {
    return value.toLocaleString("en");
}

/** The last ingest may have found that everything had been sent before. */
function speed(rowsPerSecond: number): string {
    return rowsPerSecond > 0 ? `${rowsPerSecond.toLocaleString("en")} rows/s` : "nothing was left to send";
}

function heading(text: string): string {
    return `\n${pc.bold(text)}`;
}

function columns(rows: string[][]): string[] {
    const width = Math.max(0, ...rows.map(([first]) => first.length));
    return rows.map(([first, ...rest]) => `  ${first.padEnd(width)}  ${rest.join("  ")}`);
}

/** Four carriers a line. */
function carrierTable(byCarrier: Record<string, number>): string[] {
    const cells = Object.entries(byCarrier).map(
        ([carrier, rows]) => `${carrier} ${rows.toLocaleString("en").padStart(7)}`,
    );
    const lines: string[] = [];
    for (let at = 0; at < cells.length; at += 4) lines.push(`    ${pc.dim(cells.slice(at, at + 4).join("   "))}`);
    return lines;
}

/** Shell commands to run before kubectl reaches the cluster. */
export function shellSetup(kubeconfig: string, kubectl: string): string[] {
    return [`  export KUBECONFIG=${kubeconfig} PATH=$PATH:${dirname(kubectl)}`];
}

/** The commands that read a Secret's values. */
export function passwordCommands({ namespace, name, keys }: SecretAddress): string[] {
    return keys.map((key) => {
        const path = key.replaceAll(".", "\\.");
        return `  kubectl -n ${namespace} get secret ${name} -o jsonpath='{.data.${path}}' | base64 -d   ${pc.dim(`# ${key}`)}`;
    });
}
