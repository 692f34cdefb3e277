import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { parse } from "yaml";

import { accessTo } from "../../../components/airflow/access";
import { connections } from "../../../components/airflow/connections";
import { fernetKey } from "../../../components/airflow/keys";
import { policies } from "../../../components/airflow/network";
import type { ValuesArgs } from "../../../components/airflow/values";
import { networkOf } from "../../../components/network";
import * as versions from "../../../config/versions";
import { repositoryHost } from "../../../config/sections/orchestrator";
import { orchestratorSandbox } from "../../../config/sections/orchestrator";
import { repoRoot } from "../../../lib/paths";
import { args, chartValues, known, large } from "../../support/airflow";
import { paths, unknownKeys } from "../../support/airflow-schema";

const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");
const official = resolve(repoRoot, "../shared/charts/airflow");

type Values = Record<string, unknown>;

/** As much of a part's values as the tests look at. */
interface Part {
    labels: Record<string, string>;
    replicas: number | null;
    hpa?: object;
    podDisruptionBudget: { enabled: boolean; config: object };
    topologySpreadConstraints: { topologyKey: string; labelSelector: { matchLabels: object } }[];
    podAnnotations?: Record<string, string>;
    annotations?: Record<string, string>;
    safeToEvict?: boolean;
}

const git = {
    dags: { kind: "git", repo: "https://git.example/dags.git", username: "reader" },
} as const;

