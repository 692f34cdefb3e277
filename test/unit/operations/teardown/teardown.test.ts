import assert from "node:assert/strict";

import type { StackResource } from "../../../../engine/engine";
import { appliedDefinitions } from "../../../../operations/teardown/plan";
import { reportText, type TeardownReport } from "../../../../operations/teardown";
import { isKnown } from "../../../../operations/teardown/finalizers";
import { isOperatedDefinition } from "../../../../operations/teardown/names";
import { kubectlName } from "../../../../operations/teardown/objects";
import { inWords, reach, requireReachable } from "../../../../operations/teardown/reach";
import { isAbout, supervise } from "../../../../operations/teardown/supervise";
import { type Stuck, TeardownStuck } from "../../../../operations/teardown/types";
import type { Watch } from "../../../../operations/teardown/watch";
import { type KubeClient, KubeError } from "../../../../kubernetes/client";
import { UserError } from "../../../../lib/errors";

const topic: Stuck = {
    ...{ object: "KafkaTopic dev-streaming/flights", seconds: 301, finalizers: ["strimzi.io/topic-operator"] },
    ...{ why: "waits", fix: "data-platform teardown --stack dev --clear-finalizers", clearable: true },
};

/** A watch that says what it is told to. */
const watching = (look: () => Stuck[]) =>
    ({ look: () => Promise.resolve(look()), explainAll: () => Promise.resolve(look()) }) as unknown as Watch;

describe("what teardown knows", () => {
    it("which CRDs the stack has applied, by its records of them in the cluster", async () => {
        const resource = (parent: string, name: string): StackResource => ({
            ...{ urn: `urn:pulumi:dev::data-platform::${parent}$kubernetes:core/v1:ConfigMap::${name}`, name },
            ...{ type: "kubernetes:core/v1:ConfigMap", custom: true, protect: false, retainOnDelete: false },
            object: { apiVersion: "v1", kind: "ConfigMap", namespace: "keda", name },
        });
        const data = { "scaledobjects.keda.sh": "1", "scaledjobs.keda.sh": "2" };
        const kube = {
            get: ({ name }: { name: string }) => Promise.resolve(name === "keda-crds" ? { data } : undefined),
        } as unknown as KubeClient;
        const crds = "data-platform:cluster:Crds";
        const resources = [resource(crds, "keda-crds"), resource(crds, "gone"), resource("x:y:Z", "keda-crds")];
        const definition = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };
        const known = [{ ...definition, name: "scaledjobs.keda.sh" }];
        assert.deepEqual(await appliedDefinitions(resources, kube, known), [
            { ...definition, name: "scaledobjects.keda.sh" },
        ]);
    });

    it("which finalizers are an operator's of the platform, and which are anybody's", () => {
        for (const known of [
            "strimzi.io/topic-operator",
            "finalizer.keda.sh",
            "cnpg.io/deleteDatabase",
            "finalizer.acme.cert-manager.io",
            "acme.cert-manager.io/finalizer",
        ])
            assert.ok(isKnown([known]), known);
        for (const other of [
            "foregroundDeletion",
            "kubernetes.io/pvc-protection",
            "example.com/cert-manager.io-like",
            "",
        ])
            assert.ok(!isKnown([other]), other);
    });

    it("which definitions are an operator's of the platform", () => {
        assert.ok(isOperatedDefinition("kafkatopics.kafka.strimzi.io"));
        assert.ok(isOperatedDefinition("challenges.acme.cert-manager.io"));
        assert.ok(!isOperatedDefinition("widgets.example.com"));
        assert.ok(!isOperatedDefinition("things.notkeda.sh"));
    });

    it("how kubectl names an object", () => {
        const named = (apiVersion: string, kind: string, namespace?: string) =>
            kubectlName({ apiVersion, kind, namespace, name: "x" });
        assert.equal(named("v1", "PersistentVolumeClaim", "a"), "-n a persistentvolumeclaim/x");
        assert.equal(named("kafka.strimzi.io/v1", "KafkaTopic", "a"), "-n a kafkatopic.kafka.strimzi.io/x");
        assert.equal(
            named("sparkoperator.k8s.io/v1beta2", "SparkApplication", "a"),
            "-n a sparkapplication.sparkoperator.k8s.io/x",
        );
        assert.equal(named("rbac.authorization.k8s.io/v1", "ClusterRole"), "clusterrole/x");
    });

    it("when a cluster is gone: nobody answers, or nothing is known of it; not when it turns us away", async () => {
        const gone = [
            "connect ECONNREFUSED 127.0.0.1:1",
            "getaddrinfo ENOTFOUND x",
            "no answer within 10 s",
            "there is no kubeconfig, so",
        ];
        const there = [
            "self-signed certificate",
            "certificate has expired",
            "the cluster does not accept the login: Unauthorized",
        ];
        const isGone = async (message: string) => {
            const cluster = await reach({ unreachable: new UserError(message) });
            return !cluster.answers && cluster.gone;
        };
        for (const message of gone) assert.ok(await isGone(message), message);
        for (const message of there) assert.ok(!(await isGone(message)), message);
        const refused = { answers: false, gone: false, why: "forbidden" } as const;
        assert.throws(() => requireReachable("dev", refused, { clusterGone: true }), /can't be used: forbidden/);
    });

    it("puts a refusal of the API server into words", async () => {
        const refused = inWords("dev", () =>
            Promise.reject(new KubeError(403, "Forbidden", "namespaces is forbidden")),
        );
        await assert.rejects(refused, (error) => error instanceof UserError && /refuses \(403\)/.test(error.message));
    });
});

