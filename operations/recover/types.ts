import type { LockFact } from "./facts";
import type { HelmRecord } from "./records";

export interface PlanOptions {
    /** The person says that whoever held the lock is dead, where that can't be proved. Nothing makes a live one dead. @default false */
    lockIsDead?: boolean;
    /** Minutes after which a lock whose holder can't be seen counts as a dead one's, and a release as abandoned. @default none */
    timeoutAge?: number;
}

/** Action of a step. */
export type Action =
    | { do: "unlock"; locks: LockFact["lock"][] }
    /** Marks the newest record of a release as failed. */
    | { do: "mark-failed"; record: HelmRecord }
    /** Takes records of a release away; its objects stay. */
    | { do: "take-away"; records: HelmRecord[] }
    | { do: "settle"; imports: { urn: string; id: string }[] };

/** One thing that is mended. */
export interface Step {
    /** E.g. `Release dev-streaming/kafka`. */
    subject: string;
    found: string[];
    does: string;
    /** Reason why that harms nothing. */
    safe: string;
    /** Commands that do the same. */
    byHand: string[];
    action: Action;
}

/** Leftover for a person. */
export interface Leftover {
    subject: string;
    found: string;
    fix: string;
    /** `error`: the next update would fail on it, or it stops everything else. `warning`: it may. */
    level: "error" | "warning";
}

export interface Plan {
    stack: string;
    steps: Step[];
    left: Leftover[];
    /** Remarks on what could not be found out. */
    unknown: string[];
    /** The command that comes next. */
    next: string;
}
