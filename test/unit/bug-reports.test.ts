import assert from "node:assert/strict";

import type { FuzzedDeclaration } from "../support/fuzz/declarations";
import { outcomeOfConfig, outcomeOfDeclaration } from "../support/fuzz/outcomes";

/** Keys of a stack file below the project's prefix, with what is said of them: nothing where they are right. */
type StackFileCase = [title: string, config: Record<string, unknown>, said?: RegExp];
type DeclarationCase = [title: string, kind: FuzzedDeclaration["kind"], args: object, said?: RegExp];

const topic = (name: string, config = {}) => ({
    name,
    partitions: 1,
    config,
    producers: ["ingest"],
    consumers: ["airflow"],
});
const noSample = { workloads: { flights: { enabled: false } } };
const spark = { mainApplicationFile: "local:///opt/spark/jobs/gold.py" };

/**
 * Inputs out of other people's bug reports, each an example of a kind that the tests beside the rules try in full. How a file is read,
 * prefixes and the command line: config/stack-file, render/stack-names.test.ts and command-mistakes.test.ts.
 */
const stackFiles: StackFileCase[] = [
    [
        "a token in the address of a repository",
        { orchestrator: { dags: { source: "git", repo: "https://oauth2:token@gitlab.example.com/data/dags.git" } } },
        /user or token|token/,
    ],
    [
        "a way out of a folder",
        {
            orchestrator: {
                dags: { source: "git", repo: "https://gitlab.example.com/data/dags.git", subPath: "../../../etc" },
            },
        },
        /subPath/,
    ],
    [
        "an annotation that undoes TLS to the pages",
        { ingress: { annotations: { "nginx.ingress.kubernetes.io/proxy-ssl-verify": "off" } } },
        /proxy-ssl-verify/,
    ],
    [
        "an annotation that names another issuer",
        { ingress: { annotations: { "cert-manager.io/cluster-issuer": "other" } } },
        /cluster-issuer/,
    ],
    [
        "an executor of Airflow's from the side",
        { chartValues: { airflow: { config: { core: { executor: "LocalExecutor" } } } } },
        /executor/,
    ],
    [
        "logs of Airflow's from the side",
        { chartValues: { airflow: { config: { logging: { remote_logging: "False" } } } } },
        /remote_logging/,
    ],
    [
        "the size of a pool, which is no secret",
        { chartValues: { airflow: { config: { database: { sql_alchemy_pool_size: "10" } } } } },
    ],
    [
        "a connection, which is one",
        { chartValues: { airflow: { config: { database: { sql_alchemy_conn: "postgresql://a:b@c/d" } } } } },
        /sql_alchemy_conn/,
    ],
    ["a schedule that never runs", { workloads: { flights: { schedule: "60 25 * * *" } } }, /minute 60|hour 25/],
    [
        "a zone within a schedule",
        { workloads: { flights: { schedule: "TZ=Europe/Berlin 5 * * *" } } },
        /timeZone|fields/,
    ],
    ["a zone that there isn't", { workloads: { flights: { timeZone: "Europe/Berln" } } }, /Europe\/Berlin/],
    [
        "topics that collide in metrics",
        { ...noSample, eventStream: { topics: [topic("orders.v1"), topic("orders_v1")] } },
        /orders\.v1.*orders_v1|orders_v1.*orders\.v1/,
    ],
    ["a topic of dots", { ...noSample, eventStream: { topics: [topic(".")] } }, /not \\".\\" alone/],
    [
        "a topic of Kafka's own",
        { ...noSample, eventStream: { topics: [topic("__consumer_offsets")] } },
        /__consumer_offsets/,
    ],
    [
        "a setting of a topic with underscores",
        { ...noSample, eventStream: { topics: [topic("orders", { retention_ms: "1" })] } },
        /retention\.ms/,
    ],
    [
        "addresses that there can't be",
        { database: { kind: "external", external: { host: "db.example.com", cidrs: ["10.0.0.300/99"] } } },
        /cidrs/,
    ],
    ["a volume of nothing", { objectStore: { storage: "0Gi" } }, /storage/],
    ["a large volume", { objectStore: { storage: "1Pi" } }],
    [
        "a toleration with a value that nothing is compared with",
        { scheduling: { batch: { tolerations: [{ operator: "Exists", key: "a", value: "true" }] } } },
        /value/,
    ],
    [
        "a toleration without a key",
        { scheduling: { batch: { tolerations: [{ operator: "Equal", value: "x" }] } } },
        /key/,
    ],
    [
        "seconds of a toleration that evicts nobody",
        { scheduling: { batch: { tolerations: [{ key: "a", operator: "Exists", tolerationSeconds: 5 }] } } },
        /NoExecute/,
    ],
    [
        "a CPU as a number",
        { tracking: { resources: { requests: { cpu: 2, memory: "1Gi" }, limits: { memory: "1Gi" } } } },
    ],
    [
        "a setting of a topic as a number",
        { ...noSample, eventStream: { topics: [topic("orders", { "retention.ms": 604800000 })] } },
    ],
    [
        "an annotation that is a truth value",
        { chartValues: { airflow: { airflowPodAnnotations: { "sidecar.istio.io/inject": false } } } },
        /sidecar\.istio\.io\/inject/,
    ],
];