describe("Airflow's values", () => {
    const values = chartValues();

    it("are the keys of the light chart, no more and no less", () => {
        const chart = paths(parse(read("charts/airflow/values.yaml"))).filter((path) => !/\[/.test(path));
        const whole = chartValues({ ...large, ...known });
        const ours = paths(whole).filter((path) => !/\[./.test(path));
        // An empty group or list of the chart stands for whatever is given in it.
        const within = (path: string, of: string) => path === of || path.startsWith(`${of}.`) || path === `${of}[]`;
        assert.deepEqual(
            ours.filter((path) => !chart.some((each) => within(path, each))),
            [],
            "the light chart doesn't have them",
        );
        assert.deepEqual(
            chart.filter((each) => !paths(whole).some((path) => within(path.replace(/\[\].*/, "[]"), each))),
            [],
            "the component doesn't set them",
        );
    });

    // The official chart's schema isn't ours to copy: held to it where it lies beside the checkout.
    const pools = { pools: { powerbi: { slots: 4 } } };
    const cases: Record<string, Partial<ValuesArgs>> = {
        ...{ image: {}, git, sandbox: orchestratorSandbox },
        ...{ large, known, pools },
    };
    for (const [name, more] of existsSync(official) ? Object.entries(cases) : []) {
        it(`are valid for the official chart, which has every key of them (${name})`, () => {
            const schema = JSON.parse(readFileSync(join(official, "values.schema.json"), "utf8")) as Record<
                string,
                unknown
            >;
            assert.deepEqual(unknownKeys(schema, chartValues(more)), []);
        });
    }

    it("have the job of the administrator make pools, where there are any, and are as ever where not", () => {
        const job = (pools?: ValuesArgs["pools"]) =>
            chartValues(pools ? { pools } : {}).createUserJob as {
                args: string[];
                env: { name: string; value: string }[];
            };
        const variables = (of: ReturnType<typeof job>) => of.env.filter(({ name }) => name === "POOLS");
        assert.deepEqual(variables(job()), []);
        assert.match(job().args.join(" "), /exec python -m platform_airflow\.admin$/);

        const description = "{{ .Values.data }} costs $(HOME) {{{";
        const made = job({
            default_pool: { slots: 64 },
            powerbi: { slots: 4, description, includeDeferred: true },
            parts: { slots: 10 },
        });
        assert.match(made.args.join(" "), /exec python -m platform_airflow\.setup$/);
        const [{ value }] = variables(made);
        // The chart takes values for templates, and Kubernetes puts variables in.
        assert.doesNotMatch(value, /\{\{|\$/);
        assert.deepEqual(JSON.parse(value), {
            default_pool: { slots: 64, description: "Default pool", include_deferred: false },
            powerbi: { slots: 4, description, include_deferred: true },
            parts: { slots: 10, description: "", include_deferred: false },
        });
    });

    it("let a task wait in the queue for a pod that the quota has no room for", () => {
        const { config } = values as { config: Record<string, Record<string, string>> };
        assert.equal(config.kubernetes_executor.task_publish_max_retries, "-1");
    });

    it("name Secrets, and hold none", () => {
        const text = JSON.stringify(values);
        assert.doesNotMatch(text, /password":"(?!\$\()|"stringData"|BEGIN/i);
        assert.match(text, /postgresql\+psycopg:\/\//);
    });

    it("name no key of a store that knows the pods by their accounts, and restart them when that changes", () => {
        const of = chartValues(known);
        const text = JSON.stringify(of);
        assert.doesNotMatch(text, /minio-user|TASK_LOGS_|OBJECT_STORE_(USERNAME|PASSWORD)/);
        const { apiServer, workers } = of as Record<string, { env: object[]; kubernetes: { env: object[] } }>;
        for (const env of [apiServer.env, workers.kubernetes.env]) {
            const region = { name: "AWS_REGION", value: "eu-central-1" };
            assert.ok(env.some((variable) => isDeepStrictEqual(variable, region)));
        }
        const systems = { ...args, ...known };
        const found = connections(systems, accessTo(systems, args.connections), args.connections, args.jobs);
        for (const id of ["task_logs", "object_store"]) {
            assert.deepEqual(found[id], {
                conn_type: "aws",
                extra: {
                    endpoint_url: "https://s3.eu-central-1.amazonaws.com",
                    region_name: "eu-central-1",
                    config_kwargs: { s3: { addressing_style: "virtual" } },
                },
            });
        }
        const annotations = { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/airflow" };
        const parts = of as Record<string, { serviceAccount?: { annotations?: object } }>;
        for (const part of ["apiServer", "scheduler", "dagProcessor", "triggerer", "workers"])
            assert.deepEqual(parts[part].serviceAccount?.annotations, annotations, part);
        for (const job of ["migrateDatabaseJob", "createUserJob", "databaseCleanup"])
            assert.ok(!JSON.stringify(parts[job]).includes("role-arn"), job);
        const pods = of.airflowPodAnnotations as Record<string, string>;
        assert.equal(pods["data-platform.io/token-audience"], "sts.amazonaws.com");
        assert.equal(pods["data-platform.io/rotation-store-identity"], "1");
    });

    it("have no template in them that isn't meant: Helm evaluates each text", () => {
        assert.ok(!JSON.stringify(values).includes("{{"));
    });

    /** The keys of Secrets that a part's pods have as files, as `<secret>/<key>`. */
    const files = (part: string, of: Record<string, unknown> = values) => {
        const { extraVolumes } = (part === "workers" ? (of.workers as Values).kubernetes : of[part]) as {
            extraVolumes: { secret: { secretName: string; items: { key: string }[] } }[];
        };
        return extraVolumes
            .flatMap(({ secret }) => secret.items.map(({ key }) => `${secret.secretName}/${key}`))
            .sort();
    };

    it("keep the database and Airflow's keys from the pods of tasks", () => {
        const whole = values as { enableBuiltInSecretEnvVars: object };
        assert.deepEqual(whole.enableBuiltInSecretEnvVars, {
            AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: false,
            AIRFLOW_CONN_AIRFLOW_DB: false,
            AIRFLOW__CORE__FERNET_KEY: false,
            AIRFLOW__API__SECRET_KEY: false,
            AIRFLOW__API_AUTH__JWT_SECRET: false,
        });
        assert.deepEqual(files("workers"), ["airflow-connections/connections.json"]);
        assert.doesNotMatch(JSON.stringify([values.workers, values.volumes]), /postgresql-user|airflow-keys/);
    });

    it("have no variable out of a Secret, but where the official chart knows no volumes", () => {
        const read = Object.entries(values).filter(([, part]) => JSON.stringify(part).includes("secretKeyRef"));
        assert.deepEqual(
            read.map(([part]) => part),
            ["databaseCleanup"],
        );
    });

    it("give each part the files that it needs, and no other", () => {
        const [fernet, sessions, tokens] = ["fernet-key", "api-secret-key", "jwt-secret"].map(
            (key) => `airflow-keys/${key}`,
        );
        const [all, database] = ["airflow-connections/connections.json", "postgresql-user-airflow/uri"];
        assert.deepEqual(files("apiServer"), [
            ...["airflow-connections/logs.json", sessions, fernet, tokens],
            ...["airflow-tls/tls.crt", "airflow-tls/tls.key", database],
        ]);
        assert.deepEqual(files("scheduler"), [fernet, tokens, database]);
        for (const part of ["dagProcessor", "triggerer"]) assert.deepEqual(files(part), [all, fernet, database]);
        assert.deepEqual(files("migrateDatabaseJob"), [fernet, database]);
        assert.deepEqual(files("createUserJob"), ["airflow-admin/password", "airflow-admin/username", database]);
    });

    it("name files in variables that are where they say", () => {
        const parts = ["apiServer", "scheduler", "dagProcessor", "triggerer", "migrateDatabaseJob", "createUserJob"];
        for (const part of parts) {
            const { env, extraVolumes, extraVolumeMounts } = values[part] as {
                env: { name: string; value: string }[];
                extraVolumes: { name: string; secret: { items: { path: string }[] } }[];
                extraVolumeMounts: { name: string; mountPath: string }[];
            };
            const there = extraVolumeMounts.flatMap(({ name, mountPath }) => {
                const items = extraVolumes.find((volume) => volume.name === name)?.secret.items ?? [];
                return [mountPath, ...items.map(({ path }) => `${mountPath}/${path}`)];
            });
            const named = env.map(({ value }) => value.split(" ").at(-1) ?? "");
            for (const file of named) assert.ok(there.includes(file), `${part}: ${file}`);
            assert.ok(there.includes("/var/run/data-platform/database/uri"), part);
        }
        const { backend_kwargs: read } = (values.config as Record<string, Record<string, string>>).secrets;
        const { connections_file_path: file } = JSON.parse(read) as { connections_file_path: string };
        for (const part of ["apiServer", "dagProcessor", "triggerer", "workers"]) {
            const { extraVolumeMounts } = (
                part === "workers" ? (values.workers as Values).kubernetes : values[part]
            ) as { extraVolumeMounts: { mountPath: string }[] };
            assert.ok(
                extraVolumeMounts.some(({ mountPath }) => file === `${mountPath}/connections.json`),
                part,
            );
        }
    });

    it("give git's token to git-sync alone, as a file", () => {
        const repo = "https://git.example.com/dags.git";
        const of = chartValues({ dags: { kind: "git", repo, username: "reader" } });
        const { gitSync } = of.dags as {
            gitSync: { env: { name: string; value: string }[]; extraVolumeMounts: object[] };
        };
        assert.deepEqual(gitSync.env, [
            { name: "GITSYNC_USERNAME", value: "reader" },
            { name: "GITSYNC_PASSWORD_FILE", value: "/var/run/data-platform/git/password" },
        ]);
        assert.ok(gitSync.extraVolumeMounts.some((mount) => JSON.stringify(mount).includes("/data-platform/git")));
        for (const part of ["dagProcessor", "triggerer", "workers"]) {
            assert.ok(files(part, of).includes("airflow-git/password"), part);
            const own = part === "workers" ? (of.workers as Values).kubernetes : of[part];
            assert.doesNotMatch(JSON.stringify((own as { extraVolumeMounts: object }).extraVolumeMounts), /git/);
        }
        for (const part of ["apiServer", "scheduler"]) assert.ok(!files(part, of).includes("airflow-git/password"));
    });

    it("bound what a pod's logs take of its node, and look after git-sync, which the official chart doesn't by itself", () => {
        const of = chartValues({ dags: { kind: "git", repo: "https://git.example.com/dags.git" } }) as {
            logs: object;
            dags: { gitSync: Record<"startupProbe" | "livenessProbe", { enabled: boolean; failureThreshold: number }> };
        };
        assert.deepEqual(of.logs, { persistence: { enabled: false }, emptyDirConfig: { sizeLimit: "2Gi" } });
        const { startupProbe, livenessProbe } = of.dags.gitSync;
        assert.deepEqual([startupProbe.enabled, livenessProbe.enabled], [true, true]);
        assert.ok(startupProbe.failureThreshold > 60, "a large repository takes minutes");
    });

    it("give git's key to git-sync alone, with the keys of the server that it goes to", () => {
        const of = chartValues({ dags: { kind: "git", repo: "ssh://git@git.example.com:2222/dags.git" } });
        const { gitSync } = of.dags as { gitSync: { repo: string; env: object[]; extraVolumeMounts: object[] } };
        assert.equal(gitSync.repo, "ssh://git@git.example.com:2222/dags.git");
        assert.deepEqual(gitSync.env, [
            { name: "GITSYNC_SSH_KEY_FILE", value: "/var/run/data-platform/git/key" },
            { name: "GITSYNC_SSH_KNOWN_HOSTS", value: "true" },
            { name: "GITSYNC_SSH_KNOWN_HOSTS_FILE", value: "/var/run/data-platform/git/known_hosts" },
        ]);
        assert.deepEqual(
            [repositoryHost({ repo: gitSync.repo }), repositoryHost({ repo: "git@github.com:acme/dags.git" })],
            [
                { host: "git.example.com", port: 2222 },
                { host: "github.com", port: 22 },
            ],
        );
        for (const part of ["dagProcessor", "triggerer", "workers"]) {
            assert.ok(files(part, of).includes("airflow-git/key"), part);
            const own = part === "workers" ? (of.workers as Values).kubernetes : of[part];
            assert.doesNotMatch(JSON.stringify((own as { extraVolumeMounts: object }).extraVolumeMounts), /git/);
        }
        for (const part of ["apiServer", "scheduler"]) assert.ok(!files(part, of).includes("airflow-git/key"));
    });

    it("come with connections by the platform's authority", () => {
        const found: Record<string, unknown> = connections(
            args,
            accessTo(args, args.connections),
            args.connections,
            args.jobs,
        );
        assert.deepEqual(Object.keys(found).sort(), [
            ...["event_stream", "kubernetes_default", "object_store", "task_logs", "tracking"],
        ]);
        const ca = "/etc/data-platform/ca/ca.crt";
        const { login, password, extra } = found.task_logs as { login: string; password: string; extra: Values };
        assert.deepEqual([login, password], ["minio-user-airflow/accessKey", "minio-user-airflow/secretKey"]);
        assert.equal(extra.verify, ca);
        assert.match(JSON.stringify(found.tracking), new RegExp(`"verify":"${ca}"`));
        assert.match(JSON.stringify(found.event_stream), new RegExp(`"ssl.ca.location":"${ca}"`));
        assert.match(JSON.stringify(found.event_stream), /"sasl.password":"kafka-user-[a-z]+\/password"/);
    });

    it("come with no connection that nobody asked for", () => {
        const none = { ...args, connections: {} };
        const found = connections(none, accessTo(none, {}), {}, none.jobs);
        assert.deepEqual(Object.keys(found), ["task_logs", "kubernetes_default"]);
        const { scheduler } = chartValues({ connections: {} }) as { scheduler: Part };
        assert.doesNotMatch(JSON.stringify(scheduler.labels), /uses-(kafka|mlflow)/);
        assert.match(JSON.stringify(scheduler.labels), /uses-minio/);
    });

    it("turn on nothing that listens in the clear, and no volume of 100Gi", () => {
        const { triggerer, config, statsd } = values as Record<string, Record<string, unknown>>;
        assert.match((triggerer.args as string[]).join(" "), /triggerer --skip-serve-logs/);
        assert.deepEqual(triggerer.persistence, { enabled: false });
        assert.deepEqual(statsd, { enabled: false });
        assert.ok(!("enable_health_check" in ((config.scheduler as object | undefined) ?? {})));
    });

    it("protect from a disruption what is there more than once, and spread it", () => {
        const many = chartValues({ scheduler: { ...args.scheduler, replicas: 2 } }) as Record<string, Part>;
        assert.deepEqual(many.scheduler.podDisruptionBudget, { enabled: true, config: { maxUnavailable: 1 } });
        assert.deepEqual(
            many.scheduler.topologySpreadConstraints.map(({ topologyKey, labelSelector }) => [
                topologyKey,
                labelSelector.matchLabels,
            ]),
            ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((key) => [
                key,
                { tier: "airflow", release: "airflow", component: "scheduler" },
            ]),
        );
        assert.equal(many.apiServer.podDisruptionBudget.enabled, false);
        assert.deepEqual(many.apiServer.topologySpreadConstraints, []);
    });

    it("leave the number of API servers to an autoscaler, if there may be more than there are at least", () => {
        const { apiServer, scheduler } = chartValues(large) as Record<string, Part>;
        assert.deepEqual(apiServer.hpa, {
            enabled: true,
            minReplicaCount: 2,
            maxReplicaCount: 6,
            metrics: [
                {
                    type: "Resource",
                    resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 75 } },
                },
            ],
        });
        assert.equal(apiServer.replicas, null);
        assert.equal(scheduler.replicas, 2);
        for (const maxReplicas of [undefined, 1]) {
            const fixed = chartValues({ apiServer: { ...args.apiServer, maxReplicas } }) as Record<string, Part>;
            assert.deepEqual([fixed.apiServer.replicas, fixed.apiServer.hpa], [1, undefined]);
        }
        const one = chartValues({ apiServer: { ...args.apiServer, maxReplicas: 2 } }) as Record<string, Part>;
        assert.ok(one.apiServer.podDisruptionBudget.enabled, "there may be two of them");
    });

    it("make servers of the parts and the jobs, and tasks of the priority that the config gives them", () => {
        const at = (of: object) => {
            const { priorityClassName, nodeSelector, tolerations } = of as Record<string, unknown>;
            return [priorityClassName, nodeSelector, tolerations];
        };
        const whole = chartValues(large) as Record<string, Part> & { workers: { kubernetes: Part } };
        const servers = ["apiServer", "scheduler", "dagProcessor", "triggerer", "migrateDatabaseJob", "createUserJob"];
        for (const key of servers) {
            const pool = [{ key: "pool", operator: "Exists" }];
            assert.deepEqual(at(whole[key]), ["data-platform-platform", { pool: "platform" }, pool], key);
        }
        const nodes = [{ pool: "batch" }, [{ key: "batch", operator: "Exists" }]];
        assert.deepEqual(at(whole.workers.kubernetes), ["data-platform-batch", ...nodes]);
        const urgent = chartValues({ ...large, worker: { ...args.worker, priority: "critical" } }) as typeof whole;
        assert.deepEqual(at(urgent.workers.kubernetes), ["data-platform-critical", ...nodes]);
    });

    it("let autoscalers move servers, and neither tasks nor migrations", () => {
        const hint = "cluster-autoscaler.kubernetes.io/safe-to-evict";
        const whole = values as Record<string, Part> & { workers: { kubernetes: Part } };
        assert.equal(whole.apiServer.podAnnotations?.[hint], "true");
        for (const key of ["scheduler", "dagProcessor", "triggerer"]) assert.equal(whole[key].safeToEvict, true, key);
        const kept = [whole.workers.kubernetes.podAnnotations, whole.migrateDatabaseJob.annotations];
        for (const annotations of kept) {
            assert.deepEqual(annotations, { [hint]: "false", "karpenter.sh/do-not-disrupt": "true" });
        }
    });

    it("send a browser to the address outside, and tasks to the one inside", () => {
        const settings = (more: Partial<ValuesArgs>) =>
            (chartValues(more) as { config: Record<"api" | "core", Record<string, string>> }).config;
        const { api, core } = settings({ publicUrl: "https://airflow.example.com" });
        assert.equal(api.base_url, "https://airflow.example.com");
        assert.equal(core.execution_api_server_url, "https://airflow-api-server.dev-orchestration.svc:8080/execution/");
        assert.ok(!("base_url" in settings({}).api), "a forwarded port works too");
    });

    it("give every probe a limit of time", () => {
        const seconds = [...JSON.stringify(values).matchAll(/"periodSeconds":/g)].length;
        assert.equal([...JSON.stringify(values).matchAll(/"timeoutSeconds":\d/g)].length, seconds);
        assert.ok(seconds >= 7);
    });

    it("name a Secret for git only where there is a user", () => {
        const sync = (more: object) =>
            (chartValues(more) as { dags: { gitSync: Record<string, unknown> } }).dags.gitSync;
        assert.deepEqual(sync({}), { enabled: false });
        assert.match(JSON.stringify(sync(git).env), /GITSYNC_PASSWORD_FILE/);
        assert.equal(sync(git).ref, "main");
        // It starts on a read-only root only as its image's user, with a place for its settings.
        assert.equal((sync(git).securityContexts as { container: { runAsUser: number } }).container.runAsUser, 65533);
        assert.deepEqual((sync(git).extraVolumeMounts as object[])[0], { name: "tmp", mountPath: "/tmp" });
        const open = chartValues({ dags: { ...git.dags, username: undefined } });
        assert.doesNotMatch(JSON.stringify(open), /GITSYNC_|airflow-git/);
    });
});

describe("Airflow", () => {
    it("has the version of its image's lock, and the chart too", () => {
        assert.ok(read("images/airflow/requirements.in").includes(`apache-airflow==${versions.airflow}\n`));
        assert.ok(read("images/airflow/requirements.lock").includes(`apache-airflow==${versions.airflow} `));
        assert.equal((parse(read("charts/airflow/Chart.yaml")) as { appVersion: string }).appVersion, versions.airflow);
    });

    it("has a Fernet key of 32 bytes, in base64 for URLs", () => {
        const key = fernetKey("aA0~aA0?aA0>aA0_aA0-aA0+aA0/aA0.");
        assert.match(key, /^[A-Za-z0-9_-]{43}=$/);
        assert.equal(Buffer.from(key, "base64url").length, 32);
    });

    it("opens the way to a webhook for those who tell of failures, and to its addresses only", () => {
        const onFailure = { host: "hooks.example.com", cidrs: ["203.0.113.7/32"] };
        const common = { ...args, network: networkOf({}), waiting: {} };
        assert.ok(!("failures" in policies("airflow", common)));
        const { podSelector, egress } = policies("airflow", { ...common, onFailure }).failures;
        assert.deepEqual((podSelector as { matchExpressions: { values: string[] }[] }).matchExpressions[0].values, [
            ...["dag-processor", "worker"],
        ]);
        assert.deepEqual(egress, [
            { to: [{ ipBlock: { cidr: "203.0.113.7/32" } }], ports: [{ protocol: "TCP", port: 443 }] },
        ]);
    });

    it("lets workers reach the API, and nothing but the parts reach the database", () => {
        const network = networkOf({});
        const all = policies("airflow", { ...args, network, waiting: { waits: "yes" } });
        const inside = JSON.stringify(all.api.ingress);
        assert.match(inside, /"worker"/);
        assert.match(inside, /uses-airflow/);
        const { podSelector, egress } = all.database;
        assert.ok(!JSON.stringify(podSelector).includes("worker"));
        assert.match(JSON.stringify(egress), /dev-postgresql/);
        assert.ok(!("git" in all));
        assert.ok("git" in policies("airflow", { ...args, ...git, network, waiting: {} }));
        for (const [name, { podSelector: of }] of Object.entries(all)) {
            assert.ok(JSON.stringify(of).length > 2, `${name} is about every pod of the namespace`);
        }
    });
});
