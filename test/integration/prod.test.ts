import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { admission, allPods } from "../../checks/admission";
import { objectsOf } from "../../checks/bundle";
import { render } from "../../render/manifests";
import { destroy, preview, Target, up } from "../../engine/builtin/builtin";
import { Change, count } from "../../engine/builtin/change";
import { KubeError, KubeObject } from "../../kubernetes/client";
import { State } from "../../engine/builtin/state";
import { prepareCharts, prepareCrds } from "../../tools/charts";
import { UserError } from "../../lib/errors";
import { repoRoot } from "../../lib/paths";
import { Bed, useBed } from "./bed";
import { bareConfig, nodes, served, standardClass, until } from "./fixtures/prod";
import { dropDefinitions, everything, extra, left, secretHashes } from "./world";

const stack = "prod";
const systems = ["storage", "streaming", "database", "tracking", "orchestration", "jobs"];
const namespaces = systems.map((system) => `${stack}-${system}`);

function changed(changes: Change[]): string[] {
    return changes
        .filter(({ operation }) => operation !== "same")
        .map(({ operation, type, name }) => `${operation} ${type.split(":").at(-1)} ${name}`)
        .sort();
}

interface Pod extends KubeObject {
    spec: { priority: number; priorityClassName: string; preemptionPolicy: string; nodeName: string };
}

