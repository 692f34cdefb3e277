import assert from "node:assert/strict";

import { ResourceRequest } from "../../../program/program";
import { collect, Collected, sentinel } from "../../support/collect";
import { find, type Labels, needHelm, render, selects, template } from "../../support/charts";

const config = {
    "data-platform:profile": "dev",
    "data-platform:images": '{"registry":"registry.example.com/platform"}',
};
const own = "a-password-of-our-own";

interface SecretInputs {
    stringData: Record<string, string>;
}
interface Values {
    users: unknown[];
    egress: unknown[];
    extraTrust: unknown[];
    allowedHosts: string[];
    artifacts: Record<string, unknown>;
    podLabels: Record<string, string>;
    podAnnotations: Record<string, string>;
    rotation: string;
    [key: string]: unknown;
}

const data = ({ inputs }: ResourceRequest) => (inputs as unknown as SecretInputs).stringData;
const needs = ({ dependencies }: ResourceRequest) => dependencies.map((urn) => urn.split("::").slice(-1)[0]);
const values = (made: Collected) => (made.one("Release", "mlflow").inputs as unknown as { values: Values }).values;

describe("MLflow", function () {
    // Each evaluates the whole program.
    this.timeout(180_000);
    let made: Collected;
    before(needHelm);
    before(async () => {
        made = await collect({ config });
    });

    it("names its users and what they may do; their passwords are in Secrets", () => {
        assert.deepEqual(values(made).users, [
            { name: "train", existingSecret: "mlflow-user-train", permission: "EDIT" },
            { name: "score", existingSecret: "mlflow-user-score", permission: "READ" },
        ]);
        assert.deepEqual(data(made.one("Secret", "mlflow-user-train")), {
            username: "train",
            password: `${sentinel}-mlflow-user-train-password`,
        });
        assert.equal(data(made.one("Secret", "mlflow-admin")).username, "admin");
        assert.ok(!JSON.stringify(made.one("Release", "mlflow").inputs).includes(sentinel));
    });

    it("waits for databases, store, certificate and Secrets", () => {
        const wanted = needs(made.one("Release", "mlflow"));
        for (const name of ["mlflow-admin", "mlflow-keys", "mlflow-user-train", "postgresql", "minio"]) {
            assert.ok(wanted.includes(name), `${name} is none of ${wanted.join()}`);
        }
        assert.ok(wanted.includes("postgresql-user-mlflow.sandbox-tracking"), wanted.join());
    });

    it("reads the Secrets of databases and store in its own namespace, and starts anew when they change", () => {
        const { database, authDatabase, artifacts, podAnnotations } = values(made);
        assert.deepEqual(database, { existingSecret: "postgresql-user-mlflow" });
        assert.deepEqual(authDatabase, { existingSecret: "postgresql-user-mlflow-auth" });
        assert.deepEqual(artifacts, {
            bucket: "models",
            endpoint: "https://minio.sandbox-storage.svc:9000",
            region: "us-east-1",
            caFile: "/etc/data-platform/ca/ca.crt",
            existingSecret: "minio-user-mlflow",
            pathStyle: true,
            env: {},
        });
        assert.deepEqual(podAnnotations, {
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
            "data-platform.io/rotation-postgresql-user-mlflow": "1",
            "data-platform.io/rotation-postgresql-user-mlflow-auth": "1",
            "data-platform.io/rotation-minio-user-mlflow": "1-1",
        });
    });

    it("is let in to databases and store, and out to them only", () => {
        const { podLabels, egress } = values(made);
        assert.equal(podLabels["data-platform.io/uses-postgresql"], "true");
        assert.equal(podLabels["data-platform.io/uses-minio"], "true");
        assert.deepEqual(
            egress.map((rule) => (rule as { ports: { port: number }[] }).ports[0].port),
            [5432, 9000],
        );
    });

    it("takes passwords of the team's own, and their change is a new round", async () => {
        const given = await collect({
            config: { ...config, "data-platform:credentials": JSON.stringify({ "tracking.train": own }) },
            secretKeys: ["data-platform:credentials"],
        });
        assert.equal(data(given.one("Secret", "mlflow-user-train")).password, own);
        assert.equal(values(made).rotation, "1");
        assert.match(values(given).rotation, /^1-[0-9a-f]{8}$/);
    });

    it("is reached by the host names that are configured, certificate included", async () => {
        const tracking = JSON.stringify({ allowedHosts: ["mlflow.example.com:8443"] });
        const outside = await collect({ config: { ...config, "data-platform:tracking": tracking } });
        assert.deepEqual(values(outside).allowedHosts, ["mlflow.example.com:8443"]);
        const certificate = outside.requests.find(
            ({ type, name }) => /:Certificate$/.test(type) && /mlflow/.test(name),
        );
        assert.ok(JSON.stringify(certificate?.inputs).includes('"mlflow.example.com"'), "no such name in it");
    });

    it("is one server of the platform's priority, unless there are or may be more", () => {
        const { replicas, autoscaling, priorityClassName, nodeSelector, ...one } = values(made);
        assert.deepEqual([replicas, autoscaling], [1, undefined]);
        assert.deepEqual([priorityClassName, nodeSelector], ["data-platform-platform", undefined]);
        assert.deepEqual([one.podDisruptionBudget, one.topologySpreadConstraints], [{ enabled: false }, []]);
    });

    it("is spread, drained one at a time and added to while it is busy, on the nodes of servers", async () => {
        const many = await collect({
            config: {
                ...config,
                "data-platform:tracking": '{"replicas":2,"maxReplicas":5}',
                "data-platform:scheduling": '{"platform":{"nodeSelector":{"pool":"platform"}}}',
            },
        });
        const { replicas, autoscaling, nodeSelector, podDisruptionBudget, topologySpreadConstraints } = values(many);
        assert.deepEqual([replicas, autoscaling], [2, { enabled: true, maxReplicas: 5, targetCpu: 75 }]);
        assert.deepEqual(nodeSelector, { pool: "platform" });
        assert.deepEqual(podDisruptionBudget, { enabled: true });
        const pods = await render("mlflow", values(many));
        const labels = template(pods, "mlflow").metadata.labels;
        const constraints = topologySpreadConstraints as { labelSelector: { matchLabels: Labels } }[];
        assert.equal(constraints.length, 2);
        for (const { labelSelector } of constraints) {
            assert.ok(selects(labelSelector.matchLabels, labels));
            assert.ok(!selects(labelSelector.matchLabels, template(pods, "mlflow-setup").metadata.labels));
        }
        find(pods, "HorizontalPodAutoscaler", "mlflow");
    });

    it("is known by the host of its Ingress, certificate included", async () => {
        const ingress = JSON.stringify({ hosts: { tracking: "runs.example.com" } });
        const outside = await collect({ config: { ...config, "data-platform:ingress": ingress } });
        assert.deepEqual(values(outside).allowedHosts, ["runs.example.com"]);
    });

    it("trusts the authority of a database outside of the cluster", async () => {
        const database = {
            kind: "external",
            external: {
                host: "db.example.com",
                ca: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            },
        };
        const users = ["database.airflow", "database.mlflow", "database.mlflow-auth"];
        const outside = await collect({
            config: {
                ...config,
                "data-platform:database": JSON.stringify(database),
                "data-platform:credentials": JSON.stringify(Object.fromEntries(users.map((user) => [user, own]))),
            },
            secretKeys: ["data-platform:credentials"],
        });
        const [trust] = values(outside).extraTrust as { existingSecret: string; directory: string }[];
        assert.equal(trust.directory, "/etc/data-platform/database-ca");
        assert.ok(outside.all("Secret").some(({ name }) => name.startsWith(trust.existingSecret)));
    });

    for (const [what, users, message] of [
        ["two users of one name", [user("a"), user("a")], /"a" is there twice/],
        ["a user who is the administrator", [user("admin")], /"admin" is the administrator/],
    ] as const) {
        it(`refuses ${what}`, async () => {
            const tracking = JSON.stringify({ users });
            await assert.rejects(collect({ config: { ...config, "data-platform:tracking": tracking } }), message);
        });
    }
});

function user(name: string) {
    return { name, permission: "READ" };
}
