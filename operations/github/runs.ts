import { type GitHub } from "./client";

/** Finds the last successful run of a workflow. */
export interface LastRun {
    workflow: string;
    at?: Date;
    url?: string;
}

/**
 * The newest run of a workflow that ended well on the default branch, but for the one that asks.
 *
 * @param workflow its file's name, e.g. `sweep.yml`
 * @param event only runs that were started by this, e.g. `schedule`
 */
export async function lastRun(
    hub: GitHub,
    { workflow, event, except }: { workflow: string; event?: string; except?: number },
): Promise<LastRun> {
    const { data } = await hub.rest.actions.listWorkflowRuns({
        ...hub.at,
        workflow_id: workflow,
        status: "success",
        ...(event ? { event } : {}),
        per_page: 5,
    });
    const run = data.workflow_runs.find(({ id }) => id !== except);
    return { workflow, ...(run ? { at: new Date(run.updated_at), url: run.html_url } : {}) };
}