describe("the prod stack on a real API server with simulated nodes", function () {
    this.timeout(600_000);
    let bed: Bed;
    let target: Target;
    let before: Set<string>;
    let made: number;
    let endSimulation: () => Promise<void>;

    this.beforeAll(async () => {
        await prepareCharts();
        await prepareCrds();
        bed = await useBed();
        target = { stack, kubeconfig: bed.kubeconfig, dir: await bed.scratch(), config: bareConfig(stack) };
        await dropDefinitions(bed.kube);
        for (const node of nodes) await bed.kube.create(node);
        // A simulation of operators can't begin before their kinds are there.
        for (const operator of ["strimzi", "cloudnative-pg"]) {
            const folder = join(repoRoot, ".sandbox/crds", operator);
            for (const file of readdirSync(folder)) {
                await bed.kube.apply(JSON.parse(readFileSync(join(folder, file), "utf8")) as KubeObject, {
                    force: true,
                });
            }
        }
        await until("the kinds of the operators are served", () =>
            served(bed.kube, "kafka.strimzi.io/v1", "KafkaUser"),
        );
        await until("the kinds of CloudNativePG are served", () =>
            served(bed.kube, "postgresql.cnpg.io/v1", "Database"),
        );
        endSimulation = await bed.simulate(join(__dirname, "bed-operators.yaml"));
        before = await everything(bed.kube);
    });

    this.afterAll(async () => {
        await endSimulation?.();
        await dropDefinitions(bed.kube);
        for (const { metadata } of nodes)
            await bed.kube.delete({ apiVersion: "v1", kind: "Node", name: metadata.name });
        await bed.kube.delete({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", name: "standard" });
    });

    it("is refused before anything is changed, where the cluster hasn't the storage class", async () => {
        await assert.rejects(
            up(target),
            /objectStore\.storageClass +"standard" is no storage class.*there are local-path/s,
        );
        assert.deepEqual(extra(await everything(bed.kube), before), []);
        await bed.kube.create(standardClass);
        before = await everything(bed.kube);
    });

    it("is refused before anything is changed, where another stack has a namespace", async () => {
        const namespace = {
            apiVersion: "v1",
            kind: "Namespace",
            metadata: { name: "prod-jobs", labels: { "data-platform.io/stack": "other" } },
        };
        await bed.kube.create(namespace);
        await assert.rejects(up(target), /namespaces\.prefix +the namespace prod-jobs .* belongs to the stack other/s);
        const found = extra(await everything(bed.kube), before);
        assert.ok(
            found.every((name) => name.includes("prod-jobs")),
            found.join(),
        );
        await bed.kube.delete({ apiVersion: "v1", kind: "Namespace", name: "prod-jobs" });
        await until("it is gone", async () => extra(await everything(bed.kube), before).length === 0);
    });

    it("is applied whole, every namespace restricted and within its quota", async () => {
        const { changes } = await up(target);
        made = changes.length;
        assert.equal(count(changes).create, made - count(changes).update);
        assert.ok(made > 200, `only ${made} resources`);
        for (const namespace of namespaces) {
            const { metadata } = (await bed.kube.get({ apiVersion: "v1", kind: "Namespace", name: namespace }))!;
            assert.equal(metadata.labels?.["pod-security.kubernetes.io/enforce"], "restricted");
            const [quota] = await bed.kube.list("v1", "ResourceQuota", { namespace });
            const { hard, used } = quota.status as { hard: Record<string, string>; used: Record<string, string> };
            assert.deepEqual(Object.keys(used).sort(), Object.keys(hard).sort(), namespace);
        }
    });

    it("gives every pod its priority, and batch no right to push others out", async () => {
        const pods = (await bed.kube.list("v1", "Pod")) as Pod[];
        const of = (namespace: string) => pods.filter(({ metadata }) => metadata.namespace === namespace);
        for (const namespace of [...namespaces, "cert-manager", "spark-operator", "strimzi-operator", "cnpg-system"]) {
            for (const { metadata, spec } of of(namespace)) {
                assert.equal(spec.priority, 1_000_000, `${namespace}/${metadata.name} ${spec.priorityClassName}`);
            }
        }
        assert.ok(pods.length >= 20, `only ${pods.length} pods`);
        const batch = await bed.kube.create(
            {
                ...probe("prod-jobs"),
                spec: { ...restricted, priorityClassName: "data-platform-batch" },
            } as KubeObject,
            { dryRun: true },
        );
        const { priority, preemptionPolicy } = (batch as Pod).spec;
        assert.deepEqual([priority, preemptionPolicy], [1_000, "Never"]);
    });

    it("spreads what is there more than once over the zones, and lets a drain take one at a time", async () => {
        // An autoscaler raises what Helm has made once to its lower bound, some seconds later.
        await until("autoscalers have looked", async () => {
            const deployments = await bed.kube.list("apps/v1", "Deployment");
            const scaled = deployments.filter(({ metadata }) =>
                ["mlflow", "airflow-api-server"].includes(metadata.name),
            );
            return scaled.every(({ status }) => Number(status?.readyReplicas ?? 0) >= 2);
        });
        const pods = (await bed.kube.list("v1", "Pod")) as Pod[];
        const replicas = pods.filter(({ metadata }) =>
            /^(minio-\d|mlflow-|airflow-(api|sch|trig|dag))/.test(metadata.name),
        );
        const groups: Record<string, Pod[]> = {};
        for (const pod of replicas) (groups[pod.metadata.ownerReferences?.[0].uid ?? ""] ??= []).push(pod);
        const many = Object.values(groups).filter((group) => group.length > 1);
        assert.ok(many.length >= 6, `only ${many.length} things are there more than once`);
        for (const group of many) {
            const places = new Set(group.map(({ spec }) => spec.nodeName));
            assert.ok(places.size >= Math.min(3, group.length), group[0].metadata.name);
        }
        const evict = (name: string) =>
            bed.kube.http.send({
                method: "POST",
                path: `/api/v1/namespaces/prod-storage/pods/${name}/eviction`,
                body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace: "prod-storage" } },
            });
        await until("the budget is reckoned", async () => {
            const [budget] = await bed.kube.list("policy/v1", "PodDisruptionBudget", { namespace: "prod-storage" });
            return Number(budget.status?.disruptionsAllowed) === 1;
        });
        await evict("minio-0");
        await assert.rejects(evict("minio-1"), (error) => error instanceof KubeError && error.status === 429);
    });

    it("has its hidden pods, those of operators too, admitted as restricted", async () => {
        const pods = allPods(objectsOf(await render({ stack, charts: "directories" })));
        assert.ok(pods.length > 30, `only ${pods.length} pods`);
        const { findings } = await admission(bed.kube, pods);
        assert.deepEqual(findings, []);
    });

    it("is the same when it is applied again, and so is every Secret", async () => {
        const hashes = await secretHashes(bed.kube, namespaces);
        assert.deepEqual(changed((await preview(target)).changes), []);
        const { changes } = await up(target);
        assert.deepEqual(changed(changes), []);
        assert.equal(changes.length, made);
        assert.deepEqual(await secretHashes(bed.kube, namespaces), hashes);
    });

    it("refuses to be destroyed while what holds data is protected, and names it", async () => {
        await assert.rejects(destroy(target), (error) => {
            assert.ok(error instanceof UserError);
            const text = `${error.message} ${JSON.stringify(error)}`;
            for (const name of ["minio", "kafka", "postgresql", "prod-storage"]) assert.match(text, new RegExp(name));
            return true;
        });
    });

    it("leaves only what it says it keeps when it is destroyed at last", async () => {
        await unprotected(target);
        const { changes } = await destroy(target);
        assert.equal(count(changes).delete + count(changes).keep, made);
        const kept = await left(bed.kube, before);
        const unexpected = kept.filter((name) => !keepList.some((expected) => expected.test(name)));
        assert.deepEqual(unexpected, []);
        for (const expected of keepList)
            assert.ok(
                kept.some((name) => expected.test(name)),
                String(expected),
            );
        for (const system of ["storage", "streaming", "database"]) {
            await bed.kube.delete({ apiVersion: "v1", kind: "Namespace", name: `${stack}-${system}` });
        }
        await until("what was kept is gone", async () => (await left(bed.kube, before)).length === 0, 120);
    });
});

/** Objects that prod keeps: three namespaces, the volumes in them, and the database's servers, which own theirs. */
const keepList = [
    /^Namespace \/prod-(storage|streaming|database)$/,
    /^PersistentVolumeClaim prod-storage\/data\d*-minio-\d$/,
    /^PersistentVolume \/pvc-/,
    /^Cluster prod-database\/postgresql$/,
    /^(ServiceAccount prod-(storage|streaming|database)\/default|ConfigMap prod-(storage|streaming|database)\/kube-root-ca.crt)$/,
];

const probe = (namespace: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name: "probe", namespace } });

const restricted = {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
        {
            name: "probe",
            image: "example.com/probe:1",
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "16Mi" } },
        },
    ],
};

/** Does the same as `pulumi state unprotect --all`. */
async function unprotected({ dir, stack }: Target): Promise<void> {
    const state = State.load(dir, stack);
    for (const entry of state.entries) await state.put({ ...entry, protect: false });
}
