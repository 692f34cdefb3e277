/** Port of the API and the pages, HTTPS. */
export const port = 8080;

/** The chart's user and group, which the image has too. */
export const user = { uid: 50000, gid: 0 };

/** Airflow's own directory in the image. */
export const home = "/opt/airflow";

/** Mount path of the pod templates that tasks start from, made by `TaskTemplates`. */
export const tasks = { configMap: "flights-tasks", directory: `${home}/tasks` };

/** Mount path of the templates of teams' own, each in a folder by the ConfigMap's name. */
export const teamTasks = `${home}/team-tasks`;

/** Names that the chart makes of the release's name. */
export const names = (name: string) => ({
    service: `${name}-api-server`,
    /** Accounts of those who start and watch what tasks run: a deferred task is watched by the triggerer. */
    launchers: [`${name}-worker`, `${name}-triggerer`] as const,
    /** Account that makes the pods of tasks. */
    scheduler: `${name}-scheduler`,
    deployments: ["api-server", "dag-processor", "scheduler", "triggerer"].map((part) => `${name}-${part}`),
});

/** Names of the Secrets that the component makes. */
export const secretNames = (name: string) => ({
    admin: `${name}-admin`,
    keys: `${name}-keys`,
    connections: `${name}-connections`,
    git: `${name}-git`,
});

/** Labels that the chart puts on its pods. */
export const podLabels = (name: string, component?: string): Record<string, string> => ({
    tier: "airflow",
    release: name,
    ...(component ? { component } : {}),
});
