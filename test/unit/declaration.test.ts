import assert from "node:assert/strict";
import { join } from "node:path";

import { parse } from "yaml";

import { Collected, collect } from "../support/collect";

type User = Record<string, unknown> & { name: string };

interface Pod {
    metadata: { labels: Record<string, string> };
    spec: {
        containers: { command: string[]; args: string[]; resources: { limits: { memory: string } } }[];
        volumes: { name: string; secret?: { secretName: string } }[];
    };
}

describe("a task that is added to the sample's declaration alone", () => {
    let made: Collected;
    let pod: Pod;
    before(async () => {
        made = await collect({ program: join(__dirname, "fixtures/one-more-task.ts"), stack: "sandbox" });
        const { data } = made.one("ConfigMap", "flights-tasks").inputs as { data: Record<string, string> };
        pod = parse(data["report.yaml"]) as Pod;
    });

    /** The task's user in the values of a chart. */
    function user(chart: string): User | undefined {
        const { users } = made.one("helm.sh/v3:Release", chart).inputs.values as { users: User[] };
        return users.find(({ name }) => name === "report");
    }

    it("may read its bucket, and no other", () =>
        assert.deepEqual(user("minio"), {
            name: "report",
            existingSecret: "minio-user-report",
            readonly: ["gold"],
            readwrite: [],
        }));

    it("may read its topic, and no other", () => {
        const kafka = user("kafka");
        assert.deepEqual([kafka?.consume, kafka?.produce], [["delays"], []]);
    });

    it("is a user of the tracking server with its permission", () =>
        assert.deepEqual(user("mlflow"), {
            name: "report",
            existingSecret: "mlflow-user-report",
            permission: "READ",
        }));

    it("has its pod's program and arguments", () => {
        const [{ command, args }] = pod.spec.containers;
        assert.deepEqual(command, ["python", "-m", "flights.report"]);
        assert.deepEqual(args, ["--bucket", "gold", "--topic", "delays", "--format", "html"]);
    });

    it("has its pod's memory", () => assert.equal(pod.spec.containers[0].resources.limits.memory, "128Mi"));

    it("has the credentials of each system in its pod", () => {
        const secrets = pod.spec.volumes.flatMap(({ secret }) => (secret ? [secret.secretName] : []));
        for (const system of ["kafka", "minio", "mlflow"]) {
            assert.ok(secrets.includes(`${system}-user-report`), `${system}: ${secrets.join(", ")}`);
        }
    });

    it("reaches its target outside", () => {
        const { spec } = made.one("NetworkPolicy", "report").inputs as { spec: { egress: object[] } };
        assert.match(JSON.stringify(spec.egress), /"203\.0\.113\.7\/32"/);
    });

    it("leaves the other tasks' access as it was", async () => {
        const before = await collect({ stack: "sandbox" });
        for (const chart of ["minio", "kafka", "mlflow"]) {
            const usersOf = (from: Collected) =>
                (from.one("helm.sh/v3:Release", chart).inputs.values as { users: User[] }).users;
            assert.deepEqual(
                usersOf(made).filter(({ name }) => name !== "report"),
                usersOf(before),
            );
        }
    });
});
