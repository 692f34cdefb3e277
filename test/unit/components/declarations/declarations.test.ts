import assert from "node:assert/strict";
import { join } from "node:path";

import { collectRequests } from "../../../../program/collect";
import { type Collected, collect } from "../../../support/collect";

const program = join(__dirname, "../../fixtures/declarations.ts");

interface Declared {
    kind: "EtlJob" | "EtlTask" | "EtlCronJob" | "EtlService" | "SparkBatch";
    name?: unknown;
    args?: unknown;
}

const configOf = (declarations: Declared[]) => ({ "test:declarations": JSON.stringify(declarations) });

const evaluate = (...declarations: Declared[]): Promise<Collected> =>
    collect({ program, config: configOf(declarations) });

/** The message that declarations are refused with. */
async function refused(...declarations: Declared[]): Promise<string> {
    const error = await evaluate(...declarations).then(
        () => new Error("taken"),
        (reason: Error) => reason,
    );
    assert.equal(error.name, "DeclarationError", error.stack);
    return error.message;
}

const resources = { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } };
const init = { name: "prepare", command: ["prepare"], resources };
const long = (length: number) => "a".repeat(length);

/** Arguments that can't be, with where that is told and in which words. */
const wrong: [kind: Declared["kind"], args: Record<string, unknown>, argument: string, message: RegExp][] = [
    ["EtlCronJob", { schedule: "0 25 * * *" }, "schedule", /hour 25/],
    ["EtlCronJob", { schedule: "CRON_TZ=Europe/Berlin 0 5 * * *" }, "schedule", /put the zone into timeZone/],
    ["EtlCronJob", { timeZone: "Europe/Berln" }, "timeZone", /did you mean "Europe\/Berlin"/],
    ["EtlCronJob", { startingDeadline: 5 }, "startingDeadline", /at least 10/],
    ["SparkBatch", { schedule: "TZ=UTC 0 5 * * *" }, "schedule", /put the zone into timeZone/],
    [
        "EtlJob",
        { resources: { ...resources, limits: { memory: "400m" } } },
        "resources.limits.memory",
        /did you mean "400Mi"/,
    ],
    [
        "EtlJob",
        { resources: { ...resources, limits: { memory: "4g" } } },
        "resources.limits.memory",
        /did you mean "4Gi"/,
    ],
    [
        "EtlJob",
        { resources: { ...resources, limits: { memory: "8Mi" } } },
        "resources.requests.memory",
        /16Mi is more than the limit 8Mi/,
    ],
    [
        "EtlJob",
        { resources: { requests: { cpu: 2, memory: "16Mi" }, limits: { memory: "32Mi" } } },
        "resources.requests.cpu",
        /must be a text, not 2/,
    ],
    ["EtlJob", { resources: { limits: { memory: "32Mi" } } }, "resources.requests", /is missing/],
    ["EtlJob", { egress: [{ cidr: "api.powerbi.com", port: 443 }] }, "egress[0].cidr", /know no host names/],
    ["EtlJob", { egress: [{ cidr: "10.1.2.3/24", port: 443 }] }, "egress[0].cidr", /is the network 10.1.2.0\/24/],
    ["EtlJob", { egress: [{ cidr: "203.0.113.0/24", port: 0 }] }, "egress[0].port", /at least 1, not 0/],
    ["SparkBatch", { egress: [{ cidr: "169.254.169.254/32", port: 80 }] }, "egress[0].cidr", /never opened/],
    ["EtlJob", { env: { TOKEN: "x".repeat(3) } }, "env.TOKEN", /looks like a secret.*secretEnv/],
    ["EtlJob", { env: { URL: "https://bob:hunter2@example.com" } }, "env.URL", /looks like a secret/],
    ["EtlJob", { env: { MODE: "a" }, secretEnv: { MODE: "<secret>" } }, "secretEnv.MODE", /is in env too/],
    ["EtlJob", { env: { "1A": "a" } }, "env.1A", /no digit first/],
    ["EtlJob", { env: { A: 1 } }, "env.A", /must be a text, not 1/],
    ["EtlJob", { env: { RESULT_FILE: "/x" } }, "env.RESULT_FILE", /set by the platform/],
    [
        "EtlJob",
        { stream: { from: "<stream>", as: "land" }, env: { KAFKA_BOOTSTRAP: "x:1" } },
        "env.KAFKA_BOOTSTRAP",
        /set by stream/,
    ],
    [
        "EtlJob",
        { stream: { from: "<stream>", as: "nobody" } },
        "stream.as",
        /no topic names the application "nobody"; there are land/,
    ],
    ["EtlJob", { user: 0 }, "user", /at least 1, not 0/],
    ["EtlJob", { user: 1.5 }, "user", /whole number/],
    ["EtlJob", { retries: -1 }, "retries", /at least 0, not -1/],
    ["EtlJob", { timeout: 0 }, "timeout", /at least 1/],
    ["EtlJob", { command: [] }, "command", /at least 1 entries/],
    [
        "EtlJob",
        { args: ["--url", "https://bob:hunter2@example.com"] },
        "args[1]",
        /has an address with a password in it/,
    ],
    ["EtlJob", { image: "Etl:1" }, "image", /in lower case/],
    ["EtlJob", { pullPolicy: "always" }, "pullPolicy", /"Always"/],
    ["EtlJob", { priority: "high" }, "priority", /"critical" or "batch"/],
    ["EtlJob", { placements: {} }, "placements", /has no "batch"/],
    ["EtlJob", { nodeSelector: { gpu: "yes please" } }, "nodeSelector.gpu", /at most 63 letters/],
    ["EtlJob", { nodeSelector: { "a/b/c": "x" } }, 'nodeSelector["a/b/c"]', /must be a key of Kubernetes/],
    [
        "EtlJob",
        { tolerations: [{ operator: "Exists", value: "true" }] },
        "tolerations[0].value",
        /leave one of both out/,
    ],
    ["EtlJob", { tolerations: [{ operator: "Equal", value: "x" }] }, "tolerations[0].key", /is missing/],
    [
        "SparkBatch",
        { tolerations: [{ key: "a", operator: "Exists", tolerationSeconds: 5 }] },
        "tolerations[0].tolerationSeconds",
        /NoExecute/,
    ],
    ["EtlJob", { tolerations: [{ key: "a", operator: "exists" }] }, "tolerations[0].operator", /"Exists" or "Equal"/],
    ["EtlJob", { initContainers: [init, init] }, "initContainers[1].name", /"prepare" is there twice/],
    [
        "EtlJob",
        { initContainers: [{ ...init, name: "wrong" }] },
        "initContainers[0].name",
        /container of the workload itself/,
    ],
    [
        "EtlTask",
        { initContainers: [{ ...init, name: "base" }] },
        "initContainers[0].name",
        /container of the workload itself/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "scratch", name: "a", mountPath: "work" }] },
        "volumes[0].mountPath",
        /begins with a slash/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "scratch", name: "a", mountPath: "/a/../b" }] },
        "volumes[0].mountPath",
        /without "\.\."/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "scratch", name: "a", mountPath: "/proc/x" }] },
        "volumes[0].mountPath",
        /container's own/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "scratch", name: "a_b", mountPath: "/a" }] },
        "volumes[0].name",
        /did you mean "a-b"/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "scratch", name: "a", mountPath: "/a", sizeLimit: "0Gi" }] },
        "volumes[0].sizeLimit",
        /at least 1Mi/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "disk", name: "a", mountPath: "/a" }] },
        "volumes[0].kind",
        /must be a volume of kind/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "claim", name: "a", mountPath: "/a", claimName: "A" }] },
        "volumes[0].claimName",
        /name of an object/,
    ],
    [
        "EtlJob",
        { volumes: ["/a", "/b"].map((mountPath) => ({ kind: "scratch", name: "a", mountPath })) },
        "volumes[1].name",
        /"a" is there twice/,
    ],
    [
        "EtlJob",
        { volumes: ["/a", "/a/"].map((mountPath, index) => ({ kind: "scratch", name: `v${index}`, mountPath })) },
        "volumes[1].mountPath",
        /another volume's already/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "scratch", name: "tmp", mountPath: "/other" }] },
        "volumes[0].name",
        /the platform's own/,
    ],
    [
        "EtlJob",
        {
            stream: { from: "<stream>", as: "land" },
            volumes: [{ kind: "scratch", name: "x", mountPath: "/var/run/data-platform/kafka" }],
        },
        "volumes[0].mountPath",
        /where the platform mounts/,
    ],
    [
        "EtlJob",
        { secretEnv: { A: "<nokey>" } },
        "secretEnv.A",
        /"login" has no key "pasword"; there are username, password/,
    ],
    ["EtlJob", { secretEnv: { A: "<elsewhere key>" } }, "secretEnv.A", /"erp" of the namespace other, and pods read/],
    ["SparkBatch", { secretEnv: { A: "x" } }, "secretEnv.A", /must be a key of a Secret/],
    ["SparkBatch", { env: { A: "a" }, secretEnv: { A: "<secret>" } }, "secretEnv.A", /is in env too/],
    [
        "EtlJob",
        { initContainers: [{ ...init, env: { A: "a" }, secretEnv: { A: "<secret>" } }] },
        "initContainers[0].secretEnv.A",
        /is in env too/,
    ],
    [
        "EtlTask",
        { initContainers: [{ ...init, secretEnv: { A: "<nokey>" } }] },
        "initContainers[0].secretEnv.A",
        /has no key "pasword"/,
    ],
    ["EtlJob", { secretFiles: { "app/key": "<secret>" } }, 'secretFiles["app/key"]', /begins with a slash/],
    ["EtlJob", { secretFiles: { "/app/key/": "<secret>" } }, 'secretFiles["/app/key/"]', /without a slash at its end/],
    ["EtlJob", { secretFiles: { "/app/key": "hunter2" } }, 'secretFiles["/app/key"]', /must be a key of a Secret/],
    [
        "EtlJob",
        { secretFiles: { "/app/key": { key: "<secret>", mode: 0o444 } } },
        'secretFiles["/app/key"].mode',
        /must be 0o400, 0o440/,
    ],
    [
        "SparkBatch",
        { secretFiles: { "/var/run/data-platform/spark/key": "<secret>" } },
        'secretFiles["/var/run/data-platform/spark/key"]',
        /is inside of the volume "spark-auth"/,
    ],
    ["EtlJob", { secretFiles: { "/tmp": "<secret>" } }, 'secretFiles["/tmp"]', /where the volume "tmp" is mounted/],
    [
        "EtlJob",
        { secretFiles: { "/a/b": "<secret>", "/a//b": "<secret>" } },
        'secretFiles["/a//b"]',
        /place of another file/,
    ],
    ["EtlJob", { secretFiles: { "/a/b": "<secret>", "/a/b/c": "<secret>" } }, 'secretFiles["/a/b/c"]', /in its way/],
    [
        "EtlService",
        { volumes: [{ kind: "secret", name: "a", mountPath: "/a", secret: "<login>", items: { "x.txt": "user" } }] },
        "volumes[0].secret",
        /has no key "user"/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "secret", name: "a", mountPath: "/a", secret: "<login>", items: { "../x": "username" } }] },
        'volumes[0].items["../x"]',
        /below the volume/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "secret", name: "a", mountPath: "/a", secret: "<login>", mode: 440 }] },
        "volumes[0].mode",
        /must be 0o400/,
    ],
    [
        "EtlCronJob",
        { volumes: [{ kind: "secret", name: "a", mountPath: "/a", secret: "<elsewhere>" }] },
        "volumes[0].secret",
        /of the namespace other/,
    ],
    [
        "SparkBatch",
        { volumes: [{ kind: "scratch", name: "spark-auth", mountPath: "/a" }] },
        "volumes[0].name",
        /the platform's own/,
    ],
    ["EtlJob", { tmpSize: "4g" }, "tmpSize", /did you mean "4Gi"/],
    [
        "EtlJob",
        { tmpSize: "4Gi", volumes: [{ kind: "scratch", name: "tmp", mountPath: "/tmp" }] },
        "volumes[0].mountPath",
        /tmpSize is there; leave one/,
    ],
    [
        "EtlJob",
        { podAnnotations: { "karpenter.sh/do-not-disrupt": "false" } },
        'podAnnotations["karpenter.sh/do-not-disrupt"]',
        /set by the platform/,
    ],
    [
        "SparkBatch",
        { podAnnotations: { "container.apparmor.security.beta.kubernetes.io/wrong": "unconfined" } },
        'podAnnotations["container.apparmor.security.beta.kubernetes.io/wrong"]',
        /loosen what holds every pod/,
    ],
    ["EtlJob", { podAnnotations: { "a/b/c": "x" } }, 'podAnnotations["a/b/c"]', /a key of Kubernetes/],
    ["EtlJob", { podAnnotations: { password: "hunter2" } }, "podAnnotations.password", /looks like a secret/],
    ["EtlJob", { podAnnotations: { a: true } }, "podAnnotations.a", /must be a text/],
    [
        "SparkBatch",
        { accountAnnotations: { "data-platform.io/x": "y" } },
        'accountAnnotations["data-platform.io/x"]',
        /platform's own/,
    ],
    [
        "EtlJob",
        { hostAliases: [{ ip: "erp.example.com", hostnames: ["erp"] }] },
        "hostAliases[0].ip",
        /must be an address/,
    ],
    ["EtlJob", { hostAliases: [{ ip: "10.0.0.1", hostnames: [] }] }, "hostAliases[0].hostnames", /at least 1/],
    [
        "EtlJob",
        { hostAliases: [{ ip: "10.0.0.1", hostnames: ["https://erp"] }] },
        "hostAliases[0].hostnames[0]",
        /host name/,
    ],
    [
        "EtlService",
        { topologySpread: [{ topologyKey: "a b" }] },
        "topologySpread[0].topologyKey",
        /a key of Kubernetes/,
    ],
    [
        "EtlService",
        { topologySpread: [{ topologyKey: "zone", maxSkew: 0 }] },
        "topologySpread[0].maxSkew",
        /at least 1/,
    ],
    [
        "EtlService",
        { topologySpread: [{ topologyKey: "zone" }, { topologyKey: "zone" }] },
        "topologySpread[1].topologyKey",
        /is there twice/,
    ],
    ["EtlCronJob", { concurrencyPolicy: "forbid" }, "concurrencyPolicy", /"Forbid" or "Replace" or "Allow"/],
    ["SparkBatch", { concurrencyPolicy: "Allow" }, "concurrencyPolicy", /without a schedule/],
    [
        "EtlJob",
        { resources: { ...resources, limits: { memory: "32Mi", gpu: 1 } } },
        "resources.limits.gpu",
        /is no resource; .*"nvidia.com\/gpu"/,
    ],
    [
        "EtlJob",
        { resources: { ...resources, limits: { memory: "32Mi", "nvidia.com/gpu": 0.5 } } },
        'resources.limits["nvidia.com/gpu"]',
        /whole number/,
    ],
    [
        "EtlJob",
        { resources: { ...resources, requests: { cpu: "10m", memory: "16Mi", "nvidia.com/gpu": 1 } } },
        'resources.requests["nvidia.com/gpu"]',
        /is no key/,
    ],
    [
        "EtlJob",
        {
            resources: {
                requests: { cpu: "10m", memory: "16Mi", "ephemeral-storage": "2Gi" },
                limits: { memory: "32Mi", "ephemeral-storage": "1Gi" },
            },
        },
        "resources.requests.ephemeral-storage",
        /2Gi is more than the limit 1Gi/,
    ],
    ["SparkBatch", { executor: { memory: "1g", devices: { gpu: 1 } } }, "executor.devices.gpu", /resource of a device/],
    ["SparkBatch", { driver: { memory: "1g", scratch: { sizeLimit: "10g" } } }, "driver.scratch.sizeLimit", /"10Gi"/],
    ["SparkBatch", { driver: { memory: "1g", scratch: {} } }, "driver.scratch.sizeLimit", /is missing/],
    [
        "EtlJob",
        { volumes: [{ kind: "scratch", name: "a", mountPath: "/a", storageClass: "Fast" }] },
        "volumes[0].storageClass",
        /name of an object/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "token", name: "a", mountPath: "/a", audience: "https://kubernetes.default.svc" }] },
        "volumes[0].audience",
        /not the Kubernetes API/,
    ],
    [
        "EtlJob",
        { volumes: [{ kind: "token", name: "a", mountPath: "/a", audience: "x", expiration: 60 }] },
        "volumes[0].expiration",
        /at least 600/,
    ],
    ["EtlService", { port: 70000 }, "port", /at most 65535/],
    ["EtlService", { probe: { path: "/healthz" } }, "port", /is missing.*by HTTP/],
    ["EtlService", { probe: { path: "healthz" }, port: 80 }, "probe.path", /begins with a slash/],
    ["EtlService", { probe: { url: "/healthz" } }, "probe", /must be \{ path/],
    ["EtlService", { replicas: -1 }, "replicas", /is -1/],
    ["SparkBatch", { executor: { memory: "512m", instances: 0 } }, "executor.instances", /at least 1, not 0/],
    ["SparkBatch", { driver: { memory: "4Gi" } }, "driver.memory", /did you mean "4g"/],
    ["SparkBatch", { driver: { memory: "4g", cpu: "2", cpuLimit: "1" } }, "driver.cpuLimit", /1 is less than.*2/],
    [
        "SparkBatch",
        { executor: { memory: "1g", instances: 1 }, dynamicAllocation: { min: 0, max: 2 } },
        "executor.instances",
        /leave one of both out/,
    ],
    ["SparkBatch", { dynamicAllocation: { min: 3, max: 2 } }, "dynamicAllocation.min", /3 is more than/],
    ["SparkBatch", { mode: "template", schedule: "@daily" }, "schedule", /its DAG has the schedule/],
    ["SparkBatch", { mainApplicationFile: "gold.py" }, "mainApplicationFile", /address of a program/],
    [
        "SparkBatch",
        { conf: { "spark.app.note": "a\nspark.ui.enabled true" } },
        'conf["spark.app.note"]',
        /one line of printable characters/,
    ],
    [
        "SparkBatch",
        { conf: { "spark.hadoop.fs.azure.account.key": "hunter2" } },
        'conf["spark.hadoop.fs.azure.account.key"]',
        /looks like a secret/,
    ],
    [
        "SparkBatch",
        { conf: { "fs.s3a.threads.max": "5" } },
        'conf["fs.s3a.threads.max"]',
        /"spark.hadoop.fs.s3a.threads.max"/,
    ],
];

