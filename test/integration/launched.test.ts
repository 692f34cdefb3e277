import assert from "node:assert/strict";

import { prepareCharts, prepareCrds } from "../../sandbox/charts";
import { identityOf, KubeClient, KubeObject } from "../../sandbox/apply/kube/client";
import { Bed, useBed } from "./bed";
import { Application, inForce, loginAs, Pod, policyKinds, refusalOf, refused, Stage, stage } from "./fixtures/launched";
import { served, until } from "./fixtures/prod";
import { dropDefinitions, everything, left } from "./world";

const stack = "sandbox";

/** Who asks, in the words of the tables below. */
type Who = "worker" | "triggerer" | "scheduler" | "driver" | "audit";

/** A request that is to be refused, and what its message must say. */
type Stolen = [what: string, who: Who, make: () => KubeObject, says: RegExp];

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
        for (const object of on.surroundings()) await make(object);
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
            /ValidatingAdmissionPolicy|^$/.test((await refused(clients.audit, job())) ?? ""),
        );
        await inForce("the policy of pods", () => refused(clients.audit, on.template<Pod>("audit")));
        await inForce("the policy of Spark applications", () => refused(clients.audit, on.template("gold")));
        await inForce("the policy of other kinds", () => refused(clients.audit, job()));
    });

    this.afterAll(async () => {
        for (const client of Object.values(clients)) client.http.close();
        for (const object of made.reverse().filter(({ kind }) => !["Role", "RoleBinding", "ServiceAccount"].includes(kind)))
            await bed.kube.delete(identityOf(object), "Background");
        await until("all is gone", async () => (await left(bed.kube, before)).length === 0, 120);
        await dropDefinitions(bed.kube);
    });

    /** A task's pod, changed as a thief would. */
    const pod = (change: (pod: Pod) => void, task = "audit") => {
        const found = on.template<Pod>(task);
        change(found);
        return found;
    };
    const application = (change: (application: Application) => void) => {
        const found = on.template<Application>("gold");
        change(found);
        return found;
    };
    const executor = (change: (pod: Pod) => void) => {
        const found = on.executor("gold");
        change(found);
        return found;
    };
    const worker = (change: (pod: Pod) => void) => {
        const found = on.worker();
        change(found);
        return found;
    };
    const job = (): KubeObject => {
        const { metadata, spec } = on.template<Pod>("audit");
        return {
            apiVersion: "batch/v1",
            kind: "Job",
            metadata: { name: "stolen", namespace: on.jobs },
            spec: { template: { metadata: { labels: metadata.labels }, spec } },
        };
    };
    const elsewhere = (of: Pod, namespace: string) => {
        of.metadata.namespace = namespace;
        // The only account that every namespace has.
        of.spec.serviceAccountName = "default";
    };
    /** The same pod for a kind whose pods never end. */
    const always = () => {
        const { spec } = on.template<Pod>("audit");
        delete spec.activeDeadlineSeconds;
        return { ...spec, restartPolicy: "Always" };
    };
    const labelled = (of: Pod, labels: Record<string, string>) =>
        (of.metadata.labels = { ...of.metadata.labels, ...labels });
    const fromSecret = (name: string, key = "secretKey") => ({
        name: "STOLEN",
        valueFrom: { secretKeyRef: { name, key } },
    });
    const withEnv = (of: Pick<Pod, "spec">, ...env: object[]) =>
        (of.spec.containers[0].env = [...(of.spec.containers[0].env ?? []), ...env]);
    const withVolume = (of: Pick<Pod, "spec">, volume: object) =>
        (of.spec.volumes = [...(of.spec.volumes ?? []), { name: "stolen", ...volume }]);

    const stolen: Stolen[] = [
        [
            "a pod in Airflow's own namespace",
            "worker",
            () => worker(() => undefined),
            /metadata.namespace is sandbox-orchestration.*may start pods in sandbox-jobs only/,
        ],
        [
            "a pod in a namespace of another system",
            "triggerer",
            () => pod((of) => elsewhere(of, "sandbox-storage")),
            /metadata.namespace is sandbox-storage/,
        ],
        [
            "a pod in a namespace of nobody's",
            "driver",
            () => executor((of) => elsewhere(of, "default")),
            /metadata.namespace is default/,
        ],
        [
            "a pod of no account",
            "worker",
            () =>
                pod((of) => {
                    delete of.spec.serviceAccountName;
                    delete of.spec.serviceAccount;
                }),
            /spec.serviceAccountName is default.*as ingest, bronze, audit, train, score only/,
        ],
        [
            "a pod as a Spark job's account",
            "worker",
            () => pod((of) => (of.spec.serviceAccountName = "gold")),
            /spec.serviceAccountName is gold/,
        ],
        [
            "a pod as an account of the platform",
            "worker",
            () => pod((of) => (of.spec.serviceAccountName = "spark-operator-webhook-check")),
            /spec.serviceAccountName is spark-operator-webhook-check/,
        ],
        [
            "another workload's Secret as a volume",
            "worker",
            () => pod((of) => withVolume(of, { secret: { secretName: "minio-user-land" } })),
            /template of audit doesn't have: minio-user-land\/\*; it may have minio-user-audit\/\*, platform-ca\/ca.crt/,
        ],
        [
            "the private key beside the authority's certificate",
            "worker",
            () => pod((of) => withVolume(of, { secret: { secretName: "platform-ca" } })),
            /doesn't have: platform-ca\/\*/,
        ],
        [
            "another workload's Secret in a projected volume",
            "triggerer",
            () => pod((of) => withVolume(of, { projected: { sources: [{ secret: { name: "minio-user-land" } }] } })),
            /doesn't have: minio-user-land/,
        ],
        [
            "another workload's Secret as a variable",
            "worker",
            () => pod((of) => withEnv(of, fromSecret("minio-user-land"))),
            /doesn't have: minio-user-land\/secretKey/,
        ],
        [
            "another workload's Secret as all its variables",
            "worker",
            () => pod((of) => (of.spec.containers[0].envFrom = [{ secretRef: { name: "minio-user-land" } }])),
            /doesn't have: minio-user-land\/\*/,
        ],
        [
            "another workload's Secret in an init container",
            "worker",
            () =>
                pod((of) => {
                    const [container] = structuredClone(of.spec.containers);
                    of.spec.initContainers = [{ ...container, name: "first", env: [fromSecret("kafka-user-land")] }];
                }),
            /doesn't have: kafka-user-land\/secretKey/,
        ],
        [
            "another's Secret to pull an image with",
            "worker",
            () => pod((of) => (of.spec.imagePullSecrets = [{ name: "registry" }])),
            /doesn't have: registry/,
        ],
        [
            "another workload's volume",
            "worker",
            () => pod((of) => withVolume(of, { persistentVolumeClaim: { claimName: "models" } })),
            /doesn't have: claim:models/,
        ],
        [
            "a copy of another workload's volume",
            "worker",
            () =>
                pod((of) =>
                    withVolume(of, {
                        ephemeral: {
                            volumeClaimTemplate: {
                                spec: {
                                    accessModes: ["ReadWriteOnce"],
                                    resources: { requests: { storage: "1Gi" } },
                                    dataSource: { kind: "PersistentVolumeClaim", name: "models" },
                                },
                            },
                        },
                    }),
                ),
            /doesn't have: ephemeral/,
        ],
        [
            "secrets of a driver for volumes",
            "worker",
            () => pod((of) => withVolume(of, { csi: { driver: "secrets-store.csi.k8s.io" } })),
            /doesn't have: csi:secrets-store.csi.k8s.io/,
        ],
        [
            "a label that lets into a system that the task doesn't use",
            "worker",
            () => pod((of) => labelled(of, { "data-platform.io/uses-postgresql": "true" })),
            /template of audit doesn't have: data-platform.io\/uses-postgresql=true/,
        ],
        [
            "another workload's name",
            "worker",
            () => pod((of) => labelled(of, { "app.kubernetes.io/name": "gold", "spark-role": "driver" })),
            /doesn't have: .*app.kubernetes.io\/name=gold/,
        ],
        [
            "a node of its own choice",
            "worker",
            () => pod((of) => (of.spec.nodeName = "bed")),
            /spec.nodeName is set/,
        ],
        ["a pod of an account that may start none", "audit", () => pod(() => undefined), /audit may start no pods/],
        [
            "an executor as another job's account",
            "driver",
            () => executor((of) => (of.spec.serviceAccountName = "bronze")),
            /spec.serviceAccountName is bronze.*as gold only/,
        ],
        [
            "an executor with another workload's Secret",
            "driver",
            () => executor((of) => withEnv(of, fromSecret("minio-user-land"))),
            /template of gold doesn't have: minio-user-land\/secretKey/,
        ],
        [
            "an executor with another workload's labels",
            "driver",
            () => executor((of) => labelled(of, { "app.kubernetes.io/name": "train" })),
            /doesn't have: app.kubernetes.io\/name=train/,
        ],
        ["a task's pod by a driver", "driver", () => pod(() => undefined), /as gold only/],
        [
            "a task's own pod as another part of Airflow (executor_config)",
            "scheduler",
            () => worker((of) => (of.spec.serviceAccountName = "airflow-scheduler")),
            /spec.serviceAccountName is airflow-scheduler.*as airflow-worker only/,
        ],
        [
            "a task's own pod with Airflow's keys",
            "scheduler",
            () => worker((of) => withEnv(of, fromSecret("airflow-keys", "fernet-key"))),
            /doesn't have: airflow-keys\/fernet-key/,
        ],
        [
            "a task's own pod with the database's password",
            "scheduler",
            () => worker((of) => withVolume(of, { secret: { secretName: "postgresql-user-airflow" } })),
            /doesn't have: postgresql-user-airflow\/\*/,
        ],
        [
            "a task's own pod with the labels of the scheduler",
            "scheduler",
            () => worker((of) => labelled(of, { component: "scheduler" })),
            /doesn't have: component=scheduler/,
        ],
        [
            "a task's own pod in the namespace of jobs",
            "scheduler",
            () => pod(() => undefined),
            /metadata.namespace is sandbox-jobs/,
        ],
        [
            "a Spark application as another account",
            "worker",
            () => application(({ spec }) => (spec.driver.serviceAccount = "bronze")),
            /spec.driver.serviceAccount is bronze, and must be that of a declared Spark job: gold/,
        ],
        [
            "a Spark application of no account",
            "worker",
            () =>
                application(({ spec }) => {
                    delete spec.driver.serviceAccount;
                }),
            /spec.driver.serviceAccount is missing/,
        ],
        [
            "a Spark application whose executors have another account",
            "worker",
            () => application(({ spec }) => (spec.executor.template.spec.serviceAccountName = "bronze")),
            /must have one account, gold, and there are bronze besides/,
        ],
        [
            "a Spark application with another workload's Secret in its driver's template",
            "worker",
            () => application(({ spec }) => withEnv(spec.driver.template, fromSecret("minio-user-land"))),
            /job gold doesn't have: minio-user-land\/secretKey/,
        ],
        [
            "a Spark application with another workload's Secret in its executors' template",
            "triggerer",
            () =>
                application(({ spec }) =>
                    withVolume(spec.executor.template, { secret: { secretName: "minio-user-land", items: [] } }),
                ),
            /job gold doesn't have: minio-user-land\/\*/,
        ],
        [
            "a Spark application with another workload's Secret by a field of the operator's",
            "worker",
            () =>
                application(
                    ({ spec }) => (spec.driver.envSecretKeyRefs = { STOLEN: { name: "minio-user-land", key: "secretKey" } }),
                ),
            /reach past a declared job: driver.envSecretKeyRefs/,
        ],
        [
            "a Spark application with a volume of the operator's",
            "worker",
            () =>
                application(
                    ({ spec }) => (spec.volumes = [{ name: "stolen", secret: { secretName: "minio-user-land" } }]),
                ),
            /reach past a declared job: volumes/,
        ],
        [
            "a Spark application with another workload's Secret by a setting of Spark",
            "worker",
            () =>
                application(
                    ({ spec }) => (spec.sparkConf["spark.kubernetes.driver.secretKeyRef.STOLEN"] = "minio-user-land:secretKey"),
                ),
            /settings that the job gold doesn't declare so: spark.kubernetes.driver.secretKeyRef.STOLEN/,
        ],
        [
            "a Spark application that isn't authenticated",
            "worker",
            () => application(({ spec }) => (spec.sparkConf["spark.authenticate"] = "false")),
            /doesn't declare so: spark.authenticate;/,
        ],
        [
            "a Spark application with labels of another workload",
            "worker",
            () => application(({ spec }) => (spec.driver.labels = { "data-platform.io/uses-mlflow": "true" })),
            /job gold doesn't have: data-platform.io\/uses-mlflow=true/,
        ],
        [
            "a Spark application with such labels in a template",
            "worker",
            () =>
                application(
                    ({ spec }) =>
                        (spec.executor.template.metadata.labels = { "app.kubernetes.io/instance": "sandbox-train" }),
                ),
            /job gold doesn't have: app.kubernetes.io\/instance=sandbox-train/,
        ],
        [
            "a Spark program that runs inside the operator",
            "worker",
            () => application(({ spec }) => (spec.mode = "client")),
            /spec.mode must be cluster/,
        ],
        [
            "a Spark program that the operator reads",
            "worker",
            () =>
                application(
                    ({ spec }) => (spec.mainApplicationFile = "/var/run/secrets/kubernetes.io/serviceaccount/token"),
                ),
            /spec.mainApplicationFile must be a program in the image/,
        ],
        [
            "a Spark application without a program, whose arguments would be the operator's",
            "worker",
            () => application(({ spec }) => (spec.mainApplicationFile = "")),
            /spec.mainApplicationFile must be/,
        ],
        [
            "a Spark application in Airflow's own namespace",
            "worker",
            () => application(({ metadata }) => (metadata.namespace = on.orchestration)),
            /Spark jobs run in sandbox-jobs only/,
        ],
        [
            "a Spark application by a driver",
            "driver",
            () => application(() => undefined),
            /sandbox-jobs:gold may run no Spark applications/,
        ],
        ["a Job, whose pod somebody else would make", "worker", job, /may not make jobs/],
        [
            "a Deployment",
            "driver",
            () => ({
                apiVersion: "apps/v1",
                kind: "Deployment",
                metadata: { name: "stolen", namespace: on.jobs },
                spec: {
                    selector: { matchLabels: { app: "stolen" } },
                    template: { metadata: { labels: { app: "stolen" } }, spec: always() },
                },
            }),
            /may not make deployments/,
        ],
        [
            "a Spark application by the clock",
            "worker",
            () => ({
                apiVersion: "sparkoperator.k8s.io/v1beta2",
                kind: "ScheduledSparkApplication",
                metadata: { name: "stolen", namespace: on.jobs },
                spec: { schedule: "@hourly", template: on.template<Application>("gold").spec },
            }),
            /may not make scheduledsparkapplications/,
        ],
    ];

    it("is worked out without a warning of the API server's own", async () => {
        for (const { metadata } of on.policies().filter(({ kind }) => kind === policyKinds[0])) {
            const look = () =>
                bed.kube.get({ apiVersion: "admissionregistration.k8s.io/v1", kind: policyKinds[0], name: metadata.name });
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
                const found = pod((of) => {
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
        const gold = application(({ metadata, spec }) => {
            metadata.name = "gold-abc123";
            spec.arguments = ["--other"];
            for (const part of [spec.driver, spec.executor]) part.labels = { dag_id: "flights", task_id: "gold" };
            spec.sparkConf["spark.sql.shuffle.partitions"] = "8";
        });
        assert.equal(await refused(clients.worker, gold), undefined);
        assert.equal(await refused(clients.driver, on.executor("gold")), undefined);
        const task = worker((of) => {
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
        const running = pod((of) => (of.metadata.name = "running"));
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
            (await patch({ spec: { ephemeralContainers: [{ ...another, name: "in" }] } }, "/ephemeralcontainers")) ?? "",
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
        assert.equal(await refused(bed.kube, pod((of) => labelled(of, { "data-platform.io/uses-kafka": "true" }))), undefined);
    });

    it("would be admitted without the policies, each of them", async () => {
        const bindings = on.policies().filter(({ kind }) => kind === policyKinds[1]);
        for (const binding of bindings) await bed.kube.delete(identityOf(binding));
        await inForce("the policy of pods", () => refused(clients.audit, on.template<Pod>("audit")), false);
        await inForce("the policy of Spark applications", () => refused(clients.audit, on.template("gold")), false);
        await inForce("the policy of other kinds", () => refused(clients.audit, job()), false);
        for (const [what, who, object] of stolen)
            assert.equal(await refused(clients[who], object()), undefined, what);
    });
});
