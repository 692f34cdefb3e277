import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import { databaseFiles, secretsDirectory } from "../../../components/airflow/environment";
import { Address, uri } from "../../../components/database/accounts";
import { repoRoot } from "../../../lib/paths";
import { LocalPostgresql, needPostgresql } from "../../support/postgresql";
import { pythonWith } from "../../support/python-packages";
import { needHelm, scratch } from "../../support/charts";
import { configProblems } from "../../support/config-problems";

/** Passwords that roles of an external database may have. */
const passwords: Record<string, string> = {
    "one letter": "x",
    quotes: `it's "quoted" \`so\``,
    "a shell's words": "$HOME ${PATH} $(id) `id` && *; -n",
    backslashes: "\\back\\slash\\n \\' \\",
    "parts of an address": "a:b@c/d?sslmode=disable#e&f=g+h;i,j",
    percent: "100%25 %s %% %(here)s %zz",
    spaces: "  before, within and after\t ",
    unicode: "pässwörd Ключ 鍵 🔑",
    "what Unicode folds": "ª\u00a0ﬁ",
    "several lines": "line one\nline two\r\n",
    "lines at its end": "last\n\n",
    "a variable of Kubernetes'": "$(PGUSER) $$(X) {{ .Values.x }}",
    "a line of a file of passwords": "*:*:*:airflow:other",
    long: "0123456789abcdeü".repeat(60).slice(0, 900),
};

/** The problems with the passwords of a stack with an external database. */
function problems(credentials: Record<string, string>, kind = "external"): Record<string, string> {
    const all = Object.fromEntries(["airflow", "mlflow", "mlflow-auth"].map((app) => [`database.${app}`, "p"]));
    const database = kind === "external" ? { kind, external: { host: "db.example.com" } } : { kind };
    const registry = "registry.example.com/x";
    const given = { ...(kind === "external" ? all : {}), ...credentials };
    return configProblems({ profile: "dev", images: { registry }, database, credentials: given });
}

describe("passwords of an external database", () => {
    for (const [what, password] of Object.entries(passwords)) {
        it(`may have ${what}`, () => assert.deepEqual(problems({ "database.airflow": password }), {}));
    }

    it("are refused by name where PostgreSQL takes none such, without being quoted", () => {
        const found = (password: string) =>
            problems({ "database.airflow": password })['credentials["database.airflow"]'];
        assert.match(found(""), /is empty/);
        assert.match(found("abc\0def"), /has a NUL in it, which neither PostgreSQL nor git takes/);
        assert.match(found("abc\ud83ddef"), /has half of a character in it/);
        assert.match(found("ü".repeat(513)), /must be at most 1024 bytes in UTF-8/);
        assert.equal(found("ü".repeat(512)), undefined);
        for (const bad of ["abc\0def", "abc\ud83ddef"]) assert.doesNotMatch(found(bad), /abc|def/);
    });

    it("of a database in the cluster, and of other systems, keep to the alphabet that all places take", () => {
        const own = (key: string, kind?: string) =>
            problems({ [key]: 'it\'s too "free" for us' }, kind)[`credentials["${key}"]`];
        assert.match(own("database.airflow", "postgresql"), /must be letters, digits and/);
        assert.match(own("objectStore.root"), /must be letters, digits and/);
    });

    describe("with a real server", function () {
        this.timeout(600_000);
        const dir = scratch();
        let db: LocalPostgresql;
        let python: string;
        before(needHelm);
        before(needPostgresql);
        before(async () => {
            python = await pythonWith(dir, {
                mlflow: ["sqlalchemy", "typing-extensions", "psycopg2-binary"],
                airflow: ["psycopg", "psycopg-binary"],
            });
            db = new LocalPostgresql();
            await db.prepare();
            await db.start();
            const { exitCode, all } = await db.setup();
            assert.equal(exitCode, 0, all);
            rmSync(db.path("secrets/applications/mlflow-auth"), { recursive: true });
        });
        after(async () => {
            // Where the preparation failed, there is none.
            await (db as LocalPostgresql | undefined)?.remove();
            rmSync(dir, { recursive: true });
        });

        const address = (): Address => ({
            ...{ host: "localhost", port: db.port, sslMode: "verify-full", caFile: db.path("ca/ca.crt") },
        });

        /** Runs a pod's program, with the image's own sources. */
        async function connects(image: string, env: Record<string, string>): Promise<void> {
            const { all, exitCode } = await execa(python, [join(__dirname, "../fixtures/connect.py"), image], {
                env: { PYTHONPATH: join(repoRoot, "images", image, "src"), PYTHONDONTWRITEBYTECODE: "1", ...env },
                all: true,
                reject: false,
            });
            assert.equal(exitCode, 0, all);
            assert.equal(all, "airflow\nairflow");
        }

        for (const [what, password] of Object.entries(passwords)) {
            it(`connect, with ${what}: the check, MLflow, Airflow and whoever takes the address`, async () => {
                await db.admin(`ALTER ROLE airflow PASSWORD $given$${password}$given$`);
                const connection = uri(address(), "airflow", password, "airflow");
                assert.match(connection, /^[\x21-\x7e]+$/, "an address of one word");

                db.write("secrets/applications/airflow", { username: "airflow", password, database: "airflow" });
                const check = await db.check();
                assert.equal(check.exitCode, 0, check.all);

                const named = await db.run(["psql", "-XAtq", "-c", "SELECT current_user", connection]);
                assert.equal(named.all, "airflow");

                for (const each of ["mlflow/database", "mlflow/auth-database", "mlflow/admin", "airflow"]) {
                    mkdirSync(db.path("secrets", each), { recursive: true });
                }
                for (const each of ["database", "auth-database"])
                    db.write(`secrets/mlflow/${each}`, { uri: connection });
                db.write("secrets/mlflow/admin", { username: "admin", password: "of-the-administrator" });
                await connects("mlflow", {
                    PLATFORM_SECRETS_DIR: db.path("secrets/mlflow"),
                    PLATFORM_AUTH_CONFIG: db.path("run/basic_auth.ini"),
                });
                db.write("secrets/airflow", { uri: connection });
                const mounted = `${secretsDirectory}/database`;
                const env = databaseFiles("postgresql-user-airflow").env.map(
                    ({ name, value }) => [name, value.replace(mounted, db.path("secrets/airflow"))] as const,
                );
                await connects("airflow", Object.fromEntries(env));
            });
        }

        it("another password is refused, so that the tests above say something", async () => {
            await db.admin("ALTER ROLE airflow PASSWORD 'first'");
            const named = await db.run([
                "psql",
                "-XAtq",
                "-c",
                "SELECT 1",
                uri(address(), "airflow", "other", "airflow"),
            ]);
            assert.match(named.all, /password authentication failed/);
        });
    });
});
