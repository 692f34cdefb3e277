import assert from "node:assert/strict";

import { apiServiceFindings, servedBy, strictWebhooks, webhookFindings } from "../../../../operations/doctor/admission";
import {
    apartIn,
    connectionFindings,
    metricsFindings,
    type NodeFacts,
    nodeFacts,
    nodeFindings,
    spreadFindings,
    versionFindings,
} from "../../../../operations/doctor/cluster";
import { ownerFindings, terminatingFindings } from "../../../../operations/doctor/namespaces";
import { storageFindings } from "../../../../operations/doctor/storage";
import type { Manifest } from "../../../../kubernetes/objects";
import { KubeError } from "../../../../kubernetes/client";
import { UserError } from "../../../../lib/errors";
import { config, levels, object } from "../../../support/doctor";

describe("doctor: the cluster", () => {
    it("is refused when it is too old, and noted when it is newer than what is tested", () => {
        assert.deepEqual(levels(versionFindings("v1.29.9", "c")), ["DP-CLUSTER-003 error"]);
        assert.deepEqual(levels(versionFindings("v1.30.0-eks-1", "c")), ["DP-CLUSTER-003 passed"]);
        assert.deepEqual(levels(versionFindings("v1.99.0", "c")), ["DP-CLUSTER-003 info"]);
    });

    it("that is away is another thing than a context that isn't there", () => {
        const away = new UserError("the cluster does not answer: no answer within 10 s", { where: "https://x" });
        assert.deepEqual(levels(connectionFindings("dev", away)), ["DP-CLUSTER-002 error"]);
        const wrong = new UserError('"a" is no context of the kubeconfig', { allowed: "b, c" });
        const [one] = connectionFindings("dev", wrong);
        assert.equal(one.id, "DP-CLUSTER-001");
        assert.match(one.message, /there are b, c/);
        assert.match(one.fix ?? "", /'data-platform:kubernetes.context' b$/);
        const [login] = connectionFindings("dev", new KubeError(401, "Unauthorized", "Unauthorized"));
        assert.deepEqual([login.id, login.fix], ["DP-CLUSTER-001", "kubectl auth whoami"]);
    });

    const node = (name: string, more: Partial<NodeFacts> = {}): NodeFacts => ({
        name,
        ready: true,
        open: true,
        ...more,
    });

    it("reads nodes, and names those that take no pods", () => {
        const status = { conditions: [{ type: "Ready", status: "True" }] };
        const facts = nodeFacts([
            object("Node", "a", { status }),
            object("Node", "b", { spec: { unschedulable: true } }),
        ]);
        assert.deepEqual(
            facts.map(({ ready, open }) => [ready, open]),
            [
                [true, true],
                [false, false],
            ],
        );
        const some = nodeFindings([node("a"), node("b", { ready: false }), node("c", { open: false })]);
        assert.deepEqual(
            levels(some),
            ["passed", "warning", "warning"].map((level) => `DP-CLUSTER-004 ${level}`),
        );
        assert.deepEqual(some.map(({ fix }) => fix).slice(1), ["kubectl describe node b", "kubectl uncordon c"]);
        assert.deepEqual(levels(nodeFindings([node("a", { open: false })])), ["DP-CLUSTER-004 error"]);
        assert.deepEqual(levels(nodeFindings([])), ["DP-CLUSTER-004 error"]);
    });

    const spread = (key: string, whenUnsatisfiable: string, replicas = 3): Manifest => ({
        ...{ apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "minio", namespace: "dev-storage" } },
        spec: {
            replicas,
            template: { spec: { topologySpreadConstraints: [{ topologyKey: key, whenUnsatisfiable }] } },
        },
    });
    const zone = "topology.kubernetes.io/zone";

    it("has zones for what should stand apart, or it says what would fail together", () => {
        const apart = apartIn([spread(zone, "ScheduleAnyway")]);
        assert.deepEqual(levels(spreadFindings([node("a")], apart)), ["DP-CLUSTER-005 warning"]);
        assert.match(spreadFindings([node("a")], apart)[0].message, /no node has the label/);
        const two = [node("a", { zone: "1" }), node("b", { zone: "2" })];
        assert.deepEqual(levels(spreadFindings(two, apart)), ["DP-CLUSTER-005 passed"]);
        assert.deepEqual(levels(spreadFindings(two, apartIn([spread(zone, "DoNotSchedule")]))), [
            "DP-CLUSTER-005 error",
        ]);
        assert.deepEqual(spreadFindings([node("a")], apartIn([spread(zone, "DoNotSchedule", 1)])), []);
    });

    it("has nodes for what must stand apart", () => {
        const cnpg: Manifest = {
            ...{
                apiVersion: "postgresql.cnpg.io/v1",
                kind: "Cluster",
                metadata: { name: "pg", namespace: "dev-database" },
            },
            spec: {
                instances: 3,
                affinity: { podAntiAffinityType: "required", topologyKey: "kubernetes.io/hostname" },
            },
        };
        const [one] = spreadFindings([node("a"), node("b"), node("c", { ready: false })], apartIn([cnpg]));
        assert.equal(one.level, "error");
        assert.match(one.message, /has 2 nodes, and Cluster dev-database\/pg must stand on 3/);
    });

    it("serves metrics where something scales by CPU", () => {
        const scaler: Manifest = {
            ...{
                apiVersion: "autoscaling/v2",
                kind: "HorizontalPodAutoscaler",
                metadata: { name: "x", namespace: "n" },
            },
            spec: { metrics: [{ type: "Resource" }] },
        };
        assert.deepEqual(levels(metricsFindings([scaler], false)), ["DP-CLUSTER-006 warning"]);
        assert.deepEqual(levels(metricsFindings([scaler], true)), ["DP-CLUSTER-006 passed"]);
        assert.deepEqual(metricsFindings([], false), []);
    });
});

