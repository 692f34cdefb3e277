import assert from "node:assert/strict";

import type { StackState } from "../../../../engine/engine";
import {
    appliedFindings,
    brings,
    definitionFindings,
    kindFindings,
    neededKinds,
    planeFindings,
} from "../../../../operations/doctor/definitions";
import { newestOf, releaseFindings } from "../../../../operations/doctor/releases";
import {
    priorityFindings,
    quotaFindings,
    capacityFacts,
    capacityFindings,
} from "../../../../operations/doctor/capacity";
import type { Manifest } from "../../../../kubernetes/objects";
import type { KubeObject } from "../../../../kubernetes/client";
import { config, knowing, levels, object } from "../../../support/doctor";

describe("doctor: definitions", () => {
    const crd = (name: string, version = "v1"): Manifest => ({
        ...{ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name } },
        spec: {
            group: "example.com",
            names: { kind: "Thing", plural: "things" },
            versions: [{ name: version, served: true }],
        },
    });
    const thing: Manifest = { apiVersion: "example.com/v1", kind: "Thing", metadata: { name: "one", namespace: "n" } };
    const kafka: Manifest = { ...thing, apiVersion: "kafka.strimzi.io/v1", kind: "Kafka" };

    it("come with the stack, in the version that its objects are of", () => {
        assert.ok(brings(thing, [crd("things.example.com")], config()));
        assert.ok(!brings(thing, [crd("things.example.com", "v2")], config()));
        assert.ok(!brings(thing, [], config()));
        const strimzi = { eventStream: { kind: "strimzi" } };
        assert.ok(brings(kafka, [], config(strimzi)), "the operator brings it, though it can't be read from here");
        const shared = config({ ...strimzi, cluster: { mode: "shared", stack: "plane" } });
        assert.ok(!brings(kafka, [], shared));
        const [one] = kindFindings(neededKinds([kafka]), neededKinds([kafka]), shared);
        assert.deepEqual([one.level, one.subject], ["error", "kafka.strimzi.io/v1 Kafka"]);
        assert.match(one.fix ?? "", /^pulumi up --stack plane/);
    });

    it("name who else has them, and a stored version that would be dropped", () => {
        const there = (managers: string[], annotations = {}, stored = ["v1"]): KubeObject => ({
            ...object("CustomResourceDefinition", "things.example.com", { status: { storedVersions: stored } }),
            metadata: {
                ...{ name: "things.example.com", annotations },
                ...{ managedFields: managers.map((manager) => ({ manager })) },
            },
        });
        const of = (one: KubeObject, state?: StackState) =>
            levels(definitionFindings("dev", [crd("things.example.com")], [one], state));
        assert.deepEqual(of(there(["pulumi-kubernetes-1a2b"])), ["DP-CRD-003 passed"]);
        assert.deepEqual(of(there(["kubectl-client-side-apply"])), ["DP-CRD-003 warning"]);
        assert.deepEqual(of(there(["pulumi"], { "meta.helm.sh/release-name": "x" })), ["DP-CRD-003 warning"]);
        const ours = knowing({ kind: "CustomResourceDefinition", name: "things.example.com" });
        assert.deepEqual(of(there(["kubectl-client-side-apply"]), ours), ["DP-CRD-003 passed"]);
        assert.deepEqual(of(there(["pulumi"], {}, ["v1beta1", "v1"])), ["DP-CRD-002 error"]);
    });

    it("are ours once we have applied them, whatever is still written on them, until somebody changes them", () => {
        const fields = (part: string) => ({ "f:spec": { [part]: {} } });
        const ours = { manager: "data-platform", operation: "Apply", fieldsV1: fields("f:versions") };
        const there = (...others: object[]): KubeObject => ({
            ...object("CustomResourceDefinition", "things.example.com"),
            metadata: {
                ...{ name: "things.example.com", annotations: { "meta.helm.sh/release-name": "x" } },
                ...{ managedFields: [ours, ...others] },
            },
        });
        const helm = { manager: "helm", operation: "Update", fieldsV1: fields("f:versions") };
        const of = (one: KubeObject) => levels(definitionFindings("dev", [crd("things.example.com")], [one]));
        assert.deepEqual(of(there()), ["DP-CRD-003 passed"]);
        assert.deepEqual(of(there(helm)), ["DP-CRD-003 warning"]);

        const applied = (one?: KubeObject) => appliedFindings("dev", new Map([["things.example.com", one]]));
        assert.deepEqual(applied(there()), []);
        const [changed] = applied(there(helm));
        assert.deepEqual([changed.id, changed.level], ["DP-CRD-005", "warning"]);
        assert.match(changed.message, /was changed by helm since/);
        assert.match(applied(undefined)[0].message, /is missing, with every object of its kind/);
        assert.equal(changed.fix, "pulumi up --stack dev");
    });

    it("of a shared plane are its stack's to give", () => {
        const shared = config({ cluster: { mode: "shared", stack: "plane" } });
        const plane = { shareable: true, issuer: "x", namespaces: { strimzi: "s", cloudNativePg: "c" } };
        assert.deepEqual(levels(planeFindings(shared, "plane", { clusterPlaneOutput: plane })), ["DP-CRD-004 passed"]);
        for (const outputs of [undefined, {}, { clusterPlaneOutput: { ...plane, shareable: false } }]) {
            const [one] = planeFindings(shared, "plane", outputs);
            assert.deepEqual([one.id, one.level, one.subject], ["DP-CRD-004", "error", "the stack plane"]);
        }
    });
});

