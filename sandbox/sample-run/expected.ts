import { existsSync } from "node:fs";
import { join } from "node:path";

import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { repoRoot } from "../../lib/paths";
import { AuditResult, Results } from "./result";

/** Numbers by name, in groups. */
export interface Tree {
    [name: string]: number | Tree;
}

/** Expected numbers, worked out apart from the platform. */
export interface Expected {
    rows: number;
    byCarrier: Record<string, number>;
    nulls: Record<string, number>;
    sums: Record<string, number>;
    /** Of the table of delays by carrier and month. */
    delays: Tree;
    /** Of the predictions. */
    scores: Tree;
}

const python = join(repoRoot, "workloads", ".venv", "bin", "python");

/** Makes sure that the dataset can be counted, before anything else is begun. @throws UserError that says what is missing */
export function requirePython(interpreter = python): void {
    if (existsSync(interpreter)) return;
    throw new UserError("the Python packages for checking the numbers are not installed", {
        where: interpreter,
        fix: "make deps",
    });
}

/** Counts the dataset with pandas, on this machine. */
export async function expected(signal?: AbortSignal): Promise<Expected> {
    requirePython();
    const { stdout } = await run(python, ["-m", "flights.expected"], { cwd: join(repoRoot, "workloads"), signal });
    return JSON.parse(stdout) as Expected;
}

/** Differences between the results and the expected numbers; one line each, none when all is well. */
export function differences({ audit, gold, score }: Pick<Results, "audit" | "gold" | "score">, wanted: Expected) {
    return [
        ...auditDifferences(audit, wanted),
        ...treeDifferences("delays", gold.delays as Tree, wanted.delays),
        ...treeDifferences("scores", score.scores as Tree, wanted.scores),
    ];
}

/** The same for what was read back from the object store. */
export function auditDifferences(
    found: Pick<AuditResult, "rows" | "distinctOffsets" | "byCarrier" | "nulls" | "sums">,
    wanted: Pick<Expected, "rows" | "byCarrier" | "nulls" | "sums">,
): string[] {
    const numbers: [string, number | undefined, number | undefined][] = [
        ["rows", found.rows, wanted.rows],
        ["distinct records", found.distinctOffsets, wanted.rows],
        ...pairs("carrier", found.byCarrier, wanted.byCarrier),
        ...pairs("missing values of", found.nulls, wanted.nulls),
        ...pairs("sum of", found.sums, wanted.sums),
    ];
    return numbers
        .filter(([, is, should]) => is !== should)
        .map(([what, is, should]) => `${what}: ${is ?? "none"} read back, ${should ?? "none"} counted with pandas`);
}

function pairs(
    what: string,
    found: Record<string, number> = {},
    wanted: Record<string, number> = {},
): [string, number | undefined, number | undefined][] {
    // What isn't counted by both can't be compared: audit counts more columns than pandas is asked for.
    const both =
        what === "carrier" ? [...new Set([...Object.keys(found), ...Object.keys(wanted)])] : Object.keys(wanted);
    return both.map((key) => [`${what} ${key}`, found[key], wanted[key]]);
}

/** Sums of floats depend on their order in the last digits. */
const tolerance = 1e-6;

/** Differences between a tree of numbers and the one that pandas has made; names that pandas doesn't have are not looked at. */
export function treeDifferences(path: string, found: Tree | number | undefined, wanted: Tree | number): string[] {
    if (typeof wanted !== "number") {
        return Object.entries(wanted).flatMap(([name, value]) =>
            treeDifferences(`${path}.${name}`, typeof found === "object" ? found[name] : undefined, value),
        );
    }
    const same = typeof found === "number" && Math.abs(found - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
    return same ? [] : [`${path}: ${JSON.stringify(found) ?? "none"} has come out, ${wanted} with pandas`];
}
