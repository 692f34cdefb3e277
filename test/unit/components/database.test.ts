import assert from "node:assert/strict";
import { join } from "node:path";

import { uri } from "../../../components/database/accounts";
import { egressTo, toAddresses } from "../../../components/network";
import { ConfigError } from "../../../config/errors";
import { ResourceRequest } from "../../../program/program";
import { collect, sentinel } from "../../support/collect";

const program = join(__dirname, "../fixtures/database.ts");
const own = "a-password-of-our-own";
const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

interface SecretInputs {
    metadata: { name: string };
    stringData: Record<string, string>;
}

const data = ({ inputs }: ResourceRequest) => (inputs as unknown as SecretInputs).stringData;
const needs = ({ dependencies }: ResourceRequest) => dependencies.map((urn) => urn.split("::").slice(-1)[0]);

const config = {
    "data-platform:profile": "dev",
    "data-platform:images": '{"registry":"registry.example.com/platform"}',
};

/** A program with an external database, and all its passwords but those that are left out: the fixture, or else the platform. */
function external(
    settings: Record<string, unknown>,
    without: string[] = [],
    password = own,
    of: { program?: string } = { program },
) {
    const users = ["database.airflow", "database.mlflow", "database.mlflow-auth"].filter(
        (user) => !without.includes(user),
    );
    const credentials = Object.fromEntries(users.map((user) => [user, `${password}-${user}`]));
    return collect({
        ...of,
        config: {
            ...config,
            "data-platform:database": JSON.stringify({ kind: "external", external: settings }),
            "data-platform:credentials": JSON.stringify(credentials),
        },
        secretKeys: ["data-platform:credentials"],
    });
}

