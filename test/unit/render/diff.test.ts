import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compare } from "../../../render/diff/compare";
import { diff as fieldChanges } from "../../../kubernetes/diff";
import { ObjectDiff } from "../../../render/diff/model";
import { requestsOf } from "../../../render/diff/requests";
import { readSide, Side, sideOf } from "../../../render/diff/side";
import { textOf } from "../../../render/diff/text";
import { Manifest } from "../../../kubernetes/objects";
import { RenderedRelease, renderStack } from "../../../render/manifests";
import { readStackConfig, stackFile } from "../../../program/stack-config";
import { writeTree } from "../../../render/write";

type Extra = Record<string, unknown>;

function object(kind: string, name: string, more: Extra = {}, metadata: Extra = {}): Manifest {
    const apiVersion = { StatefulSet: "apps/v1", Deployment: "apps/v1", Job: "batch/v1" }[kind] ?? "v1";
    return { apiVersion, kind, metadata: { name, namespace: "demo", ...metadata }, ...more } as Manifest;
}

function side(name: string, manifests: Manifest[], releases: RenderedRelease[] = []): Side {
    const path = ({ kind, metadata }: Manifest) => `${metadata.namespace}/${kind}.${metadata.name}.yaml`;
    return { name, objects: new Map(manifests.map((each) => [path(each), each])), releases, missing: [] };
}

const diff = (before: Manifest[], after: Manifest[]) => compare(side("before", before), side("after", after));
const objects = (before: Manifest[], after: Manifest[]): ObjectDiff[] =>
    diff(before, after).components.flatMap(({ objects: all }) => all);

/** A server with a volume. */
function server({ image = "demo:1", replicas = 1, storage = "1Gi", labels = {}, env = [] as object[] } = {}): Manifest {
    const requests = { cpu: "250m", memory: "1Gi" };
    const template = {
        metadata: { labels },
        spec: { containers: [{ name: "main", image, env, resources: { requests } }] },
    };
    const claim = { metadata: { name: "data", labels }, spec: { resources: { requests: { storage } } } };
    return object("StatefulSet", "server", { spec: { replicas, template, volumeClaimTemplates: [claim] } }, { labels });
}

describe("the difference of two trees", () => {
    it("is nothing when they are the same", () => {
        const { summary, components } = diff([server()], [server()]);
        assert.deepEqual([summary.added, summary.changed, summary.removed, summary.unchanged], [0, 0, 0, 1]);
        assert.deepEqual(components, []);
    });

    it("shows the changed lines of an object, and the fields by what Kubernetes calls them", () => {
        const env = (value: string) => [
            { name: "A", value: "1" },
            { name: "LEVEL", value },
        ];
        const [change] = objects([server({ env: env("info") })], [server({ env: env("debug") })]);
        assert.deepEqual(change.fields, [
            { path: "spec.template.spec.containers[main].env[LEVEL].value", before: "info", after: "debug" },
        ]);
        assert.deepEqual(
            change.lines.filter((line) => /^[-+]/.test(line)).map((line) => line.replace(/\s+/g, " ")),
            ["- value: info", "+ value: debug"],
        );
    });

    it("counts what comes and goes, by component", () => {
        const result = diff(
            [
                object("ConfigMap", "old"),
                object("Namespace", "demo", {}, { labels: { "data-platform.io/system": "storage" } }),
            ],
            [
                object("ConfigMap", "new"),
                object("Namespace", "demo", {}, { labels: { "data-platform.io/system": "storage" } }),
            ],
        );
        assert.deepEqual([result.summary.added, result.summary.removed], [1, 1]);
        assert.deepEqual(
            result.components.map(({ name, system, objects: all }) => [
                name,
                system,
                all.map(({ operation }) => operation),
            ]),
            [["demo", "storage", ["added", "removed"]]],
        );
    });

    it("hides labels of versions and checksums, and says whose", () => {
        const labels = (version: string) => ({
            "helm.sh/chart": `demo-${version}`,
            "app.kubernetes.io/version": version,
        });
        const { summary, components } = diff(
            [server({ labels: labels("1.0.0") })],
            [server({ labels: labels("1.1.0") })],
        );
        assert.deepEqual([summary.changed, summary.quiet, components], [0, ["StatefulSet demo/server"], []]);
        assert.deepEqual(summary.charts, [{ name: "demo", before: ["1.0.0"], after: ["1.1.0"] }]);
    });

    it("names images and what servers ask for, before and after", () => {
        const result = diff([server()], [server({ image: "demo:2", replicas: 3 })]);
        assert.deepEqual(result.summary.images, [{ name: "demo", before: ["1"], after: ["2"] }]);
        const gib = 2 ** 30;
        assert.deepEqual(result.summary.requests, {
            before: { cpu: 0.25, memory: gib, storage: gib },
            after: { cpu: 0.75, memory: 3 * gib, storage: 3 * gib },
        });
        assert.match(
            textOf(result),
            /0\.25 CPU, 1 GiB memory, 1 GiB storage -> 0\.75 CPU, 3 GiB memory, 3 GiB storage/,
        );
    });

    it("sees an object whose name ends in the hash of its contents as changed", () => {
        const job = (hash: string, command: string) => object("Job", `check-${hash}`, { spec: { command } });
        const [change, ...more] = objects([job("0a1b2c3d", "one")], [job("d3c2b1a0", "two")]);
        assert.deepEqual([change.operation, change.formerName, more], ["renamed", "check-0a1b2c3d", []]);
        assert.ok(change.lines.some((line) => line.includes("two")));
    });

    it("doesn't show a release that was rendered on one side only as gone", () => {
        const release = (rendered: boolean, files: string[]): RenderedRelease => ({
            ...{ name: "demo", namespace: "demo", chart: "demo", version: "1.0.0", rendered, files },
        });
        const stands = object("Release", "demo", { spec: { chart: "demo", version: "1.0.0", values: {} } });
        const { summary, components } = compare(
            side("main", [server()], [release(true, ["demo/StatefulSet.server.yaml"])]),
            side("mine", [stands], [release(false, ["demo/Release.demo.yaml"])]),
        );
        assert.deepEqual(components, []);
        assert.deepEqual(summary.skipped, [
            { what: "release demo/demo", reason: "its chart was not rendered in mine" },
        ]);
    });
});

