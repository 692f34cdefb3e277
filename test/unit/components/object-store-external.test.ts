import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { storeConf } from "../../../components/spark/conf";
import { storeApplications } from "../../../config/object-store";
import { objectStoreDefaults } from "../../../config/sections/object-store";
import { declared } from "../../../config/sizing";
import { platformConfig } from "../../../program/stack-config";
import { ResourceRequest } from "../../../program/program";
import { repoRoot } from "../../../lib/paths";
import { collect, Collected } from "../../support/collect";
import { policyOf } from "../../support/outside-store";

const applications = storeApplications(objectStoreDefaults);
const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
const role = (name: string) => ({ "eks.amazonaws.com/role-arn": `arn:aws:iam::123456789012:role/platform-${name}` });

const base = {
    "data-platform:profile": "sandbox",
    "data-platform:spark": '{"historyServer":{"enabled":true}}',
};
const withKeys = {
    ...base,
    "data-platform:objectStore": JSON.stringify({
        kind: "external",
        external: {
            endpoint: "https://s3.example.com:9000",
            ca: pem,
            bucketNames: { bronze: "acme-bronze", logs: "acme-logs" },
        },
    }),
    "data-platform:credentials": JSON.stringify(
        Object.fromEntries(
            applications.flatMap((app) => [
                [`objectStore.${app}.accessKey`, `key-of-${app}`],
                [`objectStore.${app}`, `secret+of/${app}`],
            ]),
        ),
    ),
};
const withRoles = {
    ...base,
    "data-platform:objectStore": JSON.stringify({
        kind: "external",
        region: "eu-central-1",
        external: { serviceAccountAnnotations: Object.fromEntries(applications.map((app) => [app, role(app)])) },
    }),
};

const spec = ({ inputs }: ResourceRequest) => inputs.spec as Record<string, unknown>;
const needs = ({ dependencies }: ResourceRequest) => dependencies.map((urn) => urn.split("::").slice(-1)[0]);
const jobs = (made: Collected) =>
    made.all("kubernetes:batch/v1:Job").filter(({ name }) => name.startsWith("minio-check"));
const values = (made: Collected, release: string) => made.one("Release", release).inputs.values as object;
const task = (made: Collected, name: string) => {
    const { data } = made.one("ConfigMap", "flights-tasks").inputs as { data: Record<string, string> };
    return data[`${name}.yaml`];
};
const env = (text: string) =>
    Object.fromEntries([...text.matchAll(/- name: (\w+)\n +value: (.*)/g)].map(([, key, value]) => [key, value]));

