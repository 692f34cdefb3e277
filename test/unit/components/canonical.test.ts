import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse, parseAllDocuments } from "yaml";

import { repoRoot } from "../../../lib/paths";
import { ResourceRequest } from "../../../program/program";
import { prepareCharts, prepareCrds } from "../../../tools/charts";
import { collect } from "../../support/collect";
import { customSchemas, misspelled, type TypedValue, typedValues } from "../../support/typed-values";

interface Thing {
    apiVersion?: string;
    kind?: string;
    metadata?: { name?: string };
}

describe("quantities and lengths of time in what is made, by their types", function () {
    this.timeout(300_000);
    let schemas: ReturnType<typeof customSchemas>;
    before(async () => {
        await prepareCharts();
        await prepareCrds();
        schemas = customSchemas();
    });

    /** The values of an object, and of those that it carries as text. */
    function valuesOf(object: object): TypedValue[] {
        const { apiVersion, kind, metadata } = object as Thing;
        const name = `${kind} ${metadata?.name}`;
        const own = typedValues(object, schemas.get(`${apiVersion} ${kind}`), [name]);
        return [...own, ...carried(object).flatMap(valuesOf)];
    }

    /** Pods and applications that a ConfigMap holds for a DAG. */
    function carried(object: object): object[] {
        const { kind, data = {} } = object as Thing & { data?: Record<string, string> };
        if (kind !== "ConfigMap") return [];
        return Object.entries(data)
            .filter(([file, text]) => file.endsWith(".yaml") && text.includes("apiVersion:"))
            .map(([, text]) => parse(text) as object)
            .filter((each) => typeof each === "object" && each !== null);
    }

    const declared = ({ custom, type }: ResourceRequest) =>
        custom && type.startsWith("kubernetes:") && !type.endsWith(":CustomResourceDefinition");

    for (const stack of ["dev", "staging", "prod", "sandbox", "ephemeral"]) {
        it(`of ${stack}: every one as the server gives it back, values of charts too`, async () => {
            const { requests } = await collect({ stack });
            const values = requests
                .filter((request) => declared(request) || request.type.endsWith(":CertManager"))
                .flatMap(({ inputs, name }) =>
                    "apiVersion" in inputs ? valuesOf(inputs) : typedValues(inputs, {}, [name]),
                );
            assert.ok(values.length > 150, `${values.length} values`);
            assert.deepEqual(misspelled(values), []);
        });

        it(`of ${stack}: every one in what its own charts print`, () => {
            const folder = join(repoRoot, "test/golden", stack);
            const files = readdirSync(folder, { recursive: true }).map(String);
            const objects = files
                .filter((file) => file.endsWith(".yaml"))
                .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), "utf8")))
                .map((document) => document.toJS() as object);
            const values = objects
                .filter((each) => (each as Thing).kind !== "CustomResourceDefinition")
                .flatMap(valuesOf);
            assert.ok(values.length > 150, `${values.length} values`);
            assert.deepEqual(misspelled(values), []);
        });
    }

    it("of workloads of every form that are declared in another spelling", async () => {
        const { requests } = await collect({ program: require.resolve("../fixtures/spelled.ts") });
        const objects = requests.filter(declared).map(({ inputs }) => inputs);
        const kinds = new Set(objects.map(({ kind }) => kind));
        for (const kind of [
            "Job",
            "CronJob",
            "Deployment",
            "ScaledObject",
            "SparkApplication",
            "ScheduledSparkApplication",
        ])
            assert.ok(kinds.has(kind), kind);
        const values = objects.flatMap((object) => ("apiVersion" in object ? valuesOf(object) : typedValues(object)));
        assert.deepEqual(misspelled(values), []);
        const found = (type: TypedValue["type"]) =>
            values.filter((each) => each.type === type).map(({ value }) => value);
        assert.ok(found("duration").includes("36h0m0s") && found("duration").includes("2160h0m0s"));
        assert.ok(["250m", "2Gi", "512Mi", "1"].every((each) => found("quantity").includes(each)));
    });

    it("another spelling is found: in a custom resource by its definition's words, in a kind of Kubernetes' by its name", () => {
        const certificate = {
            ...{ apiVersion: "cert-manager.io/v1", kind: "Certificate", metadata: { name: "x" } },
            spec: { duration: "2160h", renewBefore: "720h0m0s" },
        };
        const pool = {
            ...{ apiVersion: "kafka.strimzi.io/v1", kind: "KafkaNodePool", metadata: { name: "x" } },
            spec: {
                resources: { requests: { cpu: 1, memory: "1024Mi" }, limits: { memory: "2Gi" } },
                storage: { type: "jbod", volumes: [{ id: 0, type: "persistent-claim", size: "0.5Ti" }] },
                jvmOptions: { "-Xms": "1024m" },
            },
        };
        const cluster = {
            ...{ apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", metadata: { name: "x" } },
            spec: { storage: { size: "1024Gi" }, ephemeralVolumesSizeLimit: { shm: "1024Mi" } },
        };
        const quota = {
            ...{ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "x" } },
            spec: { hard: { "requests.cpu": "1000m", pods: "5" } },
        };
        assert.deepEqual(misspelled([certificate, pool, cluster, quota].flatMap(valuesOf)), [
            'Certificate x / spec / duration is "2160h", given back as "2160h0m0s"',
            'KafkaNodePool x / spec / resources / requests / cpu is 1, given back as "1"',
            'KafkaNodePool x / spec / resources / requests / memory is "1024Mi", given back as "1Gi"',
            'KafkaNodePool x / spec / storage / volumes / 0 / size is "0.5Ti", given back as "512Gi"',
            'Cluster x / spec / storage / size is "1024Gi", given back as "1Ti"',
            'Cluster x / spec / ephemeralVolumesSizeLimit / shm is "1024Mi", given back as "1Gi"',
            'ResourceQuota x / spec / hard / requests.cpu is "1000m", given back as "1"',
        ]);
    });
});