describe("risks of a change", () => {
    const codes = (before: Manifest[], after: Manifest[]) =>
        objects(before, after).flatMap(({ risks }) => risks.map(({ level, code }) => `${level} ${code}`));

    it("are marked where data may be lost", () => {
        assert.deepEqual(codes([server()], []), ["danger stateful-removed"]);
        assert.deepEqual(codes([object("PersistentVolumeClaim", "data")], []), ["danger stateful-removed"]);
        assert.deepEqual(codes([server()], [server({ storage: "2Gi" })]), ["danger replaced"]);
        assert.deepEqual(codes([server({ storage: "2Gi" })], [server()]), ["danger replaced", "danger volume-shrinks"]);
        assert.deepEqual(codes([server()], [server({ replicas: 0 })]), ["danger scaled-to-zero"]);
    });

    it("aren't where it is kept, or nothing is lost", () => {
        const kept = object(
            "PersistentVolumeClaim",
            "data",
            {},
            { annotations: { "helm.sh/resource-policy": "keep" } },
        );
        assert.deepEqual(codes([kept], []), []);
        assert.deepEqual(codes([server()], [server({ replicas: 2, image: "demo:2" })]), []);
        assert.deepEqual(codes([object("ConfigMap", "x")], []), []);
    });

    it("are marked where rights or privileges widen", () => {
        const role = (verbs: string[]) =>
            object("Role", "r", { rules: [{ apiGroups: [""], resources: ["secrets"], verbs }] });
        assert.deepEqual(codes([role(["get"])], [role(["get", "list"])]), ["caution rights-widened"]);
        const pod = (privileged: boolean) =>
            object("Pod", "p", { spec: { containers: [{ securityContext: { privileged } }] } });
        assert.deepEqual(codes([pod(false)], [pod(true)]), ["danger privileged"]);
    });

    it("are marked where a door opens by other means", () => {
        const pod = (spec: Extra) => object("Deployment", "p", { spec: { template: { spec } } });
        const capable = (add: string[]) => pod({ containers: [{ securityContext: { capabilities: { add } } }] });
        assert.deepEqual(codes([capable([])], [capable(["NET_ADMIN"])]), ["danger privileged"]);
        assert.deepEqual(codes([capable([])], [capable(["NET_BIND_SERVICE"])]), []);
        const mounted = pod({ volumes: [{ name: "a", hostPath: { path: "/" } }] });
        assert.deepEqual(codes([pod({ volumes: [] })], [mounted]), ["danger privileged"]);
        assert.deepEqual(codes([mounted], [mounted]), [], "what was open before is nothing new");
        const space = (level?: string) =>
            object(
                "Namespace",
                "n",
                {},
                { labels: { a: "b", ...(level ? { "pod-security.kubernetes.io/enforce": level } : {}) } },
            );
        assert.deepEqual(codes([space("restricted")], [space("baseline")]), ["danger pod-security"]);
        assert.deepEqual(codes([space("restricted")], [space()]), ["danger pod-security"]);
        assert.deepEqual(codes([space("baseline")], [space("restricted")]), []);
        const bound = (role: string, ...names: string[]) =>
            object("ClusterRoleBinding", "b", {
                roleRef: { name: role },
                subjects: names.map((name) => ({ kind: "User", name })),
            });
        assert.deepEqual(codes([bound("view", "a")], [bound("view", "a", "b")]), ["caution rights-widened"]);
        assert.deepEqual(codes([], [bound("cluster-admin", "a")]), ["danger rights-added"]);
        const hook = (more: Extra) =>
            object("ValidatingWebhookConfiguration", "w", {
                webhooks: [{ name: "a.b", failurePolicy: "Ignore", ...more }],
            });
        assert.deepEqual(codes([hook({ namespaceSelector: { a: 1 } })], [hook({})]), ["caution webhook-widened"]);
        assert.deepEqual(codes([hook({})], [hook({ failurePolicy: "Fail" })]), ["caution webhook-widened"]);
        assert.deepEqual(codes([object("PodDisruptionBudget", "p")], []), ["caution policy-removed"]);
    });

    it("are ways out as wide as the internet, once they come or their reason changes", () => {
        const policy = (reason?: string) => {
            const made = object("NetworkPolicy", "loader");
            if (reason) made.metadata.annotations = { "data-platform.io/egress-reason": reason };
            return made;
        };
        assert.deepEqual(codes([], [policy("0.0.0.0/0 port 443: no addresses")]), ["caution wide-egress"]);
        assert.deepEqual(codes([policy()], [policy("0.0.0.0/0 port 443: no addresses")]), ["caution wide-egress"]);
        assert.deepEqual(codes([policy("a")], [policy("b")]), ["caution wide-egress"]);
        assert.deepEqual(codes([policy("a")], [policy("a")]), []);
        assert.deepEqual(codes([], [policy()]), []);
    });

    it("aren't where an object of another name comes, or a quota shrinks", () => {
        const job = (hash: string, image: string) =>
            object("Job", `job-${hash}`, { spec: { template: { spec: { image } } } });
        assert.deepEqual(codes([job("0123abcd", "a")], [job("4567cdef", "b")]), []);
        const quota = (storage: string) =>
            object("ResourceQuota", "q", { spec: { hard: { "requests.storage": storage } } });
        assert.deepEqual(codes([quota("2Gi")], [quota("1Gi")]), []);
    });
});

