import { KubeError, type KubeClient } from "../../kubernetes/client";
import { UserError } from "../../lib/errors";
import { writeOwnersOnly } from "../../lib/files";
import { backupFile } from "../../engine/backup";
import type { Engine, OperationOptions, StackLock } from "../../engine/engine";
import type { Plan, Step } from "./types";
import { copyOf, markFailed, deleteRecord } from "./records";

/** Backend and cluster of the steps. */
export interface Place extends Pick<OperationOptions, "note" | "signal"> {
    backend: Engine;
    kube: KubeClient | undefined;
    /** Told of each step when it is done. */
    onDone?: (step: Step) => void;
}

/**
 * Does the steps of a plan, in their order. Before the first, the state and every record of Helm's that will change are copied to
 * files for their owner only; their names are returned.
 *
 * @throws UserError when somebody has begun to work on the stack since the plan was made; what was done until then is complete
 */
export async function execute({ stack, steps }: Plan, place: Place): Promise<{ backups: string[] }> {
    const { backend, kube, onDone } = place;
    if (steps.length === 0) return { backups: [] };
    const backups = [await backend.backup(stack), ...(await backUpRecords(stack, steps, kube))];
    for (const step of steps) {
        await refuseOthers(stack, step, backend);
        await doStep(stack, step, place).catch((error: unknown) => {
            throw error instanceof KubeError ? refused(error, step) : error;
        });
        onDone?.(step);
    }
    return { backups };
}

async function backUpRecords(stack: string, steps: Step[], kube: KubeClient | undefined): Promise<string[]> {
    const records = steps.flatMap(({ action }) =>
        action.do === "take-away" ? action.records : action.do === "mark-failed" ? [action.record] : [],
    );
    if (records.length === 0 || !kube) return [];
    const file = backupFile(`${stack}-helm-records`);
    await writeOwnersOnly(file, await copyOf(kube, records));
    return [file];
}

async function doStep(stack: string, { action }: Step, { backend, kube, note, signal }: Place): Promise<void> {
    if (signal?.aborted) {
        throw new UserError("interrupted; what was begun is complete, the rest was not begun", {
            fix: `go on: data-platform recover --stack ${stack}`,
        });
    }
    switch (action.do) {
        case "unlock":
            return backend.unlock(stack);
        case "settle":
            return backend.settlePending(stack, action.imports, { note, signal });
        case "mark-failed":
            if (kube) await markFailed(kube, action.record, new Date());
            return;
        case "take-away":
            // The newest last: should it end half-way, what is left still says what was going on.
            for (const record of [...action.records].reverse()) if (kube) await deleteRecord(kube, record);
    }
}

/** Between question and answer there is time in which an update may have begun. */
async function refuseOthers(stack: string, { action }: Step, backend: Engine): Promise<void> {
    const locks = (await backend.locks(stack)) ?? [];
    const known = action.do === "unlock" ? action.locks : [];
    const key = ({ where, since, by }: StackLock) => JSON.stringify([where, since.getTime(), by]);
    const others = locks.filter((lock) => !known.some((each) => key(each) === key(lock)));
    if (others.length === 0) return;
    throw new UserError(`${others[0].by} has begun to update stack ${stack}, so recovery stops here`, {
        where: others[0].where,
        fix: `wait until that has ended, then: data-platform recover --stack ${stack}`,
    });
}

function refused(error: KubeError, { subject }: Step): UserError {
    if (error.reason === "Conflict" || error.status === 404) {
        return new UserError(`${subject} was changed by somebody else in the meantime; recovery stops here`, {
            evidence: [error.message],
            fix: "see who is at work on it, then run the same command again",
        });
    }
    return new UserError(`the cluster refuses to mend ${subject}`, {
        evidence: [error.message],
        fix: "ask whoever runs the cluster for the right to change Secrets in that namespace",
    });
}
