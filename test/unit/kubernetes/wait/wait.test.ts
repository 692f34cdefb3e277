import assert from "node:assert/strict";

import { KubeObject } from "../../../../kubernetes/client";
import { unmetCondition } from "../../../../kubernetes/wait/wait-for";
import { podActivity, admissionFailure, terminalFailure } from "../../../../kubernetes/wait/pod-failures";
import { readiness } from "../../../../kubernetes/wait/readiness";

function object(kind: string, rest: Partial<KubeObject>): KubeObject {
    return {
        apiVersion: "v1",
        kind,
        ...rest,
        metadata: { name: "x", namespace: "n", generation: 1, ...rest.metadata },
    };
}
const condition = (type: string, status = "True", rest = {}) => ({ conditions: [{ type, status, ...rest }] });

describe("readiness of objects", () => {
    const state = (kind: string, rest: Partial<KubeObject>) => readiness(object(kind, rest)).state;

    it("an admission policy is ready when its expressions are checked, and fails where one doesn't fit", () => {
        const of = (status: object) =>
            readiness(
                object("ValidatingAdmissionPolicy", {
                    metadata: { name: "some", generation: 2 },
                    status: status as KubeObject["status"],
                }),
            );
        const warning = { fieldRef: "spec.validations[0].expression", warning: "undefined field 'nodename'" };
        const typeChecking = { expressionWarnings: [warning] };
        assert.equal(of({}).state, "waiting");
        assert.equal(of({ observedGeneration: 1, typeChecking }).state, "waiting");
        assert.equal(of({ observedGeneration: 2, typeChecking: {} }).state, "ready");
        assert.deepEqual(of({ observedGeneration: 2, typeChecking }), {
            state: "failed",
            why: "spec.validations[0].expression: undefined field 'nodename'",
        });
    });

    it("of kinds that nobody waits for is given at once", () => {
        for (const kind of ["ConfigMap", "Secret", "CronJob", "NetworkPolicy", "SparkApplication"])
            assert.equal(state(kind, {}), "ready");
    });

    it("of a job is its end", () => {
        assert.equal(state("Job", { status: { active: 1 } }), "waiting");
        assert.equal(state("Job", { status: condition("Complete") }), "ready");
        const failed = readiness(
            object("Job", { status: condition("Failed", "True", { reason: "DeadlineExceeded", message: "too long" }) }),
        );
        assert.deepEqual(failed, { state: "failed", why: "DeadlineExceeded: too long" });
    });

    it("of a Deployment is a whole rollout that its controller has noticed", () => {
        const status = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
        const deployment = (now: object, generation = 2) =>
            readiness(
                object("Deployment", {
                    metadata: { name: "x", generation },
                    spec: { replicas: 2 },
                    status: { ...status, ...now },
                }),
            );
        assert.equal(deployment({}).state, "ready");
        assert.equal(deployment({}, 3).state, "waiting");
        assert.deepEqual(deployment({ availableReplicas: 1 }), { state: "waiting", for: "1 of 2 pods available" });
        assert.equal(deployment({ replicas: 3 }).state, "waiting");
        const stuck = condition("Progressing", "False", { reason: "ProgressDeadlineExceeded" });
        assert.equal(deployment(stuck).state, "failed");
        assert.equal(deployment(stuck, 3).state, "waiting", "the trouble of the version before");
    });

    it("of a StatefulSet counts pods of the new revision", () => {
        const set = (status: object) =>
            readiness(object("StatefulSet", { spec: { replicas: 3 }, status: { observedGeneration: 1, ...status } }));
        assert.equal(set({ readyReplicas: 3, currentRevision: "a", updateRevision: "a" }).state, "ready");
        assert.equal(
            set({ readyReplicas: 3, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" }).state,
            "waiting",
        );
    });

    it("of a claim whose class waits for its first user does not hold anything up", () => {
        assert.equal(state("PersistentVolumeClaim", { status: { phase: "Pending" } }), "ready");
        const selected = { name: "x", annotations: { "volume.kubernetes.io/selected-node": "a" } };
        assert.equal(state("PersistentVolumeClaim", { metadata: selected, status: { phase: "Pending" } }), "waiting");
        assert.equal(state("PersistentVolumeClaim", { metadata: selected, status: { phase: "Bound" } }), "ready");
    });

    it("follows Pulumi's annotations", () => {
        const annotated = (annotations: Record<string, string>, status: KubeObject["status"]) =>
            state("Kafka", { metadata: { name: "x", annotations }, status });
        assert.equal(
            state("Job", { metadata: { name: "x", annotations: { "pulumi.com/skipAwait": "true" } } }),
            "ready",
        );
        assert.equal(annotated({ "pulumi.com/waitFor": "condition=Ready" }, {}), "waiting");
        assert.equal(annotated({ "pulumi.com/waitFor": "condition=Ready" }, condition("Ready")), "ready");
        assert.equal(annotated({ "pulumi.com/waitFor": "jsonpath={.status.phase}=Done" }, { phase: "Done" }), "ready");
        const both = '["condition=Ready", "jsonpath={.status.replicas}=3"]';
        assert.equal(annotated({ "pulumi.com/waitFor": both }, condition("Ready")), "waiting");
        assert.equal(annotated({ "pulumi.com/waitFor": both }, { ...condition("Ready"), replicas: 3 }), "ready");
    });
});

describe("what an object is asked to wait for", () => {
    const asked = (wish: string, status: Record<string, unknown>, generation = 1) =>
        unmetCondition(object("Certificate", { metadata: { name: "x", generation }, status }), wish);

    it("is told with what its operator says", () => {
        const status = condition("Ready", "False", { reason: "Pending", message: "the issuer is not ready" });
        assert.equal(
            asked("condition=Ready", status),
            "the condition Ready=True; Ready is False (Pending: the issuer is not ready)",
        );
        assert.equal(asked("condition=ready=false", status), undefined);
        assert.equal(asked("condition=Issued", status), "the condition Issued");
    });

    it("is not taken from an earlier version of the object", () => {
        const status = condition("Ready", "True", { observedGeneration: 1 });
        assert.equal(asked("condition=Ready", status, 1), undefined);
        assert.equal(asked("condition=Ready", status, 2), "its controller to notice the change");
        assert.equal(
            asked("jsonpath={.status.phase}=Done", { phase: "Done", observedGeneration: 1 }, 2),
            "its controller to notice the change",
        );
    });

    it("may be any value in it", () => {
        const status = {
            ...condition("Ready"),
            replicas: 3,
            state: "Running",
            nodes: [
                { name: "a", ready: true },
                { name: "b", ready: false },
            ],
        };
        for (const wish of [
            "jsonpath={.status.replicas}=3",
            "jsonpath={.status.nodes[0].name}=a",
            "jsonpath={.status.nodes[-1].name}=b",
            "jsonpath={.status.nodes[?(@.name=='a')].ready}=true",
            'jsonpath={.status.conditions[?(@.type=="Ready")].status}=True',
            "jsonpath=.status.state=Running",
            "jsonpath={.status['state']}",
        ])
            assert.equal(asked(wish, status), undefined, wish);
        assert.equal(
            asked("jsonpath={.status.nodes[*].ready}=true", status),
            ".status.nodes[*].ready = true; it is true, false",
        );
        assert.equal(asked("jsonpath={.status.nothing}", status), ".status.nothing");
    });

    it("is refused when it can't be understood, instead of waited for in vain", () => {
        for (const wish of ["ready", "jsonpath={.status[", "condition"])
            assert.throws(() => asked(wish, {}), /pulumi.com\/waitFor can't be understood/, wish);
    });
});

describe("giving up on pods", () => {
    const now = Date.parse("2026-01-01T00:10:00Z");
    const pod = (container: object, created = "2026-01-01T00:09:50Z") =>
        object("Pod", {
            metadata: { name: "kafka-0", namespace: "n", creationTimestamp: created },
            status: {
                phase: "Pending",
                containerStatuses: [{ name: "kafka", restartCount: 0, ready: false, ...container }],
            },
        });
    const waiting = (reason: string) => ({ state: { waiting: { reason, message: "because" } } });

    it("happens at once for what never mends, and after a while for what may", () => {
        assert.equal(
            terminalFailure([pod(waiting("ErrImageNeverPull"))], 0, now),
            "pod n/kafka-0, container kafka: ErrImageNeverPull: because",
        );
        assert.equal(terminalFailure([pod(waiting("ImagePullBackOff"))], 0, now), undefined);
        assert.match(
            terminalFailure([pod(waiting("ImagePullBackOff"), "2026-01-01T00:00:00Z")], 0, now) ?? "",
            /ImagePullBackOff/,
        );
        assert.equal(terminalFailure([pod(waiting("ContainerCreating"), "2026-01-01T00:00:00Z")], 0, now), undefined);
    });

    it("gives pods of before the change a while to be replaced", () => {
        const old = [pod(waiting("ErrImageNeverPull"), "2026-01-01T00:00:00Z")];
        assert.equal(terminalFailure(old, now - 10_000, now), undefined);
        assert.match(terminalFailure(old, now - 100_000, now) ?? "", /ErrImageNeverPull/);
    });

    it("allows a few crashes", () => {
        const crashed = (restartCount: number) =>
            pod({
                ...waiting("CrashLoopBackOff"),
                restartCount,
                lastState: { terminated: { exitCode: 1, reason: "Error" } },
            });
        assert.equal(terminalFailure([crashed(2)], 0, now), undefined);
        assert.match(terminalFailure([crashed(5)], 0, now) ?? "", /crashed 5 times \(last exit code 1, Error\)/);
    });

    it("knows pods that fit nowhere, and pods that may not be made", () => {
        const unschedulable = object("Pod", {
            metadata: { name: "big", namespace: "n", creationTimestamp: "2026-01-01T00:00:00Z" },
            status: condition("PodScheduled", "False", { reason: "Unschedulable", message: "Insufficient memory" }),
        });
        assert.equal(terminalFailure([unschedulable], 0, now), "pod n/big fits on no node: Insufficient memory");
        const event = (name: string, message: string) =>
            object("Event", { reason: "FailedCreate", message, involvedObject: { name } });
        const violation = 'pods "x" is forbidden: violates PodSecurity "restricted:latest"';
        assert.equal(admissionFailure([event("worker-5d4", violation)], ["worker"]), violation);
        assert.equal(admissionFailure([event("other", violation)], ["worker"]), undefined);
        assert.equal(admissionFailure([event("worker", "the server is busy")], ["worker"]), undefined);
    });

    it("says in a few words what pods do", () => {
        const ready = object("Pod", { status: { phase: "Running", ...condition("Ready") } });
        assert.equal(podActivity([ready, pod(waiting("ContainerCreating"))]), "kafka-0: ContainerCreating");
        assert.equal(podActivity([ready]), "");
    });
});