describe("fields that differ", () => {
    it("are found by key, by name, or by place", () => {
        assert.deepEqual(fieldChanges({ a: [1, 2] }, { a: [1, 3] }), [{ path: "a[1]", before: 2, after: 3 }]);
        assert.deepEqual(fieldChanges({ a: { b: 1 } }, { a: {} }), [{ path: "a.b", before: 1 }]);
        const [one, other] = [{ name: "one" }, { name: "other" }];
        assert.deepEqual(fieldChanges([one], [other, one]), [{ path: "[other]", after: other }]);
        assert.equal(fieldChanges([one, other], [other, one]).length, 1, "another order is a change");
    });
});

describe("requests", () => {
    it("count operators' custom resources and autoscaled servers by what runs", () => {
        const resources = { requests: { cpu: 1, memory: "2Gi" } };
        const pool = object("KafkaNodePool", "brokers", {
            spec: { replicas: 3, resources, storage: { volumes: [{ size: "10Gi" }] } },
        });
        const cluster = {
            ...object("Cluster", "db", { spec: { instances: 2, resources, storage: { size: "5Gi" } } }),
            apiVersion: "postgresql.cnpg.io/v1",
        };
        const pod = { containers: [{ resources }], initContainers: [{ resources: { requests: { cpu: 2 } } }] };
        const scaled = object("Deployment", "web", { spec: { template: { spec: pod } } });
        const scaler = object("HorizontalPodAutoscaler", "web", {
            spec: { minReplicas: 2, scaleTargetRef: { kind: "Deployment", name: "web" } },
        });
        const job = object("Job", "once", { spec: { template: { spec: pod } } });
        const gib = 2 ** 30;
        assert.deepEqual(requestsOf([pool, cluster, scaled, scaler, job]), {
            cpu: 3 + 2 + 2 * 2,
            memory: (6 + 4 + 4) * gib,
            storage: (30 + 10) * gib,
        });
    });
});

describe("one changed line of a stack file", () => {
    it("shows as what it means, and nothing else", async function () {
        this.timeout(300_000);
        const { values, secretKeys } = readStackConfig(stackFile("prod"));
        const rendered = (config: Record<string, string>) =>
            renderStack({ stack: "prod", charts: "directories", config, secretKeys });
        const [before, after] = await Promise.all([
            rendered(values),
            rendered({ ...values, "data-platform:tracking": JSON.stringify({ maxReplicas: 5 }) }),
        ]);
        const result = compare(sideOf(before, "before"), sideOf(after, "after"));
        const [component, ...others] = result.components;
        assert.deepEqual([component.name, others], ["prod-tracking", []]);
        const [scaler, quota, ...more] = component.objects;
        assert.deepEqual(
            [scaler.kind, scaler.fields],
            ["HorizontalPodAutoscaler", [{ path: "spec.maxReplicas", before: 4, after: 5 }]],
        );
        // There has to be room for one more pod.
        assert.deepEqual([quota.kind, more], ["ResourceQuota", []]);
        assert.ok(quota.fields.every(({ path }) => path.startsWith("spec.hard.")));
        assert.deepEqual([result.summary.added, result.summary.changed, result.summary.removed], [0, 2, 0]);
        // By way of directories it is the same.
        const dir = mkdtempSync(join(tmpdir(), "diff-"));
        await writeTree(join(dir, "before"), before);
        await writeTree(join(dir, "after"), after);
        const [one, other] = await Promise.all(["before", "after"].map((name) => readSide(join(dir, name))));
        assert.deepEqual(compare(one, other), result);
        await assert.rejects(readSide(join(dir, "nowhere")), /no such directory/);
        rmSync(dir, { recursive: true });
    });
});
