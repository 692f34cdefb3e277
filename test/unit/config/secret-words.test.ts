import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { problemsIn } from "../../../config/free-maps";
import { quote } from "../../../config/quote";
import { formsOf } from "../../../config/secret-forms";
import { isSecretKey, secretShape, secretShapes } from "../../../config/secret-words";
import { secretsIn } from "../../../policy/lib/secrets";
import { redactedText } from "../../../render/diff/redact";
import { repoRoot } from "../../../lib/paths";

/** Keys that hold a secret, as they are met in settings of Spark, Hadoop, Airflow, charts, Kubernetes and clouds. */
const secretKeys = [
    ...["spark.hadoop.fs.s3a.secret.key", "spark.hadoop.fs.s3a.access.key", "spark.hadoop.fs.s3a.session.token"],
    ...["spark.ssl.keyPassword", "spark.ssl.keyStorePassword", "spark.ssl.trustStorePassword"],
    ...["spark.authenticate.secret", "spark.kubernetes.authenticate.submission.oauthToken"],
    "spark.hadoop.fs.azure.account.key.acme.dfs.core.windows.net",
    "spark.hadoop.fs.azure.account.oauth2.client.secret.acme.dfs.core.windows.net",
    "spark.hadoop.fs.azure.sas.fixed.token.acme.dfs.core.windows.net",
    "spark.hadoop.fs.azure.sas.data.acme.blob.core.windows.net",
    ...["spark.hadoop.fs.gs.auth.service.account.private.key", "spark.hadoop.javax.jdo.option.ConnectionPassword"],
    ...["spark.es.net.http.auth.pass", "sfPassword", "pem_private_key", "spark.cassandra.auth.password"],
    ...["sasl.jaas.config", "sasl.password", "ssl.keystore.password", "ssl.key.password"],
    ...["sql_alchemy_conn", "sql_alchemy_conn_async", "sql_alchemy_conn_cmd", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"],
    ...["fernet_key", "secret_key", "jwt_secret", "smtp_password", "sentry_dsn", "flower_basic_auth"],
    ...["AIRFLOW__CORE__FERNET_KEY", "AIRFLOW_CONN_POSTGRES_DEFAULT", "AIRFLOW__API__SECRET_KEY"],
    ...["rootPassword", "adminPassword", "auth.token", "apiKey", "client_secret", "clientSecret", "dbpassword"],
    ...["AWS_SECRET_ACCESS_KEY", "AWSSecretKey", "AWS_SESSION_TOKEN", "GITSYNC_PASSWORD", "PGPASSWORD"],
    ...["AZURE_STORAGE_CONNECTION_STRING", "storageAccountKey", "masterKey", "signing-key", "encryptionKey"],
    ...["GITHUB_TOKEN", "bearerToken", "webhook_secret", "license-key", "registryCredentials", "passphrase", "DB_PWD"],
];

/** Keys that look a little like one and hold none. */
const innocentKeys = [
    ...["sql_alchemy_pool_size", "sql_alchemy_max_overflow", "sql_alchemy_pool_recycle", "sql_alchemy_schema"],
    ...["sql_alchemy_connect_args", "sql_alchemy_engine_args", "sql_alchemy_pool_enabled"],
    ...["remote_log_conn_id", "smtp_conn_id", "max_connections", "connection_timeout", "jwt_expiration_time"],
    ...["smtp_user", "smtp_host", "auth_backends", "secret_name", "secretName", "existingSecretPasswordKey"],
    ...[
        "spark.authenticate",
        "spark.authenticate.secret.file",
        "spark.executor.memory",
        "spark.sql.shuffle.partitions",
    ],
    ...["spark.hadoop.fs.s3a.aws.credentials.provider", "spark.hadoop.hadoop.security.credential.provider.path"],
    ...["spark.kubernetes.authenticate.submission.oauthTokenFile", "spark.kubernetes.driver.secrets.ssl"],
    ...["spark.kubernetes.authenticate.driver.serviceAccountName", "spark.kubernetes.driver.secretKeyRef.DB"],
    ...["spark.hadoop.fs.azure.account.auth.type.acme.dfs.core.windows.net", "AWS_ACCESS_KEY_ID"],
    ...["tokenExpiration", "token_url", "passwordFile", "password_policy", "keystore.location", "partition.key"],
    ...["primaryKey", "sort_key", "topologyKey", "monkey", "bypass", "compass", "secretary", "max_tokens"],
    ...["vault.hashicorp.com/agent-inject-secret-db-password", "vault.hashicorp.com/agent-inject"],
    ...["eks.amazonaws.com/role-arn", "prometheus.io/scrape", "sidecar.istio.io/inject", "no_password"],
    ...["cert-manager.io/cluster-issuer", "external-dns.alpha.kubernetes.io/hostname"],
];

/** Names of Secrets under keys by which charts and controllers ask for them. */
const references: Record<string, string> = {
    existingSecret: "minio-root",
    imagePullSecret: "registry",
    "nginx.ingress.kubernetes.io/auth-secret": "team/basic-auth",
    "nginx.ingress.kubernetes.io/auth-tls-secret": "team/ca",
    "nginx.ingress.kubernetes.io/proxy-ssl-secret": "team/ca",
};

const value = "Tr0ub4dor";

describe("what looks like a secret", () => {
    it("is known by its key, by real ones, and innocent keys aren't", () => {
        assert.deepEqual(
            secretKeys.filter((key) => !isSecretKey(key)),
            [],
        );
        assert.deepEqual(innocentKeys.filter(isSecretKey), []);
    });

    it("is so for the schema, the policy pack and the comment alike", () => {
        for (const key of secretKeys) {
            assert.equal(problemsIn({ [key]: value }).length, 1, `schema: ${key}`);
            assert.equal(secretsIn({ [key]: value }).length, 1, `policy: ${key}`);
            assert.equal(redactedText(`${key}=${value}`), `${key}=(masked)`);
            assert.doesNotMatch(quote({ [key]: value }), new RegExp(value), `message: ${key}`);
        }
        for (const key of innocentKeys) {
            assert.deepEqual(problemsIn({ [key]: value }), [], `schema: ${key}`);
            assert.deepEqual(secretsIn({ [key]: value }), [], `policy: ${key}`);
        }
        for (const [key, name] of Object.entries(references)) {
            assert.deepEqual(problemsIn({ [key]: name }), [], `schema: ${key}`);
            assert.deepEqual(secretsIn({ [key]: name }), [], `policy: ${key}`);
            assert.equal(problemsIn({ [key]: "p4ss W0rd" }).length, 1, `schema: ${key} with a secret`);
        }
    });

    it("is found at any depth: in lists, as a number, in a text of JSON; not where a place is named", () => {
        assert.deepEqual(
            problemsIn({
                smtp: { smtp_password: 12345 },
                list: [{ token: value }],
                text: '{"secret_id": 1, "token": "x"}',
            }),
            [
                ...[["smtp", "smtp_password"], ["list", "0", "token"], ["text"]].map((path) => ({
                    path,
                    message: problemsIn({ token: value })[0].message,
                })),
            ],
        );
        const places = { password: "${DB_PASSWORD}", token: "/var/run/secrets/token", secret_key: "", use_token: true };
        assert.deepEqual(problemsIn(places), []);
    });

    it("is known by its look, whatever its key", () => {
        const random = "a1B2c3D4e5".repeat(4);
        const looks = [
            ...[
                `ghp_${random.slice(0, 36)}`,
                `github_pat_${random}`,
                `glpat-${random.slice(0, 20)}`,
                `glpat-${random}`,
            ],
            ...["AKIAIOSFODNN7EXAMPLE", `xoxb-${random}`, `hvs.${random}`, `npm_${random.slice(0, 36)}`],
            ...[`ATATT3x${random}`, `AIza${random.slice(0, 35)}`, `dckr_pat_${random}`],
            ...["eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "-----BEGIN EC PRIVATE KEY-----", "redis://:hunter2@cache:6379/0"],
        ];
        for (const look of looks) {
            assert.ok(secretShape(look), look);
            assert.equal(problemsIn({ anything: look }).length, 1, look);
            assert.equal(secretsIn({ anything: look }).length, 1, look);
            assert.doesNotMatch(redactedText(`x ${look} y`), /a1B2c3D4e5|IOSFODNN|eyJzdWI|hunter2/, look);
        }
        for (const [shape, what] of secretShapes)
            assert.ok(
                looks.some((look) => shape.test(look)),
                what,
            );
        for (const harmless of [
            "https://example.com/a@b",
            "s3://bucket/key",
            "postgresql://$(USER):$(PASSWORD)@db/x",
        ]) {
            assert.equal(secretShape(harmless), undefined, harmless);
        }
        assert.ok(
            secretShapes.every(([shape]) => shape.flags === ""),
            "flags are the users' own",
        );
    });

    it("isn't in a connection whose address has nobody in it, or whose own keys hold none", () => {
        const open = {
            sql_alchemy_conn: "postgresql+psycopg://",
            AIRFLOW_CONN_TASK_LOGS: '{"conn_type":"aws","login":"$(USER)","password":"$(PASSWORD)"}',
        };
        assert.deepEqual(secretsIn(open), []);
        for (const [key, own] of Object.entries(open)) assert.equal(redactedText(`${key} = ${own}`), `${key} = ${own}`);
        const closed = {
            sql_alchemy_conn: "postgresql://app:hunter2@db/x",
            AIRFLOW_CONN_TASK_LOGS: '{"conn_type":"aws","login":"me","password":"hunter2"}',
        };
        assert.equal(secretsIn(closed).length, 2);
        for (const [key, own] of Object.entries(closed)) {
            assert.doesNotMatch(redactedText(`${key} = ${own}`), /hunter2/);
        }
        // A stack's config has no business with either.
        assert.equal(problemsIn(open).length, 2);
    });

    it("isn't in a command that only reads the database's address out of a file", () => {
        const key = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD";
        const file = "/var/run/data-platform/database/uri";
        assert.deepEqual(secretsIn({ [key]: `sed s/^postgresql:/postgresql+psycopg:/ ${file}` }), []);
        for (const command of ["echo postgresql://app:hunter2@db/x", `sed s/^postgresql:/hunter2/ ${file}`]) {
            assert.equal(secretsIn({ [key]: command }).length, 1, command);
        }
    });

    it("is one list: the policy pack's is a copy of the config's", () => {
        const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");
        assert.equal(read("policy/lib/secret-words.ts"), read("config/secret-words.ts"));
    });

    it("is known in each form that it may be written in", () => {
        const nasty = `it's "50%" $x\\y\n<ü>(!)*`;
        const forms = formsOf(nasty);
        assert.ok(forms.includes(JSON.stringify(nasty).slice(1, -1)));
        assert.ok(forms.includes(Buffer.from(nasty).toString("base64")));
        for (const form of forms.filter((each) => /^[\w%.~!'()*-]+$/.test(each) && each.includes("%25"))) {
            assert.equal(decodeURIComponent(form), nasty);
        }
        assert.ok(forms.some((form) => form.includes("%28%21%29%2A")));
        assert.doesNotThrow(() => formsOf("half \ud800"));
    });
});
