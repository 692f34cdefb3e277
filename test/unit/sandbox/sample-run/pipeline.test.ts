import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

import { KubeClient, KubeObject } from "../../../../kubernetes/client";
import { UserError } from "../../../../lib/errors";
import { dagVersion } from "../../../../sandbox/sample-run/dag";
import { auditDifferences, requirePython, treeDifferences } from "../../../../sandbox/sample-run/expected";
import { MemoryWatch } from "../../../../sandbox/sample-run/memory";
import { requestsOf } from "../../../../sandbox/sample-run/requests";
import { checkResult } from "../../../../sandbox/sample-run/result";
import { renderSummary, Summary, summaryChanges } from "../../../../sandbox/sample-run/summary";

describe("a task's result", () => {
    it("is what its program has left", () => {
        const left = { program: "land", ok: true, rows: 5 };
        assert.equal(checkResult("bronze", "land", left).rows, 5);
    });

    it("of another program, or none, is an error that shows what was left", () => {
        for (const left of [undefined, "words", { program: "audit", ok: true }, { program: "land", ok: false }]) {
            assert.throws(
                () => checkResult("bronze", "land", left),
                (error: UserError) =>
                    /bronze has ended without leaving its result/.test(error.message) &&
                    error.details.evidence?.[0] === (JSON.stringify(left) ?? "null"),
            );
        }
    });
});

describe("the comparison with pandas", () => {
    const wanted = { rows: 3, byCarrier: { AA: 2, UA: 1 }, nulls: { dep_time: 1 }, sums: { distance: 10 } };
    const found = { ...wanted, distinctOffsets: 3, nulls: { dep_time: 1, wind: 0 } };

    it("says what it lacks when it is asked, which is before anything else is begun", () => {
        assert.throws(
            () => requirePython("/nowhere/bin/python"),
            ({ message, details }: UserError) =>
                /Python packages .* are not installed/.test(message) && details.fix === "make deps",
        );
        assert.doesNotThrow(() => requirePython(process.execPath));
        const text = readFileSync(require.resolve("../../../../sandbox/commands/run.ts"), "utf8");
        const order = ["requirePython()", "preflight(layout())", "buildPlatformImages])"];
        const places = order.map((each) => text.indexOf(each));
        assert.ok(!places.includes(-1), String(places));
        assert.deepEqual(
            [...places].sort((one, other) => one - other),
            places,
        );
    });

    it("is content with the same numbers", () => assert.deepEqual(auditDifferences(found, wanted), []));

    it("names each that differs, missing and unknown carriers too", () => {
        assert.deepEqual(auditDifferences({ ...found, rows: 4, byCarrier: { AA: 2, XX: 2 }, sums: {} }, wanted), [
            "rows: 4 read back, 3 counted with pandas",
            "carrier XX: 2 read back, none counted with pandas",
            "carrier UA: none read back, 1 counted with pandas",
            "sum of distance: none read back, 10 counted with pandas",
        ]);
    });

    it("looks into groups, and takes sums of floats as they come", () => {
        const delays = { groups: 2, AA: { flights: 5, delay: 0.1 + 0.2 } };
        assert.deepEqual(treeDifferences("delays", { groups: 2, AA: { flights: 5, delay: 0.3 }, more: 1 }, delays), []);
        assert.deepEqual(treeDifferences("delays", { groups: 3, AA: { flights: 5 } }, delays), [
            "delays.groups: 3 has come out, 2 with pandas",
            "delays.AA.delay: none has come out, 0.30000000000000004 with pandas",
        ]);
        assert.equal(treeDifferences("delays", undefined, delays).length, 3);
    });
});

