import { importErrorOf, ImportError } from "./import-errors";
import { Service, ServiceError } from "./service";

export type RunState = "queued" | "running" | "success" | "failed";

/** Answers of Airflow's REST API, as far as they are read here. */
export interface DagRun {
    dag_run_id: string;
    state: RunState;
    start_date: string | null;
    end_date: string | null;
}

export interface Task {
    task_id: string;
    /** None: not scheduled yet. */
    state: string | null;
    try_number: number;
    max_tries: number;
    start_date: string | null;
    end_date: string | null;
    /** Seconds of the latest try. */
    duration: number | null;
}

interface LogLine {
    event?: string;
    timestamp?: string;
    error_detail?: { exc_type?: string; exc_value?: string }[];
}

/** Airflow, asked as a person of the given name. */
export class Airflow {
    private token?: Promise<string>;

    constructor(
        private readonly service: Service,
        private readonly login: { username: string; password: string },
    ) {}

    /** The DAG as it was last parsed, or undefined while it is unknown. */
    dag(dag: string): Promise<{ is_paused: boolean; last_parsed_time: string | null } | undefined> {
        return this.api<{ is_paused: boolean; last_parsed_time: string | null }>(`/dags/${dag}`).catch(noneIfMissing);
    }

    /** Files of DAGs that could not be read. */
    async importErrors(): Promise<ImportError[]> {
        const { import_errors } = await this.api<{ import_errors: Parameters<typeof importErrorOf>[0][] }>(
            "/importErrors?limit=100",
        );
        return import_errors.map(importErrorOf);
    }

    async unpause(dag: string): Promise<void> {
        await this.api(`/dags/${dag}`, { method: "PATCH", body: { is_paused: false }, again: true });
    }

    run(dag: string, run: string): Promise<DagRun | undefined> {
        return this.api<DagRun>(`/dags/${dag}/dagRuns/${encodeURIComponent(run)}`).catch(noneIfMissing);
    }

    /** Starts a run; one of the same name that is there already is not started twice. */
    async start(dag: string, run: string, interval: string): Promise<void> {
        const body = { dag_run_id: run, logical_date: null, conf: { interval } };
        await this.api(`/dags/${dag}/dagRuns`, { method: "POST", body, again: true }).catch((error: unknown) => {
            if (!(error instanceof ServiceError && error.status === 409)) throw error;
        });
    }

    /** Lets a run that has failed go on from what failed. */
    async goOn(dag: string, run: string): Promise<void> {
        const body = { dry_run: false, only_failed: true };
        await this.api(`/dags/${dag}/dagRuns/${encodeURIComponent(run)}/clear`, { method: "POST", body, again: true });
    }

    async tasks(dag: string, run: string): Promise<Task[]> {
        const path = `/dags/${dag}/dagRuns/${encodeURIComponent(run)}/taskInstances?limit=100`;
        return (await this.api<{ task_instances: Task[] }>(path)).task_instances;
    }

    /** Result of a task's program, which it has left for others. */
    async result(dag: string, run: string, task: string): Promise<unknown> {
        const path = `/dags/${dag}/dagRuns/${encodeURIComponent(run)}/taskInstances/${task}/xcomEntries/return_value?deserialize=true`;
        const found = await this.api<{ value: unknown }>(path).catch(noneIfMissing);
        return typeof found?.value === "string" ? parsed(found.value) : found?.value;
    }

    /** The lines of a task's log. Its pod may be long gone. */
    async log(dag: string, run: string, { task_id, try_number }: Pick<Task, "task_id" | "try_number">) {
        const path = `/dags/${dag}/dagRuns/${encodeURIComponent(run)}/taskInstances/${task_id}/logs/${Math.max(1, try_number)}?full_content=true`;
        const { content } = await this.api<{ content: (LogLine | string)[] }>(path);
        return content.flatMap((line) => (typeof line === "string" ? line.split("\n") : logLines(line)));
    }

    private async api<T>(path: string, ask: Parameters<Service["json"]>[1] = {}): Promise<T> {
        for (const fresh of [false, true]) {
            if (fresh) this.token = undefined;
            const token = await (this.token ??= this.logIn());
            try {
                return await this.service.json<T>(`/api/v2${path}`, {
                    ...ask,
                    headers: { authorization: `Bearer ${token}` },
                });
            } catch (error) {
                // A token expires, or its key is replaced.
                if (fresh || !(error instanceof ServiceError && error.status === 401)) throw error;
            }
        }
        throw new Error("unreachable");
    }

    private logIn(): Promise<string> {
        const token = this.service
            .json<{ access_token: string }>("/auth/token", { method: "POST", body: this.login, again: true })
            .then(({ access_token }) => access_token);
        token.catch(() => (this.token = undefined));
        return token;
    }
}

function logLines({ event = "", error_detail = [] }: LogLine): string[] {
    const reasons = error_detail.map(({ exc_type = "error", exc_value = "" }) => `${exc_type}: ${exc_value}`);
    return [event, ...reasons].flatMap((text) => text.split("\n")).filter((line) => line.trim());
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}

function noneIfMissing(error: unknown): undefined {
    if (error instanceof ServiceError && error.status === 404) return undefined;
    throw error;
}
