import assert from "node:assert/strict";

import { prepareCharts, prepareCrds } from "../../tools/charts";
import { identityOf, KubeClient, KubeObject } from "../../kubernetes/client";
import { Bed, useBed } from "./bed";
import { inForce, loginAs, Pod, policyKinds, refusalOf, refused, Stage, stage } from "./fixtures/launched";
import { served, until } from "./fixtures/prod";
import { stolenApplications } from "./fixtures/stolen-applications";
import { stolenPods } from "./fixtures/stolen-pods";
import { labelled, Stolen, thief, Who, withVolume } from "./fixtures/thief";
import { dropDefinitions, everything, left } from "./world";

const stack = "sandbox";

/** More than any of the accounts has by its roles: what the policies refuse must not hang on those. */
const wide: KubeObject = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "launched-wide" },
    rules: [
        {
            apiGroups: ["", "apps", "batch", "sparkoperator.k8s.io"],
            resources: [
                ...["pods", "pods/ephemeralcontainers", "pods/exec", "pods/status", "serviceaccounts/token"],
                ...["jobs", "cronjobs", "deployments", "sparkapplications", "scheduledsparkapplications"],
            ],
            verbs: ["create", "get", "update", "patch"],
        },
    ],
};

describe("what code of others starts, on a real API server", function () {
    this.timeout(300_000);
    let bed: Bed;
    let before: Set<string>;
    let on: Stage;
    let making: ReturnType<typeof thief>;
    let stolen: Stolen[];
    const clients = {} as Record<Who, KubeClient>;
    const made: KubeObject[] = [];

    const make = async (object: KubeObject) => {
        made.push(object);
        await bed.kube.apply(object, { force: true });
    };

    this.beforeAll(async () => {
        await prepareCharts();
        await prepareCrds();
        bed = await useBed();
        await dropDefinitions(bed.kube);
        before = await everything(bed.kube);
        on = await stage(stack);
        making = thief(on);
        stolen = [...stolenPods(making), ...stolenApplications(making, on)];
        for (const object of on.prerequisites()) await make(object);
        await until("Spark's kinds are served", () =>
            served(bed.kube, "sparkoperator.k8s.io/v1beta2", "ScheduledSparkApplication"),
        );
        for (const object of on.policies()) await make(object);
        const accounts: Record<Who, [namespace: string, account: string]> = {
            worker: [on.orchestration, "airflow-worker"],
            triggerer: [on.orchestration, "airflow-triggerer"],
            scheduler: [on.orchestration, "airflow-scheduler"],
            driver: [on.jobs, "gold"],
            audit: [on.jobs, "audit"],
        };
        for (const [who, [namespace, account]] of Object.entries(accounts))
            clients[who as Who] = await loginAs(bed.kube, namespace, account);
        await make(wide);
        await make({
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "ClusterRoleBinding",
            metadata: { name: "launched-wide" },
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "launched-wide" },
            subjects: Object.values(accounts).map(([namespace, name]) => ({ kind: "ServiceAccount", name, namespace })),
        });
        await until("the wide role counts", async () =>
            /ValidatingAdmissionPolicy|^$/.test((await refused(clients.audit, making.job())) ?? ""),
        );
        await inForce("the policy of pods", () => refused(clients.audit, on.template<Pod>("audit")));
        await inForce("the policy of Spark applications", () => refused(clients.audit, on.template("gold")));
        await inForce("the policy of other kinds", () => refused(clients.audit, making.job()));
    });

    this.afterAll(async () => {
        for (const client of Object.values(clients)) client.http.close();
        for (const object of made
            .reverse()
            .filter(({ kind }) => !["Role", "RoleBinding", "ServiceAccount"].includes(kind)))
            await bed.kube.delete(identityOf(object), "Background");
        await until("all is gone", async () => (await left(bed.kube, before)).length === 0, 120);
        await dropDefinitions(bed.kube);
    });

    it("is worked out without a warning of the API server's own", async () => {
        for (const { metadata } of on.policies().filter(({ kind }) => kind === policyKinds[0])) {
            const look = () =>
                bed.kube.get({
                    apiVersion: "admissionregistration.k8s.io/v1",
                    kind: policyKinds[0],
                    name: metadata.name,
                });
            await until(`${metadata.name} is looked at`, async () => {
                const found = await look();
                return found?.status?.observedGeneration === found?.metadata.generation;
            });
            assert.deepEqual((await look())?.status?.typeChecking ?? {}, {}, metadata.name);
        }
    });

    it("passes as it is declared, with all that Airflow's operators and Spark add", async () => {
        const added = {
            dag_id: "flights",
            task_id: "audit",
            run_id: "manual-1",
            try_number: "1",
            kubernetes_pod_operator: "True",
            airflow_version: "3.3.2",
            airflow_kpo_in_cluster: "True",
            team: "anybodys",
        };
        const tasks = on.tasks().filter((task) => task !== "gold");
        assert.ok(tasks.length >= 5);
        for (const task of tasks) {
            for (const who of ["worker", "triggerer"] as const) {
                const found = making.pod((of) => {
                    labelled(of, added);
                    of.metadata.annotations = { ...of.metadata.annotations, team: "anybodys" };
                    of.spec.containers[0].args = ["--other"];
                    // XComs, as KubernetesPodOperator fetches them.
                    of.spec.containers.push({ ...of.spec.containers[0], name: "airflow-xcom-sidecar" });
                    withVolume(of, { emptyDir: {} });
                    // A version that was there before an update.
                    labelled(of, { "app.kubernetes.io/version": "older" });
                }, task);
                assert.equal(await refused(clients[who], found), undefined, `${task} by the ${who}`);
            }
        }
        const gold = making.application(({ metadata, spec }) => {
            metadata.name = "gold-abc123";
            spec.arguments = ["--other"];
            for (const part of [spec.driver, spec.executor]) {
                part.labels = { dag_id: "flights", task_id: "gold" };
                part.env = [{ name: "SPARK_APPLICATION_NAME", value: "gold-abc123" }];
            }
            spec.sparkConf["spark.sql.shuffle.partitions"] = "8";
            // What the operator's webhook, which doesn't run here, writes into every application.
            Object.assign(spec, { deps: {}, failureRetries: 0 });
        });
        assert.equal(await refused(clients.worker, gold), undefined);
        assert.equal(await refused(clients.driver, on.executor("gold")), undefined);
        const task = making.worker((of) => {
            of.metadata.name = "flights-audit-1";
            labelled(of, { dag_id: "flights", kubernetes_executor: "True", "airflow-worker": "1" });
            (of.spec.containers[0].resources as object) = { limits: { memory: "2Gi" } };
        });
        assert.equal(await refused(clients.scheduler, task), undefined);
    });

    it("is refused where it is stolen, and told why and what may be", async () => {
        for (const [what, who, object, says] of stolen) {
            const said = (await refused(clients[who], object())) ?? "admitted";
            assert.match(said, says, `${what}: ${said}`);
            assert.match(said, /What a DAG may start/, what);
        }
    });

    it("can't be changed into something else when it is there", async () => {
        const running = making.pod((of) => (of.metadata.name = "running"));
        made.push(running);
        assert.equal(await refused(clients.worker, running, {}), undefined);
        const patch = (change: object, subresource = "") =>
            refusalOf(
                clients.worker.http.send({
                    method: "PATCH",
                    path: `/api/v1/namespaces/${on.jobs}/pods/running${subresource}?dryRun=All`,
                    contentType: "application/strategic-merge-patch+json",
                    body: change,
                }),
            );
        const { securityContext } = running.spec.containers[0];
        const another = { name: "base", image: "example.com/stolen:1", securityContext };
        assert.equal(await patch({ metadata: { labels: { already_checked: "True" } } }), undefined);
        assert.match(
            (await patch({ metadata: { labels: { "data-platform.io/uses-kafka": "true" } } })) ?? "",
            /labels that network policies go by may not be changed/,
        );
        assert.match(
            (await patch({ metadata: { labels: { "app.kubernetes.io/name": null } } })) ?? "",
            /labels that network policies go by may not be changed/,
        );
        assert.match(
            (await patch({ metadata: { labels: { "app.kubernetes.io/name": "train" } } }, "/status")) ?? "",
            /labels that network policies go by may not be changed/,
        );
        assert.match((await patch({ spec: { containers: [another] } })) ?? "", /the spec of a pod that is there/);
        assert.match(
            (await patch({ spec: { ephemeralContainers: [{ ...another, name: "in" }] } }, "/ephemeralcontainers")) ??
                "",
            /neither its image nor its ephemeral containers/,
        );
        const exec = clients.worker.http.send({
            method: "POST",
            path: `/api/v1/namespaces/${on.jobs}/pods/running/exec?command=id&stdout=true`,
        });
        assert.match((await refusalOf(exec)) ?? "", /may not reach into pods by pods\/exec/);
        const token = clients.worker.http.send({
            method: "POST",
            path: `/api/v1/namespaces/${on.jobs}/serviceaccounts/gold/token`,
            body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
        });
        assert.match((await refusalOf(token)) ?? "", /may not make serviceaccounts\/token/);
    });

    it("is nobody else's business: other accounts, and people, make what they may", async () => {
        assert.equal(
            await refused(
                bed.kube,
                making.pod((of) => labelled(of, { "data-platform.io/uses-kafka": "true" })),
            ),
            undefined,
        );
    });

    it("would be admitted without the policies, each of them", async () => {
        const bindings = on.policies().filter(({ kind }) => kind === policyKinds[1]);
        for (const binding of bindings) await bed.kube.delete(identityOf(binding));
        await inForce("the policy of pods", () => refused(clients.audit, on.template<Pod>("audit")), false);
        await inForce("the policy of Spark applications", () => refused(clients.audit, on.template("gold")), false);
        await inForce("the policy of other kinds", () => refused(clients.audit, making.job()), false);
        for (const [what, who, object] of stolen) assert.equal(await refused(clients[who], object()), undefined, what);
    });
});
