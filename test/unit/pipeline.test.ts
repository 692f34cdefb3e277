import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";

import { KubeObject } from "../../sandbox/apply/kube/client";
import { differences } from "../../sandbox/pipeline/expected";
import { jobFrom } from "../../sandbox/pipeline/jobs";
import { requestsOf } from "../../sandbox/pipeline/requests";
import { parseResult } from "../../sandbox/pipeline/result";
import { renderSummary, Summary, summaryChanges } from "../../sandbox/pipeline/summary";

describe("a workload's result", () => {
    it("is its termination message, or else the last line of its log", () => {
        const line = '{"program":"land","ok":true,"rows":5}';
        assert.equal(parseResult("land", line, "").rows, 5);
        assert.equal(parseResult("land", "some words", `logged\n${line}\n`).rows, 5);
    });

    it("of another program, or none, is an error that shows what was said", () => {
        assert.throws(
            () => parseResult("land", '{"program":"audit"}', "a\nb"),
            /land has ended without saying its result/,
        );
    });
});

describe("the comparison with pandas", () => {
    const wanted = { rows: 3, byCarrier: { AA: 2, UA: 1 }, nulls: { dep_time: 1 }, sums: { distance: 10 } };
    const found = { ...wanted, distinctOffsets: 3, nulls: { dep_time: 1, wind: 0 } };

    it("is content with the same numbers", () => assert.deepEqual(differences(found, wanted), []));

    it("names each that differs, missing and unknown carriers too", () => {
        assert.deepEqual(differences({ ...found, rows: 4, byCarrier: { AA: 2, XX: 2 }, sums: {} }, wanted), [
            "rows: 4 read back, 3 counted with pandas",
            "carrier XX: 2 read back, none counted with pandas",
            "carrier UA: none read back, 1 counted with pandas",
            "sum of distance: none read back, 10 counted with pandas",
        ]);
    });
});

describe("a job that is run now", () => {
    it("is the CronJob's own, owned by it and marked as ours", () => {
        const cronJob: KubeObject = {
            apiVersion: "batch/v1",
            kind: "CronJob",
            metadata: { name: "land", namespace: "jobs", uid: "1" },
            spec: {
                schedule: "* * * * *",
                jobTemplate: { metadata: { labels: { app: "land" } }, spec: { backoffLimit: 3 } },
            },
        };
        const { metadata, spec } = jobFrom(cronJob, 36 ** 3);
        assert.deepEqual(spec, { backoffLimit: 3 });
        assert.equal(metadata.name, "land-now-1000");
        assert.deepEqual(metadata.labels, { app: "land", "data-platform.io/started-by": "sandbox" });
        assert.deepEqual(metadata.ownerReferences, [
            { apiVersion: "batch/v1", kind: "CronJob", name: "land", uid: "1", controller: true },
        ]);
    });
});

describe("requests", () => {
    const container = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });
    const pod = (phase: string, spec: object): KubeObject => ({
        ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, status: { phase } },
        spec: { nodeName: "n", ...spec },
    });

    it("are summed over pods that hold a place, with the greediest init container", () => {
        const pods = [
            pod("Running", { containers: [container("100m", "256Mi"), container("50m", "256Mi")] }),
            pod("Running", { containers: [container("100m", "128Mi"), {}], initContainers: [container("1", "64Mi")] }),
            pod("Succeeded", { containers: [container("4", "4Gi")] }),
            pod("Pending", { nodeName: undefined, containers: [container("4", "4Gi")] }),
        ];
        assert.deepEqual(requestsOf(pods), { cpu: 1.15, memory: 0.625 });
        assert.deepEqual(requestsOf([]), { cpu: 0, memory: 0 });
    });
});

describe("the summary", () => {
    const summary: Summary = {
        rows: { produced: 336776, landed: 336776, read: 336776 },
        new: { produced: 336776, landed: 0 },
        byCarrier: { AA: 32729, "9E": 18460 },
        changes: { create: 37, update: 0, delete: 0 },
        seconds: { "Start the cluster": 21.6, total: 163.31 },
        requests: { cpu: 0.15, memory: 0.875 },
        ingest: { rowsPerSecond: 73498, peakMemoryMiB: 69.3 },
        disk: { cache: 1.6, images: 0.5, state: 1.2 },
        versions: {},
        addresses: { minio: "http://minio" },
        kubeconfig: "/k",
        secrets: { root: { namespace: "storage", name: "minio-root", keys: ["rootPassword"] } },
    };

    it("shows the numbers, and how to get a password, not the password", () => {
        const text = stripVTControlCharacters(renderSummary(summary));
        for (const part of [
            "produced to Kafka  336,776  336,776 new",
            "read back          336,776  all three equal",
            "37 created, 0 updated, 0 deleted",
            "0.15 CPU, 0.875 GiB",
            "73,498 rows/s",
            "kubectl -n storage get secret minio-root -o jsonpath='{.data.rootPassword}' | base64 -d",
            "163.3",
        ]) {
            assert.ok(text.includes(part), `"${part}" is not in\n${text}`);
        }
    });

    it("counts a replacement as created and deleted", () => {
        const counts = { create: 1, update: 2, replace: 3, delete: 4, same: 5, keep: 0 };
        assert.deepEqual(summaryChanges(counts), { create: 4, update: 2, delete: 7 });
    });
});