describe("databases", function () {
    // Each evaluates a whole program, some of them several times.
    this.timeout(180_000);
    it("in the cluster: each application gets an account, by a Secret that says all", async () => {
        const made = await collect({ program, config });
        const {
            password,
            uri: address,
            connection,
            ...plain
        } = data(made.one("Secret", "postgresql-user-mlflow-auth"));
        const host = "postgresql.sandbox-database.svc";
        assert.deepEqual(plain, { host, port: "5432", username: "mlflow_auth", database: "mlflow_auth" });
        assert.equal(password, `${sentinel}-postgresql-user-mlflow-auth-password`);
        const ca = "/etc/data-platform/ca/ca.crt";
        assert.equal(
            address,
            `postgresql://mlflow_auth:${password}@${host}:5432/mlflow_auth?sslmode=verify-full&sslrootcert=${ca}`,
        );
        assert.equal(connection, address);
        assert.deepEqual(made.outputs.account, {
            namespace: "sandbox-tracking",
            name: "postgresql-user-mlflow-auth",
            keys: ["host", "port", "username", "database", "password", "uri", "connection"],
        });
        assert.deepEqual(
            data(made.one("Secret", "postgresql-user-mlflow-auth.sandbox-tracking")),
            data(made.one("Secret", "postgresql-user-mlflow-auth")),
        );
        assert.equal(made.outputs.trust, "platform-ca");
    });

    it("in the cluster: the server waits for its passwords and its certificate, and knows them by name", async () => {
        const made = await collect({ program, config });
        const release = made.one("Release", "postgresql");
        for (const name of [
            "postgresql-admin",
            "postgresql-user-airflow",
            "postgresql-tls.sandbox-database",
            "platform-ca.sandbox-database",
        ]) {
            assert.ok(needs(release).includes(name), name);
        }
        assert.ok(!JSON.stringify(release.inputs).includes(sentinel));
        const values = release.inputs.values as Record<string, unknown>;
        assert.deepEqual(values.tls, { existingSecret: "postgresql-tls" });
        assert.deepEqual(values.ca, { existingSecret: "platform-ca" });
        assert.deepEqual(
            (values.applications as { name: string; database: string }[]).map(({ name, database }) => [name, database]),
            [
                ["airflow", "airflow"],
                ["mlflow", "mlflow"],
                ["mlflow-auth", "mlflow_auth"],
            ],
        );
        assert.ok(
            made
                .all("Secret")
                .every((secret) => !JSON.stringify(release.inputs).includes(data(secret)?.password ?? sentinel)),
        );
    });

    it("external: nothing is made but Secrets and the Job that tries them, and what asks for it waits for that", async () => {
        const made = await external({ host: "db.example.com", ca: pem, applications: { airflow: { username: "af" } } });
        assert.deepEqual(made.all("Release"), []);
        // No password: the key of the sum that tells of another one.
        const generated = made.all("RandomPassword").map(({ name }) => name);
        assert.deepEqual(generated, ["postgresql-round-key"]);
        const { username, uri: address } = data(made.one("Secret", "postgresql-user-airflow"));
        assert.equal(username, "af");
        assert.match(
            address,
            /^postgresql:\/\/af:a-password-of-our-own-database.airflow@db\.example\.com:5432\/airflow\?/,
        );
        assert.match(address, /sslmode=verify-full&sslrootcert=\/etc\/data-platform\/database-ca\/ca\.crt$/);
        const job = made.one("Job", "postgresql-check");
        assert.ok(!JSON.stringify(job.inputs).includes(own));
        assert.ok(needs(job).includes("postgresql-user-mlflow-auth"));
        assert.equal(data(made.one("Secret", "postgresql-ca.sandbox-tracking"))["ca.crt"], `${pem}\n`);
        assert.equal(made.outputs.trust, "postgresql-ca");
        assert.equal(made.outputs.caFile, "/etc/data-platform/database-ca/ca.crt");
        assert.equal(made.outputs.admin, undefined);
    });

    it("external: the Job runs again when something of it changes, and only then", async () => {
        const name = async (settings: Record<string, unknown>, password?: string) =>
            ((await external(settings, [], password)).one("Job", "postgresql-check").inputs as unknown as SecretInputs)
                .metadata.name;
        const host = "db.example.com";
        const before = await name({ host });
        assert.equal(await name({ host }), before);
        assert.notEqual(await name({ host, port: 5433 }), before);
        assert.notEqual(await name({ host }, "another-password"), before);
    });

    it("external: by a public authority, at an address of its own", async () => {
        const made = await external({ host: "10.1.2.3", port: 6432, sslMode: "verify-ca", cidrs: ["10.1.2.0/24"] });
        assert.match(
            data(made.one("Secret", "postgresql-user-mlflow")).uri,
            /@10\.1\.2\.3:6432\/mlflow\?sslmode=verify-ca&sslrootcert=\/etc\/ssl\/certs\/ca-certificates\.crt$/,
        );
        assert.equal(made.outputs.trust, "a public authority");
        const policy = made.one("NetworkPolicy", "postgresql-check").inputs.spec as { egress: unknown[] };
        assert.deepEqual(policy.egress, [
            { to: [{ ipBlock: { cidr: "10.1.2.0/24" } }], ports: [{ protocol: "TCP", port: 6432 }] },
        ]);
    });

    it("external: every client of the platform looks at the certificate as the config says, the check too", async () => {
        const found = async (settings: Record<string, unknown>) => {
            const { requests } = await external({ host: "db.example.com", ...settings }, [], own, {});
            // By the resources in which it is said, whatever their form.
            return requests.flatMap(({ name, inputs }) =>
                [...new Set(JSON.stringify(inputs).match(/verify-(ca|full)/g))].map((mode) => `${name}: ${mode}`),
            );
        };
        const [usual, without] = [await found({}), await found({ sslMode: "verify-ca" })];
        for (const one of ["airflow", "postgresql-check", "postgresql-user-airflow", "postgresql-user-mlflow"])
            assert.ok(usual.includes(`${one}: verify-full`), one);
        assert.deepEqual(
            without,
            usual.map((each) => each.replace("verify-full", "verify-ca")),
        );
    });

    it("external: refused without a host or a password, and beside one in the cluster", async () => {
        await assert.rejects(external({}), (error: ConfigError) =>
            /database.external.host +is missing/.test(error.message),
        );
        await assert.rejects(external({ host: "db.example.com" }, ["database.mlflow"]), (error: ConfigError) =>
            /credentials\["database.mlflow"\] +is missing, because database.kind is external/.test(error.message),
        );
        const both = { ...config, "data-platform:database": '{"external":{"host":"db"}}' };
        await assert.rejects(collect({ program, config: both }), /database.external +is for database.kind external/);
    });

    it("a password goes into the address as it must be written there", () => {
        const address = { host: "h", port: 1, sslMode: "verify-full" as const, caFile: "/ca" };
        assert.equal(
            uri(address, "u", "a/b+c=~", "d"),
            "postgresql://u:a%2Fb%2Bc%3D~@h:1/d?sslmode=verify-full&sslrootcert=/ca",
        );
    });

    it("the way there: pods of a namespace, some addresses, or any on that port", () => {
        const clientLabels = {};
        const ports = [{ protocol: "TCP", port: 1 }];
        assert.deepEqual(egressTo({ port: 1, clientLabels }), toAddresses(["0.0.0.0/0", "::/0"], [1]));
        assert.deepEqual(egressTo({ port: 1, clientLabels, cidrs: ["10.0.0.0/8"] }), {
            to: [{ ipBlock: { cidr: "10.0.0.0/8" } }],
            ports,
        });
        assert.deepEqual(egressTo({ port: 1, clientLabels, namespace: "n", podLabels: { a: "b" } }), {
            to: [
                {
                    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "n" } },
                    podSelector: { matchLabels: { a: "b" } },
                },
            ],
            ports,
        });
    });
});