/** Settings of Spark that are the platform's, and the argument that each is told to be. */
const owned: Record<string, RegExp> = {
    "spark.authenticate": /encrypted/,
    "spark.authenticate.secret.file": /encrypted/,
    "spark.network.crypto.enabled": /encrypted/,
    "spark.hadoop.fs.s3a.secret.key": /argument store/,
    "spark.hadoop.fs.s3a.bucket.raw.access.key": /argument store/,
    "spark.executor.memory": /argument driver or executor/,
    "spark.driver.cores": /argument driver or executor/,
    "spark.executor.instances": /executor\.instances/,
    "spark.dynamicAllocation.maxExecutors": /argument dynamicAllocation/,
    "spark.eventLog.dir": /argument eventLog/,
    "spark.executorEnv.MODE": /argument env/,
    "spark.kubernetes.driverEnv.MODE": /argument env/,
    "spark.kubernetes.driver.podTemplateFile": /declaration's own arguments/,
    "spark.kubernetes.authenticate.driver.serviceAccountName": /declaration's own arguments/,
    "spark.driver.port": /NetworkPolicy/,
    "spark.master": /operator's/,
};

describe("declarations of workloads", function () {
    this.timeout(60_000);

    it("two that can't be: both are told at once, and nothing is made, not even the provider", async () => {
        const seen: string[] = [];
        const declarations: Declared[] = [
            { kind: "EtlCronJob", name: "clean-orders", args: { schedule: "60 25 * * *" } },
            { kind: "EtlJob", name: "fine" },
            { kind: "EtlService", name: "2api", args: { user: 0 } },
        ];
        await assert.rejects(
            collectRequests({
                stack: "sandbox",
                offline: true,
                program,
                config: configOf(declarations),
                registered: ({ urn }) => seen.push(urn),
            }),
            (error: Error) => {
                assert.deepEqual(error.message.split("\n").length, 4, error.message);
                assert.match(error.message, /^the declarations of workloads have 3 problems; none of them was made:/);
                assert.match(error.message, /\n {2}EtlCronJob "clean-orders": schedule: has the minute 60/);
                assert.match(error.message, /\n {2}EtlService "2api": name: .*a letter first/);
                assert.match(error.message, /\n {2}EtlService "2api": user: must be at least 1, not 0/);
                return true;
            },
        );
        assert.deepEqual(seen, []);
    });

    it("the same, mended: all is made", async () => {
        const made = await evaluate(
            { kind: "EtlCronJob", name: "clean-orders", args: { schedule: "50 23 * * *" } },
            { kind: "EtlJob", name: "fine" },
            { kind: "EtlService", name: "api", args: { user: 1000 } },
        );
        for (const [type, name] of [
            ["CronJob", "clean-orders"],
            ["Job", "fine"],
            ["Deployment", "api"],
            ["ConfigMap", "platform"],
        ])
            made.one(type, name);
    });

    for (const [kind, args, argument, message] of wrong) {
        it(`refused: ${kind} with ${JSON.stringify(args).slice(0, 100)}`, async () => {
            const text = await refused({ kind, name: "wrong", args });
            const told = text.split("\n").find((each) => each.startsWith(`  ${kind} "wrong": ${argument}: `));
            assert.match(told ?? text, message);
            assert.ok(told, text);
            assert.ok(!text.includes("hunter2"), text);
        });
    }

    it("refused: the settings of Spark that are the platform's, all at once, each with what to say instead", async () => {
        const conf = Object.fromEntries(Object.keys(owned).map((key) => [key, "x"]));
        const text = await refused({ kind: "SparkBatch", name: "gold", args: { conf } });
        for (const [key, message] of Object.entries(owned)) {
            const told = text.split("\n").filter((each) => each.includes(`conf["${key}"]: `));
            assert.equal(told.length, 1, key);
            assert.match(told[0], message);
        }
    });

    it("taken: settings of Spark that jobs need", async () => {
        const conf = {
            "spark.sql.shuffle.partitions": "8",
            "spark.hadoop.fs.s3a.threads.max": "20",
            "spark.kubernetes.allocation.batch.size": "10",
            "spark.dynamicAllocation.executorIdleTimeout": "60s",
            "spark.memory.fraction": "0.7",
            "spark.hadoop.fs.s3a.endpoint": "https://other.example.com",
        };
        const made = await evaluate({ kind: "SparkBatch", name: "gold", args: { conf } });
        const { sparkConf } = made.one("SparkApplication", "gold").inputs.spec as { sparkConf: Record<string, string> };
        for (const [key, value] of Object.entries(conf)) assert.equal(sparkConf[key], value);
    });

    it("names: as long as what Kubernetes makes of them allows, and of its letters", async () => {
        const limits = { EtlJob: 54, EtlCronJob: 52, EtlTask: 63, EtlService: 63, SparkBatch: 42 } as const;
        for (const [kind, most] of Object.entries(limits) as [Declared["kind"], number][]) {
            await evaluate({ kind, name: long(most) });
            assert.match(
                await refused({ kind, name: long(most + 1) }, { kind, name: "Clean_Orders" }, { kind, name: "" }),
                new RegExp(
                    `: name: has ${most + 1} characters, and at most ${most} fit(.|\n)*did you mean "clean-orders"(.|\n)*it is empty`,
                ),
            );
        }
        for (const kind of ["EtlService", "SparkBatch"] as const)
            assert.match(await refused({ kind, name: "2api" }), /a letter first/);
        await evaluate({ kind: "EtlJob", name: "2api" });
    });

    it("names: two that would make the same object are refused", async () => {
        assert.match(
            await refused({ kind: "EtlJob", name: "a" }, { kind: "EtlService", name: "a" }),
            /EtlService "a": name: EtlJob "a" has the object "sandbox-jobs: ServiceAccount a" already/,
        );
        assert.match(
            await refused({ kind: "SparkBatch", name: "gold" }, { kind: "EtlJob", name: "gold-driver" }),
            /EtlJob "gold-driver": name: SparkBatch "gold" has the object "sandbox-jobs: NetworkPolicy gold-driver"/,
        );
    });

    it("of another type altogether: no stack trace", async () => {
        const text = await refused(
            { kind: "EtlJob" },
            { kind: "EtlJob", name: "a", args: 5 },
            {
                kind: "EtlService",
                name: "b",
                args: { env: null, volumes: "x", command: "run", image: {}, tolerations: [7], egress: [null] },
            },
        );
        assert.match(text, /EtlJob undefined: name: must be a string/);
        assert.match(text, /EtlJob "a": arguments: must be a group of keys, not 5/);
        for (const each of ["env", "volumes", "command", "image", "tolerations[0]", "egress[0]"])
            assert.match(
                text,
                new RegExp(`EtlService "b": ${each.replace("[0]", "\\[0\\]")}: (must be|has no value; it must be) `),
            );
    });

    it("what an engine will know only later is left alone", async () => {
        const claim = { kind: "claim", name: "models", mountPath: "/models", claimName: "<output>" };
        await evaluate({ kind: "EtlJob", name: "a", args: { env: { A: "<output>" }, volumes: [claim] } });
    });

    it("a volume of the author's at /tmp takes the place of the usual one", async () => {
        for (const name of ["tmp", "space"]) {
            const volumes = [{ kind: "scratch", name, mountPath: "/tmp", sizeLimit: "8Gi" }];
            const made = await evaluate({ kind: "EtlJob", name: "a", args: { volumes } });
            const { spec } = (made.one("Job", "a").inputs.spec as { template: { spec: unknown } }).template as {
                spec: { volumes: unknown[]; containers: { volumeMounts: unknown[] }[] };
            };
            assert.deepEqual(spec.volumes, [{ name, emptyDir: { sizeLimit: "8Gi" } }]);
            assert.deepEqual(spec.containers[0].volumeMounts, [{ name, mountPath: "/tmp" }]);
        }
    });
});
