import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { bySsh, type OrchestratorConfig, repositoryHost } from "../sections/orchestrator";
import { problem, scaleRules } from "./rule";

/** Rules across keys, which no single type expresses. */
export const orchestratorRules: ((config: PlatformConfig) => Problem[])[] = [
    ({ orchestrator: { apiServer } }) => scaleRules("orchestrator.apiServer", apiServer),
    ({ orchestrator: { dags: of }, charts }) => {
        const key = "orchestrator.dags";
        if (of.kind === "image") {
            return (["repo", "knownHosts", "ref", "subPath", "username"] as const)
                .filter((each) => of[each] !== undefined)
                .map((each) => ({
                    key: `${key}.${each}`,
                    message: "is for orchestrator.dags.kind git, and that is image",
                }));
        }
        return [
            ...problem(!of.repo, `${key}.repo`, "is missing, because orchestrator.dags.kind is git"),
            ...(charts.airflow === "./charts/airflow"
                ? [
                      {
                          key: `${key}.kind`,
                          message: `git needs Airflow's official chart, and charts.airflow is ./charts/airflow, which has no git-sync; set charts.airflow to "https://airflow.apache.org"`,
                      },
                  ]
                : []),
        ];
    },
    ({ orchestrator: { dags: of }, credentials = {} }) =>
        of.kind === "git" && bySsh(of) ? sshProblems(of, credentials) : [],
    ({ orchestrator: { dags: of }, credentials = {} }) => {
        if (bySsh(of)) return [];
        const key = 'credentials["orchestrator.git"]';
        const [user, token] = [of.username !== undefined, "orchestrator.git" in credentials];
        if (user && !token) {
            return [
                {
                    key,
                    message: `is missing, because orchestrator.dags.username is there; set the token with \`pulumi config set --secret --path '${key}'\``,
                },
            ];
        }
        return problem(
            token && !user && of.kind === "git",
            "orchestrator.dags.username",
            `is missing, because ${key} is there`,
        );
    },
    ({ orchestrator: { onFailure }, credentials = {} }) => {
        const key = 'credentials["orchestrator.webhook"]';
        return problem(
            onFailure !== undefined && !("orchestrator.webhook" in credentials),
            key,
            `is missing, because orchestrator.onFailure is there; set the webhook's address with \`pulumi config set --secret --path '${key}'\``,
        );
    },
    ({ objectStore, orchestrator: { connections: as } }) => {
        const logs = objectStore.buckets.find((bucket) => bucket.name === "logs");
        const apps = objectStore.buckets.flatMap(({ writers, readers = [] }) => [...writers, ...readers]);
        return [
            ...problem(
                !logs?.writers.includes("airflow"),
                "objectStore.buckets",
                'must have a bucket "logs" with the writer "airflow": the task logs go there',
            ),
            ...unknownApp("objectStore", as.objectStore, apps, "no bucket names it"),
        ];
    },
    ({ eventStream: { topics }, orchestrator: { connections: as } }) =>
        unknownApp(
            "eventStream",
            as.eventStream,
            topics.flatMap(({ producers, consumers }) => [...producers, ...consumers]),
            "no topic names it",
        ),
    ({ tracking: { users }, orchestrator: { connections: as } }) =>
        unknownApp(
            "tracking",
            as.tracking,
            users.map((user) => user.name),
            "tracking.users doesn't have it",
        ),
];

/** Problems of a repository by SSH: who it is, and who its server is, has to be said. */
function sshProblems(of: OrchestratorConfig["dags"], credentials: Record<string, string>): Problem[] {
    const { host, port } = repositoryHost(of);
    const key = 'credentials["orchestrator.gitKey"]';
    const name = port === 22 ? host : `[${host}]:${port}`;
    // A hashed line may be of any host.
    const named = (of.knownHosts ?? "")
        .split("\n")
        .some((line) => line.startsWith("|") || line.split(" ")[0].split(",").includes(name));
    return [
        ...problem(
            !("orchestrator.gitKey" in credentials),
            key,
            `is missing, because orchestrator.dags.repo is one of SSH; set the private key with \`pulumi config set --secret --path '${key}' < id_ed25519\``,
        ),
        ...problem(
            of.username !== undefined,
            "orchestrator.dags.username",
            "is for an https:// address; by SSH the user stands in orchestrator.dags.repo",
        ),
        ...problem(
            !named,
            "orchestrator.dags.knownHosts",
            `${of.knownHosts === undefined ? "is missing" : "has no line"} for ${name}: without its key git would trust whoever answers; take what \`ssh-keyscan${port === 22 ? "" : ` -p ${port}`} ${host}\` prints, and compare it with what its makers publish`,
        ),
    ];
}

function unknownApp(system: string, app: string | undefined, apps: string[], why: string): Problem[] {
    if (app === undefined || apps.includes(app)) return [];
    return [
        {
            key: `orchestrator.connections.${system}`,
            message: `"${app}" is no application there: ${why}; there are ${[...new Set(apps)].sort().join(", ") || "none"}`,
        },
    ];
}