describe("doctor: Helm releases", () => {
    const since = new Date("2026-01-01");
    const release = (status: string, revision = 1, name = "minio") => ({
        name,
        namespace: "n",
        revision,
        status,
        since,
    });
    const declared = [{ name: "minio", namespace: "n", chart: "./charts/minio" }];
    const known: StackState = {
        pending: [],
        resources: [{ ...knowing({ kind: "x", name: "x" }).resources[0], release: { name: "minio", namespace: "n" } }],
    };
    const of = (there: ReturnType<typeof release>[], state?: StackState) =>
        levels(releaseFindings("dev", there, declared, state));

    it("goes by the newest record", () => {
        const records = [1, 3, 2].map((revision) => ({
            ...release("deployed", revision),
            secret: object("Secret", "s"),
            version: "",
        }));
        assert.deepEqual(
            newestOf(records as never).map(({ revision }) => revision),
            [3],
        );
    });

    it("tells pending, failed, unknown and lost ones apart", () => {
        assert.deepEqual(of([release("deployed")], known), ["DP-HELM-001 passed"]);
        for (const status of ["pending-install", "pending-upgrade", "pending-rollback", "uninstalling"])
            assert.deepEqual(of([release(status)], known), ["DP-HELM-001 error"]);
        assert.deepEqual(of([release("failed")], known), ["DP-HELM-002 warning"]);
        assert.deepEqual(of([release("deployed")], { resources: [], pending: [] }), ["DP-HELM-003 error"]);
        assert.deepEqual(of([release("deployed")]), ["DP-HELM-001 passed"], "nothing is known of the state");
        assert.deepEqual(of([], known), ["DP-HELM-004 warning"]);
        assert.deepEqual(of([release("deployed", 1, "theirs")], { resources: [], pending: [] }), [
            "DP-HELM-001 passed",
        ]);
    });
});

describe("doctor: room", () => {
    const server = (cpu: string, replicas = 1, namespace = "dev-jobs"): Manifest => ({
        ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "x", namespace } },
        spec: { replicas, template: { spec: { containers: [{ resources: { requests: { cpu, memory: "1Gi" } } }] } } },
    });
    const node = object("Node", "a", {
        status: { allocatable: { cpu: "4", memory: "8Gi" }, conditions: [{ type: "Ready", status: "True" }] },
    });
    const pod = (namespace: string, cpu: string, phase = "Running") =>
        object(
            "Pod",
            "p",
            { spec: { nodeName: "a", containers: [{ resources: { requests: { cpu } } }] }, status: { phase } },
            namespace,
        );

    it("counts what others have taken, not what the stack has", () => {
        const pods = [pod("theirs", "3"), pod("dev-jobs", "1"), pod("theirs", "2", "Succeeded")];
        const facts = capacityFacts([node], pods, ["dev-jobs"], false);
        assert.deepEqual([facts.taken.cpu, facts.nodes], [3, [{ name: "a", cpu: 4, memory: 8 * 2 ** 30 }]]);
        assert.deepEqual(levels(capacityFindings(facts, [server("1")])), ["DP-ROOM-001 passed"]);
        assert.deepEqual(levels(capacityFindings(facts, [server("1", 2)])), ["DP-ROOM-001 warning"]);
    });

    it("names what no node is large enough for", () => {
        const facts = capacityFacts([node, { ...node, metadata: { name: "b" } }], [], [], true);
        const findings = capacityFindings(facts, [server("5")]);
        assert.deepEqual(levels(findings), ["DP-ROOM-001 passed", "DP-ROOM-002 warning"]);
        assert.match(findings[0].message, /at least/);
        assert.match(findings[1].message, /asks for 5\.0 CPUs.*a \(4\.0 CPUs/);
    });

    it("goes by quotas of others only", () => {
        const quota = object("ResourceQuota", "q", { spec: { hard: { cpu: "500m" } } }, "dev-jobs");
        assert.deepEqual(levels(quotaFindings([quota], [server("1")])), ["DP-ROOM-003 error"]);
        assert.deepEqual(levels(quotaFindings([quota], [server("250m")])), ["DP-ROOM-003 passed"]);
        assert.deepEqual(levels(quotaFindings([quota], [server("1"), quota])), ["DP-ROOM-003 passed"]);
    });

    it("knows whose PriorityClasses are, and which are missing", () => {
        const name = "data-platform-batch";
        const own: Manifest = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name } };
        const there = (instance?: string): KubeObject => ({
            ...object("PriorityClass", name),
            metadata: { name, labels: instance ? { "app.kubernetes.io/instance": `${instance}-${name}` } : {} },
        });
        const of = (classes: KubeObject[], state?: StackState) =>
            levels(priorityFindings("dev", undefined, classes, [own], state));
        assert.deepEqual(of([]), ["DP-ROOM-004 passed"]);
        assert.deepEqual(of([there("dev")]), ["DP-ROOM-004 passed"]);
        assert.deepEqual(of([there("other")]), ["DP-ROOM-004 error"]);
        assert.deepEqual(of([there()]), ["DP-ROOM-004 error"]);
        assert.deepEqual(of([there()], knowing({ kind: "PriorityClass", name })), ["DP-ROOM-004 passed"]);
        const user: Manifest = { ...own, kind: "Pod", spec: { priorityClassName: name } };
        const [missing] = priorityFindings("pr-7", "plane", [], [user]);
        assert.deepEqual([missing.level, missing.fix], ["error", "pulumi up --stack plane"]);
    });
});
