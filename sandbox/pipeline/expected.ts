import { existsSync } from "node:fs";
import { join } from "node:path";

import { UserError } from "../lib/errors";
import { run } from "../lib/exec";
import { repoRoot } from "../lib/paths";
import { AuditResult } from "./result";

/** What must come out, worked out apart from the platform. */
export interface Expected {
    rows: number;
    byCarrier: Record<string, number>;
    nulls: Record<string, number>;
    sums: Record<string, number>;
}

const python = join(repoRoot, "workloads", ".venv", "bin", "python");

/** Counts the dataset with pandas, on this machine. */
export async function expected(signal?: AbortSignal): Promise<Expected> {
    if (!existsSync(python)) {
        throw new UserError("the Python packages for checking the numbers are not installed", {
            where: python,
            fix: "make deps",
        });
    }
    const { stdout } = await run(python, ["-m", "flights.expected"], { cwd: join(repoRoot, "workloads"), signal });
    return JSON.parse(stdout) as Expected;
}

/** Where what was read back differs from what must come out; one line each, none when all is well. */
export function differences(found: Pick<AuditResult, keyof Expected | "distinctOffsets">, wanted: Expected): string[] {
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
