import { type Job, type Step, type Workflow } from "./workflows";

/** All workflows and composite actions of a repository, by their names: `deploy` is `.github/workflows/deploy.yml`. */
export interface Repository {
    workflows: Record<string, Workflow>;
    actions: Record<string, Workflow>;
}

/** A job and where it stands. */
export interface Placed {
    workflow: string;
    name: string;
    job: Job;
}

/** Environment of the jobs that run a pull request's code on purpose. */
export const throwaway = "ephemeral";

/** Every job, callers of other workflows included. */
export function jobsIn({ workflows }: Repository): Placed[] {
    return Object.entries(workflows).flatMap(([workflow, { jobs = {} }]) =>
        Object.entries(jobs).map(([name, job]) => ({ workflow, name, job })),
    );
}

export const needsOf = ({ needs = [] }: Job): string[] => (typeof needs === "string" ? [needs] : needs);

/** Jobs that call a workflow. */
export const callersOf = (repository: Repository, workflow: string): Placed[] =>
    jobsIn(repository).filter(({ job }) => job.uses === `./.github/workflows/${workflow}.yml`);

/** Events that start a workflow, through all that call it: `push main` for pushes to main only. */
export function eventsOf(repository: Repository, workflow: string): string[] {
    const { on = {} } = repository.workflows[workflow] ?? {};
    const triggers = typeof on === "string" ? { [on]: {} } : Array.isArray(on) ? named(on) : on;
    const own = Object.entries(triggers).filter(([event]) => event !== "workflow_call");
    const called = callersOf(repository, workflow).flatMap((caller) => eventsOf(repository, caller.workflow));
    return [...new Set([...own.map(([event, filter]) => spelled(event, filter)), ...called])];
}

const named = (events: string[]) => Object.fromEntries(events.map((event) => [event, {}]));

function spelled(event: string, filter: unknown): string {
    const branches = (filter as { branches?: unknown } | null)?.branches;
    return event === "push" && JSON.stringify(branches) === '["main"]' ? "push main" : event;
}

/** Events that run code which is on main; dispatched by hand the branch is held by the environment. */
const merged = new Set(["push main", "schedule", "workflow_dispatch"]);

/** Events of a workflow that could run code which nobody has merged. */
export const unmergedEvents = (repository: Repository, workflow: string): string[] =>
    eventsOf(repository, workflow).filter((event) => !merged.has(event));

export const environmentOf = ({ environment }: Job): string | undefined =>
    typeof environment === "string" ? environment : environment?.name;

/** Powers of a job that a stranger may not have, a word each. Whether a secret is there at all is no secret. */
export function powersOf({ job }: Placed): string[] {
    const environment = environmentOf(job);
    const text = JSON.stringify(job).replace(/secrets\.\w+ != ''/g, "");
    const permissions = typeof job.permissions === "object" ? job.permissions : {};
    return [
        ...(environment === undefined ? [] : [`the environment ${environment}`]),
        ...(/\bsecrets\.|\bsecrets\[/.test(text) ? ["a secret"] : []),
        ...(job.secrets === undefined ? [] : ["all secrets"]),
        ...["packages", "id-token", "contents"]
            .filter((each) => permissions[each] === "write")
            .map((each) => `${each}: write`),
        ...(job.permissions === "write-all" ? ["write-all"] : []),
    ];
}

/** A value that may be none, or not even a text. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Values that a call's input has, all callers together; an input handed on is followed. */
export function inputValues(repository: Repository, workflow: string, input: string): string[] {
    return callersOf(repository, workflow).flatMap((caller) => {
        const value = textOf(caller.job.with?.[input]);
        const [, on] = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value) ?? [];
        return on === undefined ? [value] : inputValues(repository, caller.workflow, on);
    });
}

/** Names of the environments that a job runs in, `${{ inputs.stack }}` filled in by its callers. */
export function environmentsOf(repository: Repository, { workflow, job }: Placed): string[] {
    const name = environmentOf(job);
    if (name === undefined) return [];
    const [expression, input] = /\$\{\{ inputs\.([\w-]+) \}\}/.exec(name) ?? [];
    if (expression === undefined) return [name];
    return inputValues(repository, workflow, input).map((value) => name.replace(expression, value));
}

/** Jobs that must have succeeded before this one, itself not included: by `needs`, and before those that call its workflow. */
export function before(repository: Repository, { workflow, job }: Placed): Placed[][] {
    const { jobs = {} } = repository.workflows[workflow] ?? {};
    const own = (each: Job): Placed[] =>
        needsOf(each)
            .filter((name) => insistsOn(each, name) && jobs[name])
            .flatMap((name) => [{ workflow, name, job: jobs[name] }, ...own(jobs[name])]);
    const here = own(job);
    const callers = callersOf(repository, workflow);
    if (callers.length === 0) return [here];
    return callers.flatMap((caller) => before(repository, caller).map((there) => [...here, ...there]));
}

/** A job that runs whatever became of others has to ask after the one that it relies on. */
export function insistsOn({ if: condition }: Job, needed: string): boolean {
    const text = String(condition ?? "");
    if (!/cancelled\(\)|always\(\)|failure\(\)/.test(text)) return true;
    return text.split("&&").some(
        (part) =>
            part
                .trim()
                .replace(/^\$\{\{|\}\}$/g, "")
                .trim() === `needs.${needed}.result == 'success'`,
    );
}

/** Steps of a job, those of the project's own actions in the place of their calls, with what they were given. */
export function stepsIn(repository: Repository, job: Job): (Step & { given?: Record<string, unknown> })[] {
    return (job.steps ?? []).flatMap((step) => {
        const [, name] = /^\.\/\.github\/actions\/([a-z-]+)$/.exec(step.uses ?? "") ?? [];
        const inner = name ? repository.actions[name]?.runs?.steps : undefined;
        if (!inner) return [step];
        return stepsIn(repository, { steps: inner }).map((each) => ({ ...each, given: each.given ?? step.with ?? {} }));
    });
}
