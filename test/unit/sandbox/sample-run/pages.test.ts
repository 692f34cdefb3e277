import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { forward, freePort, pagesOf } from "../../../../sandbox/sample-run/pages";
import { passwordCommands } from "../../../../sandbox/sample-run/summary";

const login = (name: string) => ({ namespace: "ns", name, keys: ["username", "password"] });
const outputs = {
    endpoints: {
        objectStore: "https://minio.sandbox-storage.svc:9000",
        eventStream: "kafka.sandbox-streaming.svc:9093",
        orchestrator: "https://airflow-api-server.sandbox-orchestration.svc:8080",
        tracking: "https://mlflow.sandbox-tracking.svc:5000",
    },
    secrets: {
        objectStoreRoot: login("minio-root"),
        orchestratorAdmin: login("airflow-admin"),
        trackingAdmin: login("mlflow-admin"),
    },
};

describe("the pages", () => {
    it("are those of Airflow, MLflow and MinIO's console, by the stack's outputs", () => {
        assert.deepEqual(
            pagesOf(outputs).map(({ name, namespace, service, port, login: { name: secret } }) =>
                [name, `${namespace}/${service}:${port}`, secret].join(" "),
            ),
            [
                "Airflow sandbox-orchestration/airflow-api-server:8080 airflow-admin",
                "MLflow sandbox-tracking/mlflow:5000 mlflow-admin",
                "MinIO sandbox-storage/minio:9001 minio-root",
            ],
        );
    });

    it("of a stack that isn't there are none", () => assert.throws(() => pagesOf({}), /make sandbox|no pages to open/));

    it("are served on another port when somebody has theirs", async () => {
        const port = await freePort(0);
        assert.equal(await freePort(port), port);
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
        assert.notEqual(await freePort(port), port);
        await new Promise((resolve) => server.close(resolve));
    });

    it("are served again when their pod was replaced, until they are no longer wanted", async () => {
        const dir = mkdtempSync(join(tmpdir(), "pages-"));
        const kubectl = join(dir, "kubectl");
        writeFileSync(
            kubectl,
            `#!/bin/bash
            echo "$*" >> ${dir}/calls
            echo "Forwarding from 127.0.0.1:1234 -> 8080"
            [ $(wc -l < ${dir}/calls) = 1 ] && { echo "error: lost connection to pod" >&2; exit 1; }
            exec sleep 60`,
        );
        chmodSync(kubectl, 0o755);
        const controller = new AbortController();
        const said: string[] = [];
        await forward(pagesOf(outputs)[0], 1234, {
            ...{ kubectl, kubeconfig: "/k", signal: controller.signal },
            tell: (text) => {
                said.push(text);
                if (said.length === 3) controller.abort();
            },
        });
        assert.deepEqual(said, ["serves", "Airflow is away: error: lost connection to pod", "serves"]);
        const call =
            "--kubeconfig /k --namespace sandbox-orchestration port-forward --address 127.0.0.1 service/airflow-api-server 1234:8080";
        assert.deepEqual(readFileSync(join(dir, "calls"), "utf8").trim().split("\n"), [call, call]);
        rmSync(dir, { recursive: true });
    });

    it("have passwords that a command reads, keys with dots too", () => {
        const [command] = passwordCommands({ namespace: "ns", name: "s", keys: ["ca.crt"] });
        assert.ok(command.includes("kubectl -n ns get secret s -o jsonpath='{.data.ca\\.crt}' | base64 -d"), command);
    });
});