const declarations: DeclarationCase[] = [
    [
        "Spark without a login",
        "SparkBatch",
        { ...spark, conf: { "spark.authenticate": "false" } },
        /spark\.authenticate/,
    ],
    [
        "a key of S3's in Spark's settings",
        "SparkBatch",
        { ...spark, conf: { "spark.hadoop.fs.s3a.secret.key": "hunter2" } },
        /secret\.key/,
    ],
    [
        "memory by Spark's settings",
        "SparkBatch",
        { ...spark, conf: { "spark.executor.memory": "8g" } },
        /spark\.executor\.memory/,
    ],
    ["no executor", "SparkBatch", { ...spark, executor: { memory: "512m", instances: 0 } }, /executor\.instances/],
    ["a schedule that never runs", "EtlCronJob", { schedule: "0 25 * * *" }, /hour 25/],
    ["a zone within a schedule", "EtlCronJob", { schedule: "CRON_TZ=Europe/Berlin 0 5 * * *" }, /timeZone/],
    [
        "thousandths of a byte",
        "EtlJob",
        { resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "400m" } } },
        /thousandths of a byte/,
    ],
    [
        "a size as Java writes it",
        "EtlJob",
        { resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "4g" } } },
        /"4G/,
    ],
    [
        "requests over limits",
        "EtlJob",
        { resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "32Mi" } } },
        /limits/,
    ],
    [
        "a host where addresses are wanted, and no port",
        "EtlJob",
        { egress: [{ cidr: "api.powerbi.com", port: 0 }] },
        /egress/,
    ],
    ["a variable twice", "EtlJob", { env: { MODE: "a" }, secretEnv: { MODE: { name: "s", key: "k" } } }, /MODE/],
    ["root", "EtlJob", { user: 0 }, /user/],
    ["fewer retries than none", "EtlJob", { retries: -1 }, /retries/],
    [
        "two init containers of one name",
        "EtlJob",
        {
            initContainers: [1, 2].map(() => ({
                name: "wait",
                command: ["a"],
                resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } },
            })),
        },
        /wait/,
    ],
    [
        "a volume in the place of /tmp",
        "EtlJob",
        { volumes: [{ name: "scratch", mountPath: "/tmp", kind: "scratch", sizeLimit: "5Gi" }] },
    ],
];

const names: [kind: FuzzedDeclaration["kind"], name: string, said: RegExp][] = [
    ["EtlCronJob", "a".repeat(64), /at most 52/],
    ["EtlJob", "a".repeat(60), /at most 54/],
    ["EtlJob", "Clean_Orders", /did you mean .*clean-orders/],
    ["EtlService", "2api", /letter first/],
];

describe("inputs out of bug reports", () => {
    const held = (said: RegExp | undefined, problems: { message: string }[]) => {
        const text = problems.map((problem) => JSON.stringify(problem)).join("\n");
        if (!said) return assert.deepEqual(problems, [], "it is right");
        assert.match(text, said);
        assert.doesNotMatch(text, /hunter2|oauth2:token/, "no secret is quoted");
    };

    for (const [title, config, said] of stackFiles)
        it(`stack file: ${title}`, () =>
            held(
                said,
                outcomeOfConfig({ profile: "dev", images: { registry: "r.example.com/p" }, ...config }).problems,
            ));

    for (const [title, kind, args, said] of declarations)
        it(`${kind}: ${title}`, () =>
            held(said, outcomeOfDeclaration({ kind, name: "one", args } as FuzzedDeclaration).problems));

    for (const [kind, name, said] of names)
        it(`${kind}: the name ${name.slice(0, 12)}`, () =>
            held(said, outcomeOfDeclaration({ kind, name, args: {} } as FuzzedDeclaration).problems));
});