describe("an external object store", function () {
    // Each evaluates the whole program.
    this.timeout(180_000);
    let keys: Collected;
    let roles: Collected;
    before(async () => {
        keys = await collect({ config: withKeys, secretKeys: ["data-platform:credentials"] });
        roles = await collect({ config: withRoles });
    });

    it("has no server, no volume and no administrator in the cluster", () => {
        for (const made of [keys, roles]) {
            assert.ok(!made.all("Release").some(({ name }) => name === "minio"));
            assert.ok(!made.requests.some(({ name }) => /^minio-(root|tls)/.test(name)));
            assert.equal((made.outputs.secrets as Record<string, unknown>).objectStoreRoot, undefined);
        }
        assert.equal((keys.outputs.endpoints as Record<string, string>).objectStore, "https://s3.example.com:9000");
    });

    it("is tried by one Job for all keys, before anything that needs it, each key's copy included", () => {
        assert.deepEqual(
            jobs(keys).map(({ name }) => name),
            ["minio-check"],
        );
        for (const release of ["mlflow", "airflow"])
            assert.ok(needs(keys.one("Release", release)).includes("minio-check"));
        assert.ok(needs(keys.one("ConfigMap", "flights-tasks")).includes("minio-check"));
        const copies = keys.all("Secret").filter(({ name }) => /^minio-user-.*\./.test(name));
        // All applications but Airflow, which has its key in its connections.
        assert.equal(copies.length, applications.length - 1, copies.map(({ name }) => name).join());
        for (const copy of [...copies, keys.one("Secret", "airflow-connections")])
            assert.ok(needs(copy).includes("minio-check"), copy.name);
        const [job] = jobs(keys);
        const said = JSON.stringify(job.inputs);
        assert.ok(applications.every((app) => said.includes(`minio-user-${app}`)));
        assert.doesNotMatch(said, /secret\+of|key-of/);
    });

    it("is tried by a Job for each role, as an account of that role", () => {
        assert.deepEqual(
            jobs(roles)
                .map(({ name }) => name)
                .sort(),
            applications.map((app) => `minio-check-${app}`),
        );
        for (const app of applications) {
            const account = roles.one("ServiceAccount", `minio-check-${app}`).inputs as {
                metadata: { annotations: object };
            };
            assert.deepEqual(account.metadata.annotations, role(app));
        }
    });

    it("keeps keys and their secrets in Secrets", () => {
        for (const { type, name, inputs } of keys.requests) {
            if (!type.endsWith(":Secret")) assert.doesNotMatch(JSON.stringify(inputs), /secret\+of|key-of-/, name);
        }
        const one = keys.one("Secret", "minio-user-gold").inputs as { stringData: object };
        assert.deepEqual(one.stringData, {
            accessKey: "key-of-gold",
            secretKey: "secret+of/gold",
            credentials: "[default]\naws_access_key_id = key-of-gold\naws_secret_access_key = secret+of/gold\n",
        });
    });

    it("is known to every client by its own names, path and authority", () => {
        const bronze = task(keys, "bronze");
        assert.match(bronze, /acme-bronze/);
        assert.equal(env(bronze).S3_CA_FILE, "/etc/data-platform/store-ca/ca.crt");
        assert.equal(env(bronze).KAFKA_CA_FILE, "/etc/data-platform/ca/ca.crt");
        assert.match(bronze, /secretName: minio-ca\n/);
        assert.match(task(keys, "gold"), /spark\.hadoop\.fs\.s3a\.path\.style\.access: "true"/);
        const mlflow = values(keys, "mlflow") as { artifacts: Record<string, unknown>; extraTrust: unknown[] };
        assert.equal(mlflow.artifacts.caFile, "/etc/data-platform/store-ca/ca.crt");
        assert.deepEqual(mlflow.extraTrust, [{ existingSecret: "minio-ca", directory: "/etc/data-platform/store-ca" }]);
        const airflow = values(keys, "airflow") as {
            volumes: object[];
            config: { logging: Record<string, string> };
        };
        const { stringData } = keys.one("Secret", "airflow-connections").inputs as {
            stringData: Record<string, string>;
        };
        const { task_logs: logs } = JSON.parse(stringData["logs.json"]) as Record<string, Record<string, unknown>>;
        assert.deepEqual(
            [logs.login, logs.password, (logs.extra as Record<string, unknown>).verify],
            ["key-of-airflow", "secret+of/airflow", "/etc/data-platform/store-ca/ca.crt"],
        );
        assert.ok(JSON.stringify(airflow.volumes).includes('"minio-ca"'));
        assert.equal(airflow.config.logging.remote_base_log_folder, "s3://acme-logs");
    });

    it("gives roles to the accounts of those who use it, and no key to anybody", () => {
        const annotated = roles
            .all("ServiceAccount")
            .filter(({ inputs }) => JSON.stringify(inputs).includes("role-arn"))
            .map(({ name }) => name)
            .filter((name) => !name.startsWith("minio-check-"));
        assert.deepEqual(annotated.sort(), ["audit", "bronze", "gold", "score", "spark-history", "train"]);
        for (const { name, inputs } of roles.requests) {
            if (name.startsWith("minio-check-")) continue;
            assert.doesNotMatch(JSON.stringify(inputs), /AWS_ACCESS_KEY_ID|S3_CREDENTIALS_DIR|minio-user-/, name);
        }
        const mlflow = values(roles, "mlflow") as { artifacts: { existingSecret: string }; serviceAccount: object };
        assert.equal(mlflow.artifacts.existingSecret, "");
        assert.deepEqual(mlflow.serviceAccount, { annotations: role("mlflow") });
        for (const name of ["bronze", "audit", "gold", "train", "score"]) {
            const { AWS_REGION, AWS_ENDPOINT_URL_STS, AWS_EC2_METADATA_DISABLED } = env(task(roles, name));
            assert.deepEqual(
                [AWS_REGION, AWS_ENDPOINT_URL_STS, AWS_EC2_METADATA_DISABLED],
                ["eu-central-1", "https://sts.eu-central-1.amazonaws.com", '"true"'],
                name,
            );
            const pod = parse(task(roles, name)) as { metadata: { annotations?: Record<string, string> } };
            if (name !== "gold")
                assert.equal(pod.metadata.annotations?.["data-platform.io/token-audience"], "sts.amazonaws.com");
        }
    });

    it("is asked by S3A with what there is, and nothing else is looked for", () => {
        const store = { endpoint: "https://s3.example.com", region: "r", pathStyle: false };
        const provider = (identity: object | undefined) =>
            storeConf({ ...store, identity: () => identity as never }, "gold")[
                "spark.hadoop.fs.s3a.aws.credentials.provider"
            ];
        const of = "software.amazon.awssdk.auth.credentials";
        assert.equal(provider(undefined), `${of}.ProfileCredentialsProvider`);
        assert.equal(provider({}), `${of}.WebIdentityTokenFileCredentialsProvider`);
    });

    it("admits a token for the cloud in pods of its users, and in no others", () => {
        const table = (made: Collected) => {
            const policy = made.one("ValidatingAdmissionPolicy", "sandbox-launched-pods");
            const variables = spec(policy).variables as { name: string; expression: string }[];
            const pods = variables.find(({ name }) => name === "pods")?.expression ?? "{}";
            return JSON.parse(pods) as Record<string, { reads: string[] }>;
        };
        const may = (made: Collected) =>
            Object.entries(table(made))
                .filter(([, { reads }]) => reads.includes("token:sts.amazonaws.com"))
                .map(([pod]) => pod);
        assert.deepEqual(may(keys), []);
        assert.deepEqual(may(roles).sort(), [
            ...["audit", "bronze", "gold", "score", "train"].map((pod) => `sandbox-jobs/${pod}`),
            "sandbox-orchestration/airflow-worker",
        ]);
    });

    it("is open on its port alone, by its address where that is one, and never where clouds keep metadata", async () => {
        const egress = (made: Collected, name: string) =>
            JSON.stringify((spec(made.one("NetworkPolicy", name)) as { egress: object }).egress);
        assert.match(egress(keys, "audit"), /"port":9000.*"0\.0\.0\.0\/0","except":\["169\.254\.0\.0\/16"/);
        // Store and token service are on one port: one rule.
        assert.equal(egress(roles, "audit").match(/"port":443/g)?.length, 1);
        const external = { endpoint: "https://10.9.8.7", sts: { endpoint: "https://10.9.8.8:8443" } };
        const narrow = await collect({
            config: {
                ...withRoles,
                "data-platform:objectStore": JSON.stringify({
                    kind: "external",
                    external: {
                        ...external,
                        serviceAccountAnnotations: Object.fromEntries(applications.map((app) => [app, role(app)])),
                    },
                }),
            },
        });
        assert.deepEqual((spec(narrow.one("NetworkPolicy", "audit")) as { egress: unknown }).egress, [
            { to: [{ ipBlock: { cidr: "10.9.8.7/32" } }], ports: [{ protocol: "TCP", port: 443 }] },
            { to: [{ ipBlock: { cidr: "10.9.8.8/32" } }], ports: [{ protocol: "TCP", port: 8443 }] },
        ]);
    });

    it("is opened by name with Cilium: the endpoint's, each bucket's before it, and the token service's", async () => {
        const made = await collect({
            config: { ...withRoles, "data-platform:kubernetes": '{"networkPlugin":"cilium"}' },
        });
        const text = JSON.stringify(spec(made.one("CiliumNetworkPolicy", "audit-cilium")));
        for (const host of ["s3", "bronze.s3", "logs.s3", "sts"])
            assert.ok(text.includes(`"matchName":"${host}.eu-central-1.amazonaws.com"`), host);
    });

    it("needs of a store what the page says in AWS' words, which the check's test gives to a real one", () => {
        const page = readFileSync(join(repoRoot, "docs/object-store.md"), "utf8");
        const [, policy] = /```json\n(.*?)```/s.exec(page) ?? [];
        assert.deepEqual(JSON.parse(policy), policyOf("gold", { region: "r", buckets: objectStoreDefaults.buckets }));
    });

    it("counts its Jobs in the quota of its namespace, and no server", () => {
        const pods = (values: Record<string, string>) => declared(platformConfig({ values }, "test"), "storage");
        assert.deepEqual([pods(withKeys).pods, pods(withKeys).storage], [1, 0]);
        assert.equal(pods(withRoles).pods, applications.length);
    });
});