describe("doctor: storage and namespaces, as the update itself looks at them", () => {
    it("names a class that isn't there by its key", () => {
        const findings = storageFindings("dev", config({ objectStore: { storageClass: "fats" } }), []);
        assert.ok(findings.every(({ id, level }) => `${id} ${level}` === "DP-STORAGE-001 error"));
        assert.match(findings[0].message, /"fats" is no storage class/);
    });

    it("says what volumes of a class can't do", () => {
        const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
        const usual = { ...object("StorageClass", "fast"), metadata: { name: "fast", annotations } };
        assert.deepEqual(levels(storageFindings("dev", config(), [usual])), [
            "DP-STORAGE-001 passed",
            "DP-STORAGE-002 info",
        ]);
        const good = { ...usual, allowVolumeExpansion: true, volumeBindingMode: "WaitForFirstConsumer" };
        assert.equal(storageFindings("dev", config(), [good])[1].level, "passed");
    });

    it("names whose a namespace is, and what holds one that is being deleted", () => {
        assert.deepEqual(levels(ownerFindings("dev", config(), [object("Namespace", "dev-jobs")])), [
            "DP-NS-002 error",
        ]);
        assert.deepEqual(levels(ownerFindings("dev", config(), [])), ["DP-NS-002 passed"]);
        const [one] = terminatingFindings(
            "dev",
            ["dev-jobs"],
            [
                {
                    ...{ name: "dev-jobs", since: "2026-01-01T00:00:00Z", own: [] },
                    conditions: [{ type: "NamespaceContentRemaining", message: "some are remaining" }],
                    held: [{ object: "KafkaTopic dev-jobs/x", finalizers: ["strimzi.io/topic-operator"] }],
                },
            ],
        );
        assert.match(one.message, /KafkaTopic dev-jobs\/x waits for strimzi.io\/topic-operator\n.*some are remaining/);
        assert.equal(one.fix, "data-platform teardown --stack dev --dry-run");
    });
});

describe("doctor: webhooks and aggregated APIs", () => {
    it("finds webhooks that block and have nobody behind them", () => {
        const service = { namespace: "n", name: "hook" };
        const rules = [{ apiGroups: ["apps"], resources: ["deployments"] }];
        const hooks = (failurePolicy: string) =>
            object("ValidatingWebhookConfiguration", "x", {
                webhooks: [{ name: "w", failurePolicy, clientConfig: { service }, rules }],
            });
        assert.deepEqual(strictWebhooks(hooks("Ignore")), []);
        const dead = strictWebhooks(hooks("Fail"));
        const deployments = [{ group: "apps", plural: "deployments" }];
        assert.equal(webhookFindings(dead, deployments)[0].level, "error");
        assert.equal(webhookFindings(dead, [{ group: "", plural: "pods" }])[0].level, "warning");
        const slice = (ready: boolean) => ({
            ...object("EndpointSlice", "s", { endpoints: [{ conditions: { ready } }] }),
            metadata: { name: "s", namespace: "n", labels: { "kubernetes.io/service-name": "hook" } },
        });
        assert.deepEqual([...servedBy([slice(true)])], ["n/hook"]);
        assert.deepEqual([...servedBy([slice(false)])], []);
    });

    it("finds an APIService that doesn't answer", () => {
        const conditions = [{ type: "Available", status: "False", message: "endpoints missing" }];
        const dead = object("APIService", "v1.x", {
            spec: { service: { name: "s", namespace: "n" } },
            status: { conditions },
        });
        assert.match(apiServiceFindings([dead])[0].message, /endpoints missing/);
        assert.equal(apiServiceFindings([object("APIService", "v1.apps", { spec: {} })])[0].level, "passed");
    });
});
