import assert from "node:assert/strict";
import { join } from "node:path";

import { podFacts, sparkFacts } from "../../../components/admission/facts";
import { Collected, collect } from "../../support/collect";
import { leaks } from "../../support/secrets";

interface Container {
    env: { name: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
    volumeMounts: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[];
}
interface Pod {
    metadata: { annotations: Record<string, string> };
    spec: { containers: Container[]; initContainers?: Container[]; volumes: { name: string; secret?: object }[] };
}

const pem = ["-----BEGIN PRIVATE KEY-----", "bm90IGEga2V5", "-----END PRIVATE KEY-----"].join("\n");
const usual = {
    gcs: { "service-account.json": JSON.stringify({ type: "service_account", private_key: pem }) },
    erp: { user: "loader", password: "hunter2-hunter2-hunter2", "client.pem": pem },
};

type Secrets = Record<string, Record<string, string>>;

const evaluate = (secrets: Secrets = usual): Promise<Collected> =>
    collect({
        program: join(__dirname, "../fixtures/workload-secrets.ts"),
        config: {
            "data-platform:profile": "sandbox",
            "data-platform:secrets": JSON.stringify(secrets),
        },
        secretKeys: ["data-platform:secrets"],
    });

/** The message that the program is refused with. */
async function refused(secrets: Secrets): Promise<string> {
    const error = await evaluate(secrets).then(
        () => new Error("taken"),
        (reason: Error) => reason,
    );
    assert.ok(!error.message.includes("hunter2") && !error.message.includes("bm90IGEga2V5"), error.message);
    return error.message;
}

/** Every pod of the program, by the name of its workload. */
function pods(made: Collected): Record<string, Pod> {
    const of = (type: string, name: string) => made.one(type, name).inputs.spec as Record<string, unknown>;
    const { task, gold } = made.outputs.manifests as { task: Pod; gold: { spec: Record<string, { template: Pod }> } };
    const cron = of("CronJob", "cron") as { jobTemplate: { spec: { template: Pod } } };
    return {
        task,
        cron: cron.jobTemplate.spec.template,
        ...Object.fromEntries(["init", "plain"].map((name) => [name, of("Job", name).template as Pod])),
        service: of("Deployment", "service").template as Pod,
        driver: gold.spec.driver.template,
        executor: gold.spec.executor.template,
    };
}

describe("secrets of workloads", function () {
    this.timeout(60_000);
    let made: Collected;
    before(async () => {
        made = await evaluate();
    });

    it("a Secret each, in the namespace of its readers, whose contents are secret; and none of one that is there", () => {
        const secrets = made.all("kubernetes:core/v1:Secret").filter(({ name }) => !name.endsWith("spark-auth"));
        assert.deepEqual(
            secrets.map(({ name, inputs }) => [
                name,
                (inputs.metadata as { namespace: string }).namespace,
                inputs.stringData,
            ]),
            [
                ["workload-gcs", "sandbox-jobs", usual.gcs],
                ["workload-erp", "sandbox-jobs", usual.erp],
            ],
        );
        for (const { secretPaths } of secrets) assert.ok(secretPaths.length > 0);
        assert.deepEqual(
            made
                .all("RandomPassword")
                .map(({ name }) => name)
                .sort(),
            [...["gold-spark-auth-secret", "workload-erp-round-key", "workload-gcs-round-key"]],
        );
    });

    it("files by path and mode, beside what else the image has there, in DAG tasks, services and Spark alike", () => {
        const { task, service, driver, executor } = pods(made);
        for (const [pod, mode] of [
            [task, 0o440],
            [service, 0o400],
            [driver, 0o440],
            [executor, 0o440],
        ] as const) {
            const item = { key: "service-account.json", path: "service-account.json", mode };
            assert.deepEqual(
                pod.spec.volumes.filter(({ name }) => name === "secret-file-0"),
                [{ name: "secret-file-0", secret: { secretName: "workload-gcs", items: [item] } }],
            );
            const mounts = pod.spec.containers[0].volumeMounts.filter(({ name }) => name === "secret-file-0");
            assert.deepEqual(mounts, [
                {
                    name: "secret-file-0",
                    mountPath: "/app/service-account.json",
                    subPath: "service-account.json",
                    readOnly: true,
                },
            ]);
        }
    });

    it("a directory of items, each with its mode", () => {
        const { cron } = pods(made);
        assert.deepEqual(
            cron.spec.volumes.find(({ name }) => name === "erp"),
            {
                name: "erp",
                secret: {
                    secretName: "workload-erp",
                    items: [
                        { key: "client.pem", path: "tls/client.pem" },
                        { key: "user", path: "user", mode: 0o440 },
                    ],
                    defaultMode: 0o400,
                },
            },
        );
    });

    it("variables, of init containers too, and of a Secret that is there", () => {
        const { service, init, driver } = pods(made);
        const variable = (container: Container, name: string) =>
            container.env.find((each) => each.name === name)?.valueFrom?.secretKeyRef;
        const [prepare] = init.spec.initContainers ?? [];
        assert.deepEqual(variable(service.spec.containers[0], "ERP_PASSWORD"), {
            name: "workload-erp",
            key: "password",
        });
        assert.deepEqual(variable(prepare, "TENANT"), { name: "powerbi", key: "tenant" });
        assert.deepEqual(variable(driver.spec.containers[0], "CLIENT_SECRET"), {
            name: "powerbi",
            key: "clientSecret",
        });
    });

    it("a replaced one makes new pods of exactly those that read it, mounted ones too", async () => {
        const after = pods(await evaluate({ ...usual, gcs: { "service-account.json": '{"type":"another"}' } }));
        const before = pods(made);
        const changed = Object.keys(before).filter(
            (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
        );
        assert.deepEqual(changed, ["task", "service", "driver", "executor"]);
        const rotation = ({ metadata }: Pod, name: string) => metadata.annotations[`data-platform.io/rotation-${name}`];
        assert.match(rotation(before.cron, "workload-erp"), /^1-[0-9a-f]{8}$/);
        assert.equal(rotation(before.init, "powerbi"), "7");
        assert.notEqual(rotation(before.task, "workload-gcs"), rotation(after.task, "workload-gcs"));
    });

    it("what a DAG or a driver may start reads exactly that", () => {
        const { task, gold } = made.outputs.manifests as { task: object; gold: Parameters<typeof sparkFacts>[0] };
        assert.deepEqual(podFacts(task).reads, ["workload-gcs/service-account.json"]);
        assert.deepEqual([...new Set(sparkFacts(gold).reads)].sort(), [
            ...["gold-spark-auth/*", "powerbi/clientSecret", "workload-erp/*", "workload-gcs/service-account.json"],
        ]);
    });

    it("stand nowhere but in Secrets", () => {
        const values = Object.values(usual).flatMap((keys) =>
            Object.entries(keys).map(([of, value]) => ({ of, value: value.replaceAll("\n", "\\n") })),
        );
        const others = made.requests.filter(({ type }) => type !== "kubernetes:core/v1:Secret");
        const long = values.filter(({ of }) => of !== "user");
        assert.deepEqual(leaks(JSON.stringify([others.map(({ inputs }) => inputs), made.outputs]), long), []);
    });

    it("one that is missing is a problem of its declaration, with the command that sets it; none is made up", async () => {
        const { password, ...rest } = usual.erp;
        const text = await refused({ erp: { ...rest, pasword: password } });
        assert.match(text, /declarations of workloads have 2 problems/);
        assert.ok(
            text.includes(
                `workloadSecret "gcs": keys["service-account.json"]: isn't in the stack's config, where secrets has erp; set it with \`pulumi config set --secret --path 'secrets.gcs["service-account.json"]' < file\``,
            ),
            text,
        );
        assert.match(
            text,
            /workloadSecret "erp": keys\.password: .*did you mean "pasword"\?.*'secrets\.erp\.password'/,
        );
        assert.match(await refused({}), /workloadSecret "gcs": .*\n.*workloadSecret "erp": keys.user/);
    });

    it("one of another form than its reader's is refused, and not quoted", async () => {
        const text = await refused({
            gcs: { "service-account.json": '{"private_key": "hunter2"' },
            erp: { ...usual.erp, "client.pem": pem.replaceAll("\n", " ") },
        });
        assert.match(text, /keys\["service-account.json"\]: is no JSON; set it with/);
        assert.match(text, /keys\["client.pem"\]: is no PEM/);
    });

    it("a value that can't be read here, because it is encrypted, is of any form", async () => {
        const value = "not-the-real-secret";
        await evaluate({
            gcs: { "service-account.json": value },
            erp: { user: value, password: value, "client.pem": value },
        });
    });
});
