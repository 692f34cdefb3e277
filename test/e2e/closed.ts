import assert from "node:assert/strict";

import { render } from "../../render/manifests";
import { KubeError, KubeObject } from "../../kubernetes/client";
import { outputDir } from "../../lib/paths";
import { commandLines } from "./machine";
import { sandbox, summary, transcript } from "./sandbox-command";
import { clusterTexts, filesUnder, leaks, podLogs } from "../support/secrets";
import { handshake, plaintext, podPorts, Port, servicePorts } from "./tls";
import { at, namespaces, ns, tell, World } from "./world";

/** TLS everywhere, restricted everywhere, no password anywhere but in Secrets. */
export function closed(world: World): void {
    it("speaks TLS at every port of every Service, with a certificate of the platform's authority", async () => {
        const ca = await world.platform.authority();
        const ports = await servicePorts(world.kube, Object.values(ns));
        for (const port of ports) {
            const { refusal } = await answerOf(port, ca);
            assert.equal(refusal, undefined, `${port.name}: ${refusal}`);
            const stranger = await answerOf(port);
            assert.match(stranger.refusal ?? "", /SELF_SIGNED|UNABLE_TO|unable to/, `${port.name} is trusted by all`);
        }
        for (const service of ["minio", "kafka", "postgresql", "mlflow", "airflow-api-server"]) {
            assert.ok(
                ports.some(({ name }) => name.includes(`/${service}:`)),
                `no Service ${service} among ${ports.map(({ name }) => name).join(", ")}`,
            );
        }
        tell(`${ports.length} ports`);
    });

    it("answers nobody in the clear, at no port that a pod listens on", async () => {
        const ports = await podPorts(world.kube, Object.values(ns));
        assert.ok(ports.length >= 6, ports.map(({ name }) => name).join(", "));
        const open: string[] = [];
        for (const port of ports) {
            const tls = await handshake(port).catch((error: Error) => error);
            if (tls instanceof Error) open.push(`${port.name} speaks no TLS: ${tls.message}`);
            const answer = await plaintext(port).catch((error: Error) => error.message);
            if (answer) open.push(`${port.name} answers in the clear: ${answer}`);
        }
        assert.deepEqual(open, []);
        tell(`${ports.length} ports of pods`);
    });

    it("lets nobody in without a password, or with a wrong one", async () => {
        const { platform } = world;
        const wrong = { authorization: `Basic ${Buffer.from("admin:not-the-password").toString("base64")}` };
        const mlflow = await platform.service("MLflow", "tracking");
        const experiments = "/api/2.0/mlflow/experiments/search?max_results=1";
        assert.equal((await mlflow.ask(experiments)).status, 401);
        assert.equal((await mlflow.ask(experiments, { headers: wrong })).status, 401);
        const airflow = await platform.service("Airflow", "orchestrator");
        assert.equal((await airflow.ask("/api/v2/dags")).status, 401);
        const body = { username: "admin", password: "not-the-password" };
        assert.equal((await airflow.ask("/auth/token", { method: "POST", body })).status, 401);
        const minio = await platform.service("MinIO", "objectStore");
        assert.equal((await minio.ask("/bronze")).status, 403);
    });

    it("enforces restricted on every pod", async () => {
        for (const namespace of namespaces) {
            const { metadata } = (await world.kube.get({
                apiVersion: "v1",
                kind: "Namespace",
                name: namespace,
            })) as KubeObject;
            assert.equal(metadata.labels?.["pod-security.kubernetes.io/enforce"], "restricted", namespace);
            const pod = {
                ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "privileged", namespace } },
                spec: { containers: [{ name: "x", image: "x", securityContext: { privileged: true } }] },
            };
            await assert.rejects(world.kube.create(pod, { dryRun: true }), (error: KubeError) =>
                /violates PodSecurity "restricted/.test(error.message),
            );
        }
        // Beside the node's own, which make volumes and answer look-ups, there are no others.
        const elsewhere = (await world.kube.list("v1", "Pod")).map(({ metadata }) => metadata.namespace ?? "");
        const unexpected = elsewhere.filter(
            (name) => ![...namespaces, "kube-system", "local-path-storage"].includes(name),
        );
        assert.deepEqual(unexpected, []);
    });

    it("shows no secret value anywhere but in Secrets", async () => {
        const { kube, secrets } = world;
        const outputs = await sandbox(["outputs"]);
        const all = await sandbox(["preview", "--all"]);
        const places: Record<string, string> = {
            ...(await clusterTexts(kube, namespaces)),
            ...(await podLogs(kube, namespaces)),
            ...(await taskLogs(world)),
            ...filesUnder(at.log),
            ...filesUnder(outputDir),
            "the stack's outputs": outputs.stdout,
            "a preview": all.stdout,
            "rendered manifests": JSON.stringify([...(await render({ stack: "sandbox" }))]),
            "what commands said": transcript.join("\n"),
            "command lines of processes": commandLines().join("\n"),
        };
        const found = Object.entries(places).flatMap(([place, text]) =>
            leaks(text, secrets).map((of) => `${of} is in ${place}`),
        );
        assert.deepEqual(found, []);
        assert.ok(Object.keys(places).length > 150, "the search looked at next to nothing");
        // The search itself works: in a Secret it finds what it looks for.
        const identity = { apiVersion: "v1", kind: "Secret", namespace: ns.storage, name: "minio-root" };
        const root = JSON.stringify(await kube.get(identity));
        assert.ok(leaks(root, secrets).includes(`${ns.storage}/minio-root.rootPassword`));
        tell(`${secrets.length} values in ${Object.keys(places).length} places`);
    });
}

function answerOf(port: Port, ca?: string) {
    return handshake(port, ca).catch((error: Error) => ({ refusal: `speaks no TLS: ${error.message}` }));
}

/** The logs of every task of the last run, which Airflow reads from the object store. */
async function taskLogs(world: World): Promise<Record<string, string>> {
    const { run, tasks } = summary().dag;
    const airflow = await world.platform.airflow();
    const texts: Record<string, string> = {};
    for (const [task_id, { tries }] of Object.entries(tasks)) {
        for (let try_number = 1; try_number <= tries; try_number++) {
            const lines = await airflow.log("flights", run, { task_id, try_number });
            texts[`log of the task ${task_id}, try ${try_number}`] = lines.join("\n");
        }
    }
    return texts;
}
