import assert from "node:assert/strict";

import { fernetRounds } from "../../../components/airflow/keys";
import * as versions from "../../../config/versions";
import { ResourceRequest } from "../../../program/program";
import { Collected, collect, sentinel } from "../../support/collect";
import { find, needHelm, PodSpec, render } from "../../support/charts";

const inputs = <T>({ inputs: of }: ResourceRequest) => of as T;
const last = (urn: string) => urn.split("::").slice(-1)[0];

describe("the component Airflow", () => {
    let sandbox: Collected;
    let dev: Collected;
    let rotated: Collected;
    before(needHelm);
    before(async function () {
        // The whole program, three times.
        this.timeout(180_000);
        sandbox = await collect({ stack: "sandbox" });
        dev = await collect({ stack: "dev" });
        const orchestrator = JSON.stringify({ rotation: 2 });
        rotated = await collect({
            stack: "sandbox",
            config: { "data-platform:profile": "sandbox", "data-platform:orchestrator": orchestrator },
        });
    });

    it("takes the official chart, pinned, where a repository can be reached, and the light one in the sandbox", () => {
        const official = inputs<{ chart: string; version: string; repositoryOpts: { repo: string } }>(
            dev.one("Release", "airflow"),
        );
        assert.deepEqual(
            [official.chart, official.version, official.repositoryOpts.repo],
            ["airflow", versions.charts.airflow, "https://airflow.apache.org"],
        );
        assert.equal(inputs<{ chart: string }>(sandbox.one("Release", "airflow")).chart, "./charts/airflow");
    });

    it("doesn't let Helm wait, and waits for the pods and for Airflow's health by a Job after it", () => {
        for (const stack of [sandbox, dev]) {
            assert.equal(inputs<{ skipAwait: boolean }>(stack.one("Release", "airflow")).skipAwait, true);
            const job = stack.one("Job", "airflow-ready");
            assert.ok(job.dependencies.map(last).includes("airflow"));
            const { metadata } = inputs<{ metadata: { name: string } }>(job);
            assert.match(metadata.name, /^airflow-ready-[0-9a-f]{8}$/);
        }
    });

    it("waits as a server of the platform, on whose node autoscalers wait too", () => {
        const { template } = inputs<{ spec: { template: { metadata: object; spec: object } } }>(
            sandbox.one("Job", "airflow-ready"),
        ).spec;
        assert.match(JSON.stringify(template.metadata), /safe-to-evict":"false"/);
        assert.match(JSON.stringify(template.spec), /"priorityClassName":"data-platform-platform"/);
    });

    it("hands the null on by which the number of API servers is the autoscaler's", async () => {
        const orchestrator = JSON.stringify({ apiServer: { replicas: 2, maxReplicas: 4 } });
        const many = await collect({
            stack: "sandbox",
            config: { "data-platform:profile": "sandbox", "data-platform:orchestrator": orchestrator },
        });
        const { values } = inputs<{ values: { apiServer: { replicas: unknown } } }>(many.one("Release", "airflow"));
        assert.equal(values.apiServer.replicas, null);
        const rendered = await render("airflow", values);
        assert.equal(find(rendered, "Deployment", "airflow-api-server").spec.replicas, undefined);
    });

    it("sends a browser to the host of its Ingress", async () => {
        const ingress = JSON.stringify({ hosts: { orchestrator: "flows.example.com" } });
        const outside = await collect({
            stack: "sandbox",
            config: { "data-platform:profile": "sandbox", "data-platform:ingress": ingress },
        });
        const { values } = inputs<{ values: { config: { api: object } } }>(outside.one("Release", "airflow"));
        assert.match(JSON.stringify(values.config.api), /"base_url":"https:\/\/flows.example.com"/);
    });

    it("has the address of a webhook in the Secret of connections, and in no other thing that it makes", async () => {
        const address = "https://hooks.example.com/services/T0/B0/t0psecret";
        const telling = await collect({
            stack: "sandbox",
            config: {
                "data-platform:profile": "sandbox",
                "data-platform:orchestrator": JSON.stringify({ onFailure: { host: "hooks.example.com" } }),
                "data-platform:credentials": JSON.stringify({ "orchestrator.webhook": address }),
            },
            secretKeys: ["data-platform:credentials"],
        });
        const having = telling.requests.filter((each) => JSON.stringify(each.inputs).includes("t0psecret"));
        assert.deepEqual(
            having.map(({ name }) => name),
            ["airflow-connections"],
        );
        const { stringData } = inputs<{ stringData: Record<string, string> }>(having[0]);
        const all = JSON.parse(stringData["connections.json"]) as Record<string, object>;
        assert.deepEqual(all.failure_webhook, { conn_type: "http", password: address });
        assert.doesNotMatch(stringData["logs.json"], /failure_webhook/);
        assert.ok(telling.one("NetworkPolicy", "airflow-failures"));
    });

    it("waits anew when the values change", () => {
        const name = (of: Collected) =>
            inputs<{ metadata: { name: string } }>(of.one("Job", "airflow-ready")).metadata.name;
        assert.notEqual(name(rotated), name(sandbox));
    });

    it("keeps what signs in a Secret, under the names that the chart reads", () => {
        const { stringData } = inputs<{ stringData: Record<string, string> }>(sandbox.one("Secret", "airflow-keys"));
        assert.deepEqual(Object.keys(stringData).sort(), ["api-secret-key", "fernet-key", "jwt-secret"]);
        assert.ok(!JSON.stringify(inputs(sandbox.one("Release", "airflow"))).includes(sentinel));
    });

    it("keeps connections in a Secret of files, which comes when the systems know the passwords in it", () => {
        const secret = sandbox.one("Secret", "airflow-connections");
        const { stringData } = inputs<{ stringData: Record<string, string> }>(secret);
        const of = (file: string) => JSON.parse(stringData[file]) as Record<string, { password?: string }>;
        assert.equal(of("connections.json").task_logs.password, `${sentinel}-minio-user-airflow-secretKey`);
        assert.deepEqual(of("logs.json"), { task_logs: of("connections.json").task_logs });
        assert.ok(secret.dependencies.map(last).includes("minio"));
        assert.ok(sandbox.one("Release", "airflow").dependencies.map(last).includes("airflow-connections"));
        const copies = sandbox.all("Secret").map(({ name }) => name);
        assert.ok(!copies.includes("minio-user-airflow.sandbox-orchestration"), "nobody there reads it");
        const worker = JSON.stringify(inputs<{ values: object }>(sandbox.one("Release", "airflow")).values);
        assert.match(worker, /rotation-minio-user-airflow":"1-1"/, "another password makes new pods");
    });

    it("puts a new Fernet key before the old one when passwords are replaced, and replaces what signs", () => {
        const keepers = (of: Collected, key: string) =>
            inputs<{ keepers: object }>(of.one("RandomPassword", `airflow-keys-${key}`)).keepers;
        const keys = (of: Collected) =>
            inputs<{ stringData: Record<string, string> }>(of.one("Secret", "airflow-keys"))
                .stringData["fernet-key"].split(",")
                .map((key) => Buffer.from(key, "base64").toString().replace(`${sentinel}-airflow-keys-`, ""));
        assert.deepEqual(keys(sandbox), ["fernet-key"]);
        assert.deepEqual(keys(rotated), ["fernet-key-2", "fernet-key"]);
        assert.deepEqual(keepers(rotated, "fernet-key"), keepers(sandbox, "fernet-key"), "the old one stays the same");
        assert.notDeepEqual(keepers(rotated, "jwt-secret"), keepers(sandbox, "jwt-secret"));
        const values = JSON.stringify(inputs<{ values: object }>(rotated.one("Release", "airflow")).values);
        assert.match(values, /rotation-airflow-keys":"2"/, "another round makes new pods");
    });

    it("forgets the Fernet key before the last, but for the first, which nothing tells apart", () => {
        assert.deepEqual(fernetRounds(1), ["fernet-key"]);
        assert.deepEqual(fernetRounds(2), ["fernet-key-2", "fernet-key"]);
        assert.deepEqual(fernetRounds(3), ["fernet-key-3", "fernet-key-2", "fernet-key"]);
        assert.deepEqual(fernetRounds(4), ["fernet-key-4", "fernet-key-3", "fernet-key"]);
    });

    it("encrypts the database anew once every part has the new key, and has nothing to do in the first round", () => {
        const name = "airflow-rotate-fernet-key";
        assert.ok(!sandbox.all("Job").some((job) => job.name === name));
        const job = rotated.one("Job", name);
        assert.ok(job.dependencies.map(last).includes("airflow-ready"));
        const { template } = inputs<{
            spec: { template: { metadata: { labels: Record<string, string> }; spec: PodSpec } };
        }>(job).spec;
        const [{ command, env }] = template.spec.containers;
        assert.deepEqual(command, ["airflow", "rotate-fernet-key"]);
        assert.doesNotMatch(JSON.stringify(env), /valueFrom/);
        const volumes = JSON.stringify(template.spec.volumes);
        assert.match(volumes, /"key":"fernet-key".*"secretName":"airflow-keys"/);
        assert.match(volumes, /"key":"uri".*"secretName":"postgresql-user-airflow"/);
        const policy = inputs<{ spec: { podSelector: { matchExpressions: { values: string[] }[] } } }>(
            rotated.one("NetworkPolicy", "airflow-database"),
        );
        const [{ values }] = policy.spec.podSelector.matchExpressions;
        assert.ok(values.includes(template.metadata.labels.component), "it may reach the database");
    });

    it("lets the scheduler alone make pods in its own namespace", () => {
        const binding = inputs<{ metadata: { namespace: string }; subjects: { name: string }[] }>(
            sandbox.one("RoleBinding", "airflow-task-pods"),
        );
        assert.equal(binding.metadata.namespace, "sandbox-orchestration");
        assert.deepEqual(
            binding.subjects.map(({ name }) => name),
            ["airflow-scheduler"],
        );
        const { values } = inputs<{ values: { allowPodLaunching: boolean } }>(dev.one("Release", "airflow"));
        assert.equal(values.allowPodLaunching, false);
    });

    it("lets its workers start what tasks run, in the namespace of jobs, and read no Secret there", () => {
        const role = inputs<{ metadata: { namespace: string }; rules: { resources: string[]; verbs: string[] }[] }>(
            sandbox.all("Role").find(({ name }) => name === "airflow") as ResourceRequest,
        );
        assert.equal(role.metadata.namespace, "sandbox-jobs");
        const resources = role.rules.flatMap((rule) => rule.resources);
        assert.ok(resources.includes("sparkapplications") && resources.includes("pods"));
        for (const never of ["secrets", "pods/exec", "*"]) assert.ok(!resources.includes(never), never);
    });
});
