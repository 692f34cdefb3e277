import assert from "node:assert/strict";

import { find, full, needHelm, refusal, render, type Rendered, template, type Values } from "../../support/charts";

/** The settings that the server gets, as `name = value`. */
async function settings(values: Values): Promise<string[]> {
    const text = find(await render("postgresql", values), "ConfigMap", "postgresql").data?.["postgresql.conf"] ?? "";
    return text.split("\n").map((line) => line.trim());
}

const memory = (request: string, limit: string, more: Values = {}) =>
    settings({ resources: { requests: { memory: request }, limits: { memory: limit } }, ...more });

describe("chart postgresql", () => {
    let objects: Rendered[];
    before(needHelm);
    before(async () => {
        objects = await render("postgresql", full.postgresql);
    });

    it("lets nobody in over the network without TLS and a password", () => {
        const lines = (find(objects, "ConfigMap", "postgresql").data?.["pg_hba.conf"] ?? "")
            .split("\n")
            .filter((line) => line && !line.startsWith("#"))
            .map((line) => line.split(/\s+/).join(" "));
        assert.deepEqual(lines, ["local all postgres peer", "hostssl all all all scram-sha-256"]);
    });

    it("fits its buffers to the memory and its log of changes to the volume", async () => {
        const small = await memory("128Mi", "512Mi", { storage: { size: "1Gi" } });
        assert.ok(small.includes("shared_buffers = 64MB"), "half of the request");
        assert.ok(small.includes("effective_cache_size = 384MB"));
        assert.ok(small.includes("max_wal_size = 204MB"));
        assert.ok((await memory("2Gi", "2Gi")).includes("shared_buffers = 512MB"), "a quarter of the limit");
        assert.ok((await memory("1.5Gi", "8Gi")).includes("shared_buffers = 768MB"));
        assert.ok((await memory("268435456", "1G")).includes("shared_buffers = 128MB"), "bytes");
        assert.ok((await memory("256Mi", "1Gi", { storage: { size: "1Ti" } })).includes("max_wal_size = 1024MB"));
    });

    it("takes further settings, quoted, and none of those that it makes itself", async () => {
        const text = await settings({
            config: { work_mem: "8MB", "auto_explain.log_analyze": true, search_path: "'a'" },
        });
        for (const line of ["work_mem = '8MB'", "auto_explain.log_analyze = 'true'", "search_path = '''a'''"]) {
            assert.ok(text.includes(line), line);
        }
        for (const own of ["ssl", "hba_file", "listen_addresses", "password_encryption", "fsync"]) {
            assert.match(await refusal("postgresql", { config: { [own]: "off" } }), new RegExp(`propertyName .${own}`));
        }
        assert.match(await refusal("postgresql", { config: { "a\nb": "off" } }), /propertyName/);
    });

    it("takes a volume over before the server starts, only when it is told from which image", async () => {
        const upgrade = "registry.example.com/data-platform/postgresql:15.20-4d176cde34c3";
        const { spec } = template(await render("postgresql", { upgradeFrom: upgrade }), "postgresql");
        const [server] = spec.containers;
        assert.deepEqual(
            spec.initContainers?.map(({ name, image, command }) => [name, image, command?.join(" ")]),
            [
                ["dump", upgrade, "bash /etc/postgresql/upgrade.sh dump"],
                ["load", server.image, "bash /etc/postgresql/upgrade.sh load"],
            ],
        );
        const plain = await render("postgresql", {});
        assert.equal(template(plain, "postgresql").spec.initContainers, undefined);
        assert.deepEqual(
            Object.keys(find(plain, "ConfigMap", "postgresql").data ?? {}).filter((name) => /upgrade/.test(name)),
            [],
        );
        assert.match(await refusal("postgresql", { upgradeFrom: "postgresql" }), /upgradeFrom/);
    });

    it("restarts the server when a setting changes, and not when an application comes", async () => {
        const annotations = async (values: Values) =>
            template(await render("postgresql", values), "postgresql").metadata.annotations;
        const before = await annotations({});
        assert.notDeepEqual(await annotations({ maxConnections: 50 }), before);
        assert.deepEqual(await annotations({ applications: full.postgresql.applications }), before);
    });

    it("tells the job of applications by name, and mounts their passwords in files", () => {
        const data = find(objects, "ConfigMap", "postgresql-setup").data ?? {};
        assert.deepEqual(data.applications.trim().split("\n"), ["airflow airflow", "mlflow-auth mlflow_auth"]);
        const [container] = template(objects, "postgresql-setup").spec.containers;
        const paths = (container.volumeMounts ?? []).map(({ mountPath }) => mountPath);
        for (const part of ["admin", "applications/airflow", "applications/mlflow-auth"]) {
            assert.ok(paths.includes(`/run/secrets/postgresql/${part}`), part);
        }
        const env = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]));
        // A name that is in the certificate.
        assert.equal(env.POSTGRESQL_HOST, "postgresql.test-ns.svc");
    });

    it("keeps key, socket and passwords in memory", () => {
        const medium = (name: string, volume: string) => {
            const found = template(objects, name).spec.volumes?.find((each) => each.name === volume);
            return (found as unknown as { emptyDir: { medium?: string } }).emptyDir.medium;
        };
        assert.equal(medium("postgresql", "run"), "Memory");
        assert.equal(medium("postgresql-setup", "tmp"), "Memory");
    });

    it("is alive while it recovers, and ready when it takes sessions over TLS", () => {
        const [container] = template(objects, "postgresql").spec.containers;
        assert.deepEqual(container.startupProbe?.tcpSocket, { port: "postgresql" });
        assert.match(JSON.stringify(container.livenessProbe), /health.sh","live"/);
        assert.match(JSON.stringify(container.readinessProbe), /health.sh","ready"/);
    });

    it("serves on the port that was asked for", async () => {
        const other = await render("postgresql", { service: { port: 6432 } });
        assert.equal((find(other, "Service", "postgresql").spec.ports as { port: number }[])[0].port, 6432);
        const env = template(other, "postgresql-setup").spec.containers[0].env ?? [];
        assert.ok(env.some(({ name, value }) => name === "POSTGRESQL_PORT" && value === "6432"));
    });

    it("refuses what can't work, and says what would", async () => {
        const one = { name: "a", database: "a", existingSecret: "s" };
        const cases: [Values, RegExp][] = [
            [{ applications: [one, { ...one, database: "b" }] }, /applications: two entries have the name "a"/],
            [{ applications: [one, { ...one, name: "b" }] }, /applications: two entries have the database "a"/],
            [{ applications: [{ ...one, database: "postgres" }] }, /applications\/0\/database/],
            [{ applications: [{ ...one, database: "Upper-case" }] }, /applications\/0\/database/],
            [{ applications: [{ name: "a", database: "a" }] }, /existingSecret/],
            [{ maxConnections: 5 }, /maxConnections/],
            [{ tls: { existingSecret: "" } }, /tls\/existingSecret/],
            [{ storage: { size: "10GB" } }, /storage\/size/],
        ];
        for (const [values, reason] of cases) assert.match(await refusal("postgresql", values), reason);
    });
});
