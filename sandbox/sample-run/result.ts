import { UserError } from "../../lib/errors";

/** Result of a workload; the rest depends on the program. */
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
}

export interface LandResult extends Result {
    /** Rows in the bucket, and those that this run added. */
    rows: number;
    new: number;
    deadLettered: number;
}

export interface AuditResult extends Result {
    rows: number;
    distinctOffsets: number;
    byCarrier: Record<string, number>;
    nulls: Record<string, number>;
    sums: Record<string, number>;
}

/** A table in the object store. */
export interface Table {
    rows: number;
    /** Of its bytes. */
    sha256: string;
}

export interface GoldResult extends Result {
    tables: { flights: Table; delays: Table };
}

export interface TrainResult extends Result {
    model: string;
    version: string | number;
}

/** Table that it has written. */
export type ScoreResult = Result & Table;

/** Results of the tasks of the DAG `flights`, by task. */
export interface Results {
    ingest: IngestResult;
    bronze: LandResult;
    audit: AuditResult;
    gold: GoldResult;
    train: TrainResult;
    score: ScoreResult;
}

/** The program behind each task. */
export const programs: Record<keyof Results, string> = {
    ingest: "ingest",
    bronze: "land",
    audit: "audit",
    gold: "gold",
    train: "train",
    score: "score",
};

/**
 * The result that a task has left.
 *
 * @param program whose result it must be
 * @throws UserError for anything else, or nothing
 */
export function checkResult<T extends Result>(task: string, program: string, value: unknown): T {
    const found = value as Partial<Result> | null | undefined;
    if (typeof found === "object" && found?.program === program && found.ok === true) return found as T;
    throw new UserError(`the task ${task} has ended without leaving its result`, {
        allowed: `one JSON object of the program ${program} as the task's XCom return_value`,
        evidence: [JSON.stringify(value ?? null).slice(0, 300)],
    });
}
