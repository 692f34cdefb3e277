import assert from "node:assert/strict";

import { LocalPostgresql, needPostgresql } from "../../support/postgresql";
import { needHelm } from "../../support/charts";

/** Tests of the Job that tries an external database, which is a real one here. */
describe("check of an external database", function () {
    this.timeout(180_000);
    const password = "first-airflow";
    let db: LocalPostgresql;
    before(needHelm);
    before(needPostgresql);
    before(async () => {
        db = new LocalPostgresql();
        await db.prepare();
        db.write("secrets/applications/airflow", { database: "airflow" });
        db.write("secrets/applications/mlflow-auth", { database: "mlflow_auth" });
        await db.start();
        const { exitCode, all } = await db.setup();
        assert.equal(exitCode, 0, all);
    });
    after(() => db.remove());

    const account = (username: string, secret: string, database = "airflow") =>
        db.write("secrets/applications/airflow", { username, password: secret, database });

    async function check(settings: Record<string, string> = {}) {
        const { exitCode, all } = await db.check(settings);
        assert.ok(!all.includes("first-"), "a password is shown");
        return { exitCode, all };
    }

    it("lets an account pass that works", async () => {
        account("airflow", password);
        const { exitCode, all } = await check();
        assert.equal(exitCode, 0, all);
        assert.match(all, /user airflow, database airflow at localhost:\d+ \(application airflow\): works/);
        assert.match(all, /user mlflow_auth, database mlflow_auth .*: works/);
    });

    it("names user, database and host of a wrong password, and what to do; tries the others too", async () => {
        account("airflow", "first-wrong");
        const { exitCode, all } = await check();
        assert.equal(exitCode, 1);
        assert.match(
            all,
            /error: user airflow, database airflow at localhost:\d+ .*the password isn't that of the role airflow/,
        );
        assert.match(all, /pulumi config set --secret --path 'credentials\["database.airflow"\]'/);
        assert.match(all, /user mlflow_auth.*: works/);
        assert.match(all, /1 of the accounts can't be used/);
    });

    it("says what is missing there", async () => {
        account("airflow", password, "nowhere");
        assert.match((await check()).all, /make it: CREATE DATABASE nowhere OWNER airflow/);
        await db.admin("CREATE DATABASE bare");
        account("airflow", password, "bare");
        assert.match((await check()).all, /may make no tables there; GRANT CREATE ON SCHEMA public TO airflow/);
    });

    it("trusts no certificate of another authority or for another name", async () => {
        account("airflow", password);
        const other = await check({ DATABASE_CA_FILE: "/etc/ssl/certs/ca-certificates.crt" });
        assert.match(other.all, /its certificate isn't one to trust: see database.external.ca/);
        const name = await check({ DATABASE_HOST: "127.0.0.1" });
        assert.match(name.all, /its certificate isn't one to trust/);
        assert.equal((await check({ DATABASE_HOST: "127.0.0.1", DATABASE_SSL_MODE: "verify-ca" })).exitCode, 0);
    });

    it("gives up on a server that isn't there, with the reason", async () => {
        const { exitCode, all } = await check({ DATABASE_PORT: "1" });
        assert.equal(exitCode, 1);
        assert.match(all, /see database.external.host and .port, and whether it can be reached/);
        assert.match(all, /Connection refused/);
    });
});
