import assert from "node:assert/strict";

import { sandbox, summary } from "./sandbox-command";
import { handshake, servicePorts } from "./tls";
import { minute, ns, rows, seconds, tell, until, World } from "./world";

const certManager = "cert-manager.io/v1";

/** Tests of what heals without a hand. */
export function healing(world: World): void {
    for (const [namespace, owner] of [
        [ns.streaming, "kafka"],
        [ns.storage, "minio"],
        [ns.database, "postgresql"],
        [ns.orchestration, "airflow-scheduler"],
        [ns.tracking, "mlflow"],
        ["spark-operator", "spark-operator-controller"],
    ]) {
        it(`has another pod in place of one of ${owner} that is deleted`, async () => {
            const began = Date.now();
            await world.replacePods(namespace, owner);
            tell(seconds(began));
        });
    }

    it("deletes Airflow's old history by its CronJob, and leaves what is young", async () => {
        const [namespace, name] = [ns.orchestration, "e2e-cleanup"];
        const cronJob = await world.kube.get({
            ...{ apiVersion: "batch/v1", kind: "CronJob", namespace, name: "airflow-database-cleanup" },
        });
        const { spec } = (cronJob?.spec as { jobTemplate: { spec: Record<string, unknown> } }).jobTemplate;
        const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace }, spec };
        const identity = { apiVersion: "batch/v1", kind: "Job", namespace, name };
        await world.kube.create(job);
        try {
            const { status } = await until(
                "the end of the cleanup",
                async () => {
                    const now = await world.kube.get(identity);
                    const { succeeded, failed } = (now?.status ?? {}) as { succeeded?: number; failed?: number };
                    return succeeded || failed ? now : undefined;
                },
                8 * minute,
            );
            assert.equal((status as { succeeded?: number }).succeeded, 1, "the cleanup failed");
        } finally {
            await world.kube.delete(identity, "Background");
        }
        const { code, stderr } = await sandbox(["run"]);
        assert.equal(code, 0, stderr);
        assert.equal(summary().dag.before, true, "the run that had succeeded was deleted");
    });

    it("shows a file of DAGs that can't be parsed by file and line, and runs the others all the same", async () => {
        const [name, key] = ["e2e-broken-dag", "broken.py"];
        const namespace = ns.orchestration;
        const data = { [key]: "from airflow.sdk import DAG\n\nwith DAG('broken'\n    pass\n" };
        await world.kube.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data });
        const undo = await mount(world, name, key);
        try {
            const airflow = await world.platform.airflow();
            await until("the error", async () => (await airflow.importErrors()).at(0), 3 * minute);
            const { code, stderr, stdout } = await sandbox(["run"]);
            assert.equal(code, 0, stderr);
            assert.match(stdout, /can't be parsed: broken\.py:[34]: SyntaxError/);
            assert.equal(summary().dag.before, true);
        } finally {
            await undo();
            await world.kube.delete({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
        }
    });

    it("serves a certificate that was renewed, at every Service, without a hand", async () => {
        const began = Date.now();
        const ca = await world.platform.authority();
        const ports = await servicePorts(world.kube, Object.values(ns));
        const serials = async () =>
            Promise.all(ports.map(async (port) => (await handshake(port, ca).catch(() => undefined))?.serial));
        const before = await serials();
        for (const namespace of Object.values(ns)) {
            for (const { metadata } of await world.kube.list(certManager, "Certificate", { namespace })) {
                await renew(world, namespace, metadata.name);
            }
        }
        await until(
            "new certificates everywhere",
            async () => (await serials()).every((serial, index) => serial && serial !== before[index]),
            5 * minute,
        );
        assert.equal(await world.platform.authority(), ca, "the authority is another one");
        tell(`${ports.length} ports, ${seconds(began)}`);
    });

    it("finishes a run whose scheduler and Spark driver are deleted in the middle, with the same numbers", async () => {
        const [began, before] = [Date.now(), summary()];
        const said: string[] = [];
        const running = sandbox(["run", "--again"], { onLine: (line) => said.push(line) });
        const inJobs = async (labels: string) =>
            (await world.kube.list("v1", "Pod", { namespace: ns.jobs, labels })).find(
                ({ status, metadata }) => status?.phase === "Running" && !metadata.deletionTimestamp,
            );
        const seen = (what: string, labels: string, limit: number) =>
            until(what, () => inJobs(labels), limit).catch((error: Error) => {
                throw new Error(`${error.message}; the run says: ${said.filter(Boolean).slice(-15).join("\n")}`);
            });
        await seen("a task", "!spark-role", 5 * minute);
        await world.replacePods(ns.orchestration, "airflow-scheduler");
        const driver = await seen("a driver", "spark-role=driver", 8 * minute);
        const { name } = driver.metadata;
        await world.kube.delete({ apiVersion: "v1", kind: "Pod", namespace: ns.jobs, name }, "Background");
        const { code, stderr } = await running;
        assert.equal(code, 0, stderr);
        const { rows: got, new: added, dag, tables, model } = summary();
        assert.deepEqual(got, { produced: rows, landed: rows, read: rows });
        assert.deepEqual(added, { produced: 0, landed: 0 });
        assert.equal(dag.before, false);
        assert.notEqual(dag.run, before.dag.run);
        // The same interval again: the same bytes, and no further version of the model.
        assert.deepEqual([tables, model], [before.tables, before.model]);
        tell(`${seconds(began)}; ${JSON.stringify(dag.tasks)}`);
    });
}

