import { UserError } from "../lib/errors";

/** What a workload says at its end; the rest depends on the program. */
export interface Result {
    program: string;
    ok: boolean;
    error?: string;
    [key: string]: unknown;
}

export interface IngestResult extends Result {
    /** Rows in the topic, and those that this run added. */
    rows: number;
    new: number;
    rowsPerSecond: number;
    peakMemoryMiB: number;
    seconds: number;
}

export interface LandResult extends Result {
    /** Rows in the bucket, and those that this run added. */
    rows: number;
    new: number;
    deadLettered: number;
    seconds: number;
}

export interface AuditResult extends Result {
    rows: number;
    distinctOffsets: number;
    byCarrier: Record<string, number>;
    nulls: Record<string, number>;
    sums: Record<string, number>;
    seconds: number;
}

/**
 * A workload's result: one JSON object, kept with the pod as its termination message, and the last line of its log.
 *
 * @param program whose result it must be
 * @throws UserError when neither holds one
 */
export function parseResult<T extends Result>(program: string, message: string | undefined, log: string): T {
    const candidates = [message ?? "", ...log.trimEnd().split("\n").slice(-1)];
    for (const text of candidates) {
        const found = tryParse(text);
        if (found?.program === program) return found as T;
    }
    throw new UserError(`${program} has ended without saying its result`, {
        allowed: "one JSON object as the termination message or as the last line of the log",
        evidence: log.trimEnd().split("\n").slice(-5),
    });
}

function tryParse(text: string): Result | undefined {
    try {
        const value = JSON.parse(text) as unknown;
        return typeof value === "object" && value !== null ? (value as Result) : undefined;
    } catch {
        return undefined;
    }
}