describe("what memory pods take", () => {
    it("is the sum of all, the platform's by name, and the most that was seen", async () => {
        let look = 0;
        const stats = [
            [pods("sandbox-jobs/driver", 900), pods("kube-system/dns", 100)],
            [pods("sandbox-jobs/driver", 0), pods("kube-system/dns", 24)],
        ];
        const kube = {
            list: () => Promise.resolve([{ metadata: { name: "n" } }]),
            http: { send: () => Promise.resolve(JSON.stringify({ pods: stats[Math.min(look++, 1)] })) },
        } as unknown as KubeClient;
        const watch = new MemoryWatch(kube, ["sandbox-jobs"]);
        await watch.stop();
        const { now, peak, pods: by, peaks } = await watch.stop();
        assert.deepEqual({ now, peak }, { now: 0.02, peak: 0.98 });
        assert.deepEqual([by, peaks], [{ "sandbox-jobs/driver": 0 }, { "sandbox-jobs/driver": 900 }]);
    });

    function pods(which: string, mebibytes: number) {
        const [namespace, name] = which.split("/");
        return { podRef: { namespace, name }, memory: { workingSetBytes: mebibytes * 2 ** 20 } };
    }
});

describe("what a run of the DAG depends on", () => {
    const cluster = (template: string, image: string, created = "2026-01-01T00:00:00Z") =>
        ({
            get: () => Promise.resolve({ data: { "gold.yaml": template } }),
            list: () =>
                Promise.resolve([
                    { metadata: { creationTimestamp: created }, spec: { containers: [{ image, name: "x" }] } },
                ]),
        }) as unknown as KubeClient;
    const version = async (...args: Parameters<typeof cluster>) =>
        (await dagVersion(cluster(...args), "ns", "flights-tasks")).version;

    it("is another when a task or the DAG's image is, not when a pod is", async () => {
        const first = await version("a", "airflow:1");
        assert.match(first, /^[0-9a-f]{8}$/);
        assert.equal(await version("a", "airflow:1", "2026-01-02T00:00:00Z"), first);
        assert.notEqual(await version("b", "airflow:1"), first);
        assert.notEqual(await version("a", "airflow:2"), first);
    });

    it("is missing where the sample is switched off", async () => {
        const kube = { ...cluster("", ""), get: () => Promise.resolve(undefined) } as unknown as KubeClient;
        await assert.rejects(dagVersion(kube, "ns", "flights-tasks"), /no templates of the DAG's tasks/);
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
        kubectl: "/cache/kubectl-v1/kubectl",
        dag: {
            ...{ run: "sandbox__2013-12-31__ab12", state: "success", seconds: 161.2, before: false },
            tasks: {
                ingest: { state: "success", seconds: 21.3, tries: 1 },
                gold: { state: "success", seconds: 60, tries: 2 },
            },
        },
        tables: {
            flights: { rows: 336776, sha256: "a" },
            delays: { rows: 185, sha256: "b" },
            predictions: { rows: 84292, sha256: "c" },
        },
        model: { name: "flight-delay", version: "3", metrics: { mae: 20.123456789, rows: 27000 } },
        memory: { now: 2.4, peak: 4.9, pods: { "sandbox-streaming/kafka-0": 491 }, peaks: {} },
        importErrors: [{ file: "clean.py", line: 3, message: "SyntaxError: invalid syntax", at: "" }],
        secrets: { root: { namespace: "storage", name: "minio-root", keys: ["rootPassword"] } },
    };

    it("shows the numbers, and how to get a password, not the password", () => {
        const text = stripVTControlCharacters(renderSummary(summary));
        for (const part of [
            "produced to Kafka            336,776  336,776 new",
            "read back                    336,776  all three equal",
            "delays by carrier and month  185",
            "DAG flights success\n",
            "  gold      60.0 s  2 tries\n",
            "can't be parsed: clean.py:3: SyntaxError: invalid syntax",
            "Model flight-delay, version 3",
            "  mae   20.1235",
            "2.4 GiB now, 4.9 GiB at most",
            "491 MiB  sandbox-streaming/kafka-0",
            "make open",
            "37 created, 0 updated, 0 deleted",
            "0.15 CPU, 0.875 GiB",
            "73,498 rows/s",
            "export KUBECONFIG=/k PATH=$PATH:/cache/kubectl-v1\n",
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