/** Puts a file of a ConfigMap among the DAGs of the dag-processor. Returns what takes it away again. */
async function mount(world: World, configMap: string, file: string): Promise<() => Promise<void>> {
    const path = `/apis/apps/v1/namespaces/${ns.orchestration}/deployments/airflow-dag-processor`;
    const deployment = JSON.parse(await world.kube.http.send({ method: "GET", path })) as {
        spec: { template: { spec: { volumes?: unknown[]; containers: { volumeMounts?: unknown[] }[] } } };
    };
    const { volumes = [], containers } = deployment.spec.template.spec;
    const { volumeMounts = [] } = containers[0];
    const replace = async (with_: { volumes: unknown[]; volumeMounts: unknown[] }) => {
        const pods = await world.podsOf(ns.orchestration, "airflow-dag-processor");
        await world.kube.http.send({
            ...{ method: "PATCH", path, contentType: "application/json-patch+json" },
            body: [
                { op: "add", path: "/spec/template/spec/volumes", value: with_.volumes },
                { op: "add", path: "/spec/template/spec/containers/0/volumeMounts", value: with_.volumeMounts },
            ],
        });
        const gone = async () => {
            const now = await world.podsOf(ns.orchestration, "airflow-dag-processor");
            return now.length > 0 && !now.some(({ metadata }) => pods.some((old) => old.metadata.uid === metadata.uid));
        };
        await until("another dag-processor", gone, 3 * minute);
    };
    await replace({
        volumes: [...volumes, { name: "e2e", configMap: { name: configMap } }],
        volumeMounts: [...volumeMounts, { name: "e2e", mountPath: `/opt/airflow/dags/${file}`, subPath: file }],
    });
    return () => replace({ volumes, volumeMounts });
}

/** Asks cert-manager for a new certificate, as its own command line tool does. */
async function renew(world: World, namespace: string, name: string): Promise<void> {
    const identity = { apiVersion: certManager, kind: "Certificate", namespace, name };
    const certificate = await world.kube.get(identity);
    const { conditions = [] } = (certificate?.status ?? {}) as { conditions?: { type: string }[] };
    const issuing = {
        ...{ type: "Issuing", status: "True", reason: "ManuallyTriggered", message: "by the end-to-end test" },
        lastTransitionTime: new Date().toISOString(),
    };
    await world.kube.http.send({
        method: "PATCH",
        path: `/apis/${certManager}/namespaces/${namespace}/certificates/${name}/status`,
        contentType: "application/merge-patch+json",
        body: { status: { conditions: [...conditions.filter(({ type }) => type !== "Issuing"), issuing] } },
    });
}
