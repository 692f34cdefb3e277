import type { Counts } from "../engine";

interface EngineEvent {
    summaryEvent?: { resourceChanges?: Record<string, number> };
    resourcePreEvent?: { metadata: { op: string; type: string; urn: string } };
}

/** Reads the counts of changes from an event log of the CLI. */
export function countsOf(log: string): Counts {
    const counts: Counts = { create: 0, update: 0, replace: 0, delete: 0, same: 0, keep: 0 };
    const events = log
        .split("\n")
        .filter((line) => line.trim())
        .map((line) => JSON.parse(line) as EngineEvent);
    const changes =
        events
            .map(({ summaryEvent }) => summaryEvent?.resourceChanges)
            .filter(Boolean)
            .at(-1) ?? {};
    for (const [operation, number] of Object.entries(changes)) {
        const ours = operations[operation];
        if (ours) counts[ours] += number;
    }
    return counts;
}

/** The CLI counts a replacement as one thing; what it calls a step of one doesn't count again. */
const operations: Record<string, keyof Counts> = {
    create: "create",
    update: "update",
    replace: "replace",
    delete: "delete",
    same: "same",
    discard: "keep",
};