describe("what teardown watches", () => {
    const bounds = (look: () => Stuck[], deadline = Date.now() + 10_000) => ({
        ...{ stack: "dev", watch: watching(look), deadline, interval: 5 },
    });
    const endless = (signal: AbortSignal) =>
        new Promise<never>((_, reject) =>
            signal.addEventListener("abort", () => reject(new UserError("interrupted")), { once: true }),
        );

    it("is let go on while all goes, and its own failure is its own", async () => {
        assert.equal(
            await supervise(
                () => Promise.resolve("well"),
                bounds(() => []),
            ),
            "well",
        );
        await assert.rejects(
            supervise(
                () => Promise.reject(new Error("own")),
                bounds(() => []),
            ),
            /^Error: own$/,
        );
    });

    it("is stopped in good order when something doesn't go, and told what", async () => {
        await assert.rejects(
            supervise(
                endless,
                bounds(() => [topic]),
            ),
            (error) => {
                assert.ok(error instanceof TeardownStuck);
                assert.match(
                    error.render(),
                    /^KafkaTopic dev-streaming\/flights did not go.*\n.*since 301 s, held by strimzi/,
                );
                assert.match(error.render(), /fix: .*--clear-finalizers$/);
                return true;
            },
        );
    });

    it("is stopped when the time for the whole is over, even if nothing is being deleted", async () => {
        const over = bounds(() => [], Date.now() - 1);
        await assert.rejects(supervise(endless, over), /the stack dev is not gone yet: the time for the whole is over/);
    });

    it("counts as done when it ends well after all", async () => {
        const late = (signal: AbortSignal) =>
            new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve("well"), { once: true }));
        assert.equal(
            await supervise(
                late,
                bounds(() => [topic]),
            ),
            "well",
        );
    });

    it("is held against an engine's own error by the object's name", () => {
        assert.ok(
            isAbout(new AggregateError([new Error("x"), new UserError("KafkaTopic a/flights is still there")]), topic),
        );
        assert.ok(!isAbout(new Error("forbidden"), topic));
    });
});

describe("what teardown says", () => {
    it("counts what there is much of, and names the rest with the command that would delete it", () => {
        const definitions = Array.from({ length: 8 }, (_, index) => ({
            ...{ object: `CustomResourceDefinition x${index}.keda.sh`, whose: "kept" as const },
            ...{
                why: "definitions outlive the stack",
                fix: `kubectl delete customresourcedefinition/x${index}.keda.sh`,
            },
        }));
        const report: TeardownReport = {
            ...{
                stack: "dev",
                nothing: false,
                clusterGone: false,
                removed: false,
                cleared: [],
                outside: [],
                notes: [],
            },
            counts: { create: 0, update: 0, replace: 0, delete: 12, same: 0, keep: 8 },
            kept: definitions,
            left: [
                { object: "PersistentVolume pv-1", whose: "nobody", why: "it was a/b", fix: "kubectl delete pv pv-1" },
            ],
        };
        assert.equal(
            reportText(report),
            `the stack dev is torn down: 12 resources deleted, 8 kept
Kept on purpose:
  8 CustomResourceDefinitions: definitions outlive the stack
      each by: kubectl delete customresourcedefinition/x0.keda.sh
Nobody's: decide about it:
  PersistentVolume pv-1: it was a/b
      kubectl delete pv pv-1`,
        );
    });
});
