import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";

import { LocalPostgresql, needPostgresql, until, values } from "../../support/postgresql";
import { needHelm } from "../../support/charts";

/** The chart's own scripts with a real PostgreSQL. */
describe("chart postgresql, its scripts with a real server", function () {
    this.timeout(180_000);
    const admin = "first \"Pass\\word:' of admin";
    let db: LocalPostgresql;
    before(needHelm);
    before(needPostgresql);
    beforeEach(async () => {
        db = new LocalPostgresql();
        await db.prepare();
    });
    afterEach(() => db.remove());

    /** Outcome of opening a session: "1", or why it doesn't begin. */
    const session = async (role: string, password: string, database: string, sslMode?: string) =>
        (await db.query(role, password, database, "SELECT 1", sslMode)).all;

    async function setup(): Promise<string> {
        const { exitCode, all } = await db.setup();
        assert.equal(exitCode, 0, all);
        return all;
    }

    it("makes a cluster that takes sessions over TLS only, and ends at once when it is told to", async () => {
        await db.start();
        assert.equal(await session("postgres", admin, "postgres"), "1", db.log);
        assert.match(await session("postgres", admin, "postgres", "disable"), /no pg_hba.conf entry.*no encryption/);
        assert.match(await session("postgres", "wrong", "postgres"), /password authentication failed/);
        const [encoding, collation, checksums, scram] = (
            await db.admin(
                "SELECT pg_encoding_to_char(encoding), datcollate, current_setting('data_checksums'), (SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'postgres') FROM pg_database WHERE datname = 'template1'",
            )
        ).split("|");
        assert.deepEqual([encoding, collation, checksums, scram], ["UTF8", "C.UTF-8", "on", "t"]);
        assert.equal((await db.health("live")).exitCode, 0);
        // One that waits for nothing must not hold the end up.
        const open = db.query("postgres", admin, "postgres", "SELECT pg_sleep(600)");
        await until("the session runs", async () =>
            (await db.admin("SELECT query FROM pg_stat_activity")).includes("sleep(600)"),
        );
        assert.equal(await db.end("SIGTERM"), 0, db.log);
        assert.match(db.log, /database system is shut down/);
        assert.match((await open).all, /terminating connection due to administrator command/);
        assert.notEqual((await db.health("live")).exitCode, 0);
        assert.doesNotMatch(db.log, /first "Pass/);
    });

    it("runs as a user that the cluster has chosen, and says what is wrong where nobody gives that user a name", async function () {
        // Only root becomes anybody.
        if (process.getuid?.() !== 0) this.skip();
        const uid = 1_000_660_000;
        // Counter-proof: by the name postgres nobody with another one gets in.
        db.asAssigned(uid, true);
        const usual = db.start();
        await until("the server refuses its own scripts", () => /Peer authentication failed/.test(db.log));
        await db.end("SIGTERM");
        await usual;
        await db.configure({ ...values, podUser: "assigned" });
        await db.start();
        assert.equal(await session("postgres", admin, "postgres"), "1", db.log);
        assert.match(await session("postgres", "wrong", "postgres"), /password authentication failed/);
        await setup();
        assert.equal(await session("airflow", "first-airflow", "airflow"), "1");
        assert.equal(statSync(db.path("volume/cluster/PG_VERSION")).uid, uid);
        assert.equal(await db.end("SIGTERM"), 0, db.log);

        rmSync(db.path("volume/cluster"), { recursive: true });
        db.asAssigned(uid, false);
        await db.start();
        assert.match(db.log, /error: initdb: .*could not look up effective user ID 1000660000/);
    });

    it("gives each application a database that the others can't open, any number of times", async () => {
        await db.start();
        for (const round of ["first", "second"]) {
            const said = await setup();
            assert.match(said, /application mlflow-auth: role mlflow_auth, database mlflow_auth/, round);
            assert.doesNotMatch(said + db.log, /first-(airflow|mlflow)|SCRAM/);
        }
        const secrets = { airflow: "first-airflow", mlflow_auth: "first-mlflow'\"\\:%" };
        for (const [role, password] of Object.entries(secrets)) {
            const made = await db.query(role, password, role, "CREATE TABLE t AS SELECT 1; SELECT current_user FROM t");
            assert.equal(made.all, role);
            for (const other of ["airflow", "mlflow_auth", "postgres", "template1"].filter((name) => name !== role)) {
                assert.match(
                    await session(role, password, other),
                    /permission denied for database/,
                    `${role} in ${other}`,
                );
            }
            const { all } = await db.query(role, password, role, "CREATE ROLE more");
            assert.match(all, /permission denied/);
        }
    });

    it("sets changed passwords, of applications by the job and of the administrator by itself", async () => {
        await db.start();
        await setup();
        db.account("airflow", "airflow", "second-airflow");
        db.password("admin", "second-admin");
        await until("the new one works", async () => (await session("postgres", "second-admin", "postgres")) === "1");
        assert.match(await session("postgres", admin, "postgres"), /password authentication failed/);
        await setup();
        assert.equal(await session("airflow", "second-airflow", "airflow"), "1");
        assert.match(await session("airflow", "first-airflow", "airflow"), /password authentication failed/);
    });

    it("shuts out an application that is no longer asked for, and keeps its data", async () => {
        await db.start();
        await setup();
        await db.query("airflow", "first-airflow", "airflow", "CREATE TABLE kept AS SELECT 7 AS n");
        await db.admin("CREATE ROLE analyst LOGIN PASSWORD 'by-hand'");
        const applications = (values.applications as { name: string }[]).filter(({ name }) => name !== "airflow");
        await db.configure({ applications });
        assert.match(await setup(), /role airflow: shut out/);
        assert.match(await session("airflow", "first-airflow", "airflow"), /not permitted to log in/);
        assert.equal(await db.admin("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'analyst'"), "t");
        await db.configure(values);
        await setup();
        assert.equal((await db.query("airflow", "first-airflow", "airflow", "SELECT n FROM kept")).all, "7");
    });

    it("says what is wrong with a Secret, and shuts nobody out then", async () => {
        await db.start();
        await setup();
        db.account("airflow", "postgres", "x");
        const { exitCode, all } = await db.setup();
        assert.equal(exitCode, 1);
        assert.match(all, /application airflow: the role postgres is PostgreSQL's own/);
        assert.match(all, /nobody was shut out/);
        db.account("airflow", "airflow", "");
        assert.match((await db.setup()).all, /application airflow: key password of its Secret is empty/);
    });

    it("comes back with what was committed after everything was killed, though another process has its old id", async () => {
        await db.start();
        await db.admin("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n");
        const note = readFileSync(db.path("volume/cluster/postmaster.pid"), "utf8").split("\n");
        await db.end("SIGKILL", true);
        const other = db.run(["sleep", "100"]);
        writeFileSync(db.path("volume/cluster/postmaster.pid"), [other.pid, ...note.slice(1)].join("\n"));
        await db.start();
        other.kill();
        assert.match(db.log, /database system was not properly shut down/);
        assert.equal(await db.admin("SELECT count(*) FROM t"), "1000");
    });

    it("never lets two servers work on one volume", async () => {
        await db.start();
        const second = await db.run([
            ...["timeout", "5", "bash", "-c"],
            `sed 's/--timeout 30/--timeout 1/' ${db.path("config/start.sh")} | bash`,
        ]);
        // It waits for as long as the first one lives.
        assert.equal(second.exitCode, 124);
        assert.match(second.all, /another server works on the volume .*; waiting until it has ended/);
        assert.doesNotMatch(second.all, /making a cluster|valid until/);
        assert.equal(await session("postgres", admin, "postgres"), "1");
    });

    it("makes a cluster anew that was cut short, and mends rights that are too loose", async () => {
        await db.run(["mkdir", db.path("volume/cluster.new"), db.path("volume/cluster.new/base")]);
        await db.start();
        await db.end("SIGTERM");
        assert.equal((await db.run(["chmod", "2770", db.path("volume/cluster")])).exitCode, 0);
        await db.start();
        assert.equal(await session("postgres", admin, "postgres"), "1", db.log);
        assert.equal(statSync(db.path("volume/cluster")).mode & 0o777, 0o700);
    });

    it("refuses the cluster of another version and a directory that is none, and touches neither", async () => {
        mkdirSync(db.path("volume/cluster"));
        await db.start();
        assert.match(db.log, /cluster is there but holds no cluster of PostgreSQL; nothing was touched/);
        writeFileSync(db.path("volume/cluster/PG_VERSION"), "9\n");
        await db.start();
        assert.match(db.log, /the volume holds a cluster of PostgreSQL 9 and this image is \d+, which can't read it/);
    });

    it("takes up a renewed certificate by itself, and none that doesn't fit its key", async () => {
        await db.start();
        const first = await db.shown();
        const { "tls.crt": crt, "tls.key": key } = await db.certificate();
        await until("the new one is shown", async () => (await db.shown()).trim() === crt.trim());
        assert.notEqual(crt.trim(), first.trim());
        assert.equal(await session("postgres", admin, "postgres"), "1", "a session by the new one");
        await db.certificate();
        db.write("tls", { "tls.key": key });
        await until("it is told", () => db.log.includes("don't belong together"));
        assert.equal((await db.shown()).trim(), crt.trim());
        assert.equal(statSync(db.path("run/tls.key")).mode & 0o777, 0o600);
    });

    it("isn't ready by a certificate that is over, and says so", async () => {
        await db.start();
        await db.certificate(-1);
        await until("it isn't ready", async () => {
            const { exitCode, all } = await db.health("ready");
            return exitCode !== 0 && all.includes("the certificate is valid until");
        });
        assert.equal((await db.health("live")).exitCode, 0);
    });
});
