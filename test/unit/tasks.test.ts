import assert from "node:assert/strict";

import { parse } from "yaml";

import { Collected, collect, sentinel } from "../support/collect";

interface Container {
    name: string;
    image: string;
    resources: { requests: object; limits: { memory: string } };
    securityContext: { readOnlyRootFilesystem: boolean; capabilities: { drop: string[] } };
}
interface Pod {
    kind: string;
    metadata: { name: string; namespace: string; annotations: Record<string, string> };
    spec: {
        serviceAccountName: string;
        automountServiceAccountToken: boolean;
        restartPolicy: string;
        activeDeadlineSeconds: number;
        priorityClassName: string;
        nodeSelector?: Record<string, string>;
        containers: Container[];
        volumes: { name: string; secret?: { secretName: string } }[];
    };
}

interface Application {
    spec: Record<"driver" | "executor", { template: Pod }>;
}

const names = ["audit", "bronze", "gold", "ingest", "score", "train"];

function files(from: Collected): Record<string, string> {
    return from.one("ConfigMap", "flights-tasks").inputs.data as Record<string, string>;
}

function pods(from: Collected): Pod[] {
    const all = names.map((name) => parse(files(from)[`${name}.yaml`]) as Pod);
    return all.filter(({ kind }) => kind === "Pod");
}

describe("the sample's tasks", () => {
    let made: Collected;
    before(async () => {
        made = await collect({ stack: "sandbox" });
    });

    it("are files of one ConfigMap that the orchestrator mounts", () => {
        assert.deepEqual(
            Object.keys(files(made)).sort(),
            [...names.map((name) => `${name}.yaml`), "settings.json"].sort(),
        );
        const { metadata } = made.one("ConfigMap", "flights-tasks").inputs as {
            metadata: { name: string; namespace: string };
        };
        assert.deepEqual([metadata.name, metadata.namespace], ["flights-tasks", "sandbox-orchestration"]);
    });

    it("run nothing by themselves", () => {
        const namespace = ({ inputs }: { inputs: Record<string, unknown> }) =>
            (inputs.metadata as { namespace?: string }).namespace;
        for (const kind of ["CronJob", "SparkApplication"]) assert.deepEqual(made.all(kind), []);
        const jobs = made.all("Job").filter((job) => namespace(job) === "sandbox-jobs");
        assert.ok(
            jobs.every(({ name }) => !names.includes(name)),
            jobs.map(({ name }) => name).join(),
        );
    });

    it("name the container as the orchestrator's operator does, and end for good", () => {
        for (const { metadata, spec } of pods(made)) {
            assert.equal(metadata.namespace, "sandbox-jobs");
            assert.deepEqual([spec.containers.length, spec.containers[0].name], [1, "base"]);
            assert.deepEqual([spec.restartPolicy, spec.activeDeadlineSeconds], ["Never", 900]);
        }
    });

    it("are restricted, limited and without a token, each under an account of its own", () => {
        for (const { metadata, spec } of pods(made)) {
            const [{ securityContext, resources }] = spec.containers;
            assert.equal(securityContext.readOnlyRootFilesystem, true);
            assert.deepEqual(securityContext.capabilities.drop, ["ALL"]);
            assert.ok(resources.limits.memory);
            assert.equal(spec.automountServiceAccountToken, false);
            assert.equal(spec.serviceAccountName, metadata.name);
            made.one("ServiceAccount", metadata.name);
            made.one("NetworkPolicy", metadata.name);
        }
    });

    it("name Secrets that are there, and hold none", () => {
        const there = made
            .all("Secret")
            .map(({ inputs }) => inputs.metadata as { name: string; namespace: string })
            .filter(({ namespace }) => namespace === "sandbox-jobs")
            .map(({ name }) => name);
        for (const { metadata, spec } of pods(made)) {
            const mounted = spec.volumes.flatMap(({ secret }) => (secret ? [secret.secretName] : []));
            // The authority's certificate is made in every namespace by a part of its own.
            const missing = mounted.filter((name) => name !== "platform-ca" && !there.includes(name));
            assert.deepEqual(missing, [], metadata.name);
        }
        assert.ok(Object.values(files(made)).every((text) => !text.includes(sentinel)));
    });

    it("wait for what they need", () => {
        const needs = made.one("ConfigMap", "flights-tasks").dependencies.map((urn) => urn.split("::").slice(-1)[0]);
        for (const name of ["kafka", "minio", "mlflow-user-train.sandbox-jobs", "train", "gold-spark-auth"]) {
            assert.ok(
                needs.some((one) => one === name || one.startsWith(name)),
                `${name} is not among ${needs.join()}`,
            );
        }
    });

    it("say how often and how long each may try, and when the DAG runs", async () => {
        const settings = (from: Collected) =>
            JSON.parse(files(from)["settings.json"]) as { schedule: unknown; tasks: object };
        assert.equal(settings(made).schedule, null);
        assert.deepEqual(settings(made).tasks, {
            ...Object.fromEntries(names.map((name) => [name, { retries: 3, timeout: 900 }])),
            gold: {},
        });
        const dev = await collect({ stack: "dev" });
        assert.deepEqual(settings(dev).schedule, { cron: "0 5 * * *", timeZone: "Etc/UTC" });
    });

    it("take their priority and their nodes from the config, Spark's pods too", async () => {
        const config = {
            "data-platform:profile": "sandbox",
            "data-platform:workloads": '{"flights":{"priority":"critical"}}',
            "data-platform:scheduling": '{"batch":{"nodeSelector":{"pool":"etl"}}}',
        };
        const urgent = await collect({ stack: "sandbox", config });
        for (const [from, priority, nodes] of [
            [made, "data-platform-batch", undefined],
            [urgent, "data-platform-critical", { pool: "etl" }],
        ] as const) {
            const { spec } = parse(files(from)["gold.yaml"]) as Application;
            const templates = [...pods(from), spec.driver.template, spec.executor.template];
            assert.equal(templates.length, names.length + 1);
            for (const { spec: pod, metadata } of templates) {
                assert.deepEqual([pod.priorityClassName, pod.nodeSelector], [priority, nodes]);
                assert.equal(metadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"], "false");
            }
        }
    });

    it("are none when the sample is switched off", async () => {
        const config = {
            "data-platform:profile": "sandbox",
            "data-platform:workloads": '{"flights":{"enabled":false}}',
        };
        const off = await collect({ stack: "sandbox", config });
        assert.deepEqual(
            off.all("ConfigMap").filter(({ name }) => name === "flights-tasks"),
            [],
        );
    });
});
