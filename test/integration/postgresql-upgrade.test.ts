import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

import { postgresql } from "../../config/versions";
import { imageRoot } from "../support/from-images";
import { LocalPostgresql, needPostgresql, values } from "../support/postgresql";
import { needHelm } from "../support/charts";

/** A volume of this machine's PostgreSQL, an older major version than the image's, is taken over by the image. */
describe("PostgreSQL's next major version, with a real volume", function () {
    this.timeout(600_000);
    const admin = "first \"Pass\\word:' of admin";
    const odd = `o'brien "& sons" \\ 1=2`;
    let root: string;
    let db: LocalPostgresql;
    let older: string;
    before(needHelm);
    before(needPostgresql);
    before(async function () {
        if (process.getuid?.() !== 0) this.skip();
        root = await imageRoot("postgresql");
    });
    before(async () => {
        db = new LocalPostgresql();
        await db.prepare();
        await db.configure({ ...values, upgradeFrom: "registry.example.com/postgresql:15" });
        await db.start();
        older = await db.admin("SELECT current_setting('server_version_num')::int / 10000");
    });
    before(function () {
        if (Number(older) >= Number(postgresql)) this.skip();
    });
    after(() => db.remove());

    const upgrade = (what: "dump" | "load") => db.run(["bash", db.path("config/upgrade.sh"), what]);
    const control = () =>
        createHash("sha256")
            .update(readFileSync(db.path("volume/cluster/global/pg_control")))
            .digest("hex");
    const sums = async () => ({
        rows: await db.admin(
            "SELECT count(*), sum(n), sum(length(text)), md5(string_agg(text, '' ORDER BY n)) FROM t",
            "airflow",
        ),
        bytes: await db.admin("SELECT sum(hashtextextended(encode(bytes, 'hex'), 0)), max(length(bytes)) FROM b", odd),
        objects: await db.admin("SELECT count(*), sum(length(lo_get(oid))) FROM pg_largeobject_metadata", odd),
        sequence: await db.admin("SELECT last_value FROM s", "airflow"),
        roles: await db.admin(
            "SELECT string_agg(rolname || rolcanlogin, ',' ORDER BY rolname) FROM pg_roles WHERE rolname !~ '^pg_'",
        ),
        passwords: await db.admin(
            "SELECT md5(string_agg(rolname || rolpassword, ',' ORDER BY rolname)) FROM pg_authid WHERE rolname <> 'postgres'",
        ),
        settings: await db.admin(
            "SELECT string_agg(datname || setconfig::text, ',') FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase",
        ),
        rights: await db.admin(
            "SELECT string_agg(datname || datacl::text, ',' ORDER BY datname) FROM pg_database WHERE datname <> 'template0'",
        ),
        members: await db.admin("SELECT pg_has_role('analyst', 'airflow', 'member')"),
        postgres: await db.admin("SELECT sum(n) FROM kept"),
    });
    let before15: Awaited<ReturnType<typeof sums>>;

    it("fills a cluster of the older version with what there may be", async () => {
        assert.equal((await db.setup()).exitCode, 0);
        await db.admin(
            "SET ROLE airflow; CREATE TABLE t AS SELECT n, repeat(md5(n::text), 1 + n % 500) AS text FROM generate_series(1, 20000) n; CREATE SEQUENCE s; SELECT setval('s', 4711)",
            "airflow",
        );
        await db.admin("CREATE ROLE analyst LOGIN PASSWORD 'by-hand' IN ROLE airflow CONNECTION LIMIT 3");
        await db.admin(`CREATE DATABASE "${odd.replaceAll('"', '""')}" OWNER analyst`);
        await db.admin(`ALTER DATABASE airflow SET statement_timeout = '7min'`);
        // One row of 30 MiB, many of which a page can't hold, and large objects.
        await db.admin("CREATE TABLE b AS SELECT decode(repeat(md5('x') || '00', 1850000), 'hex') AS bytes", odd);
        await db.admin(
            "INSERT INTO b SELECT decode(repeat(md5(n::text), 3000), 'hex') FROM generate_series(1, 300) n",
            odd,
        );
        await db.admin(
            "SELECT count(lo_from_bytea(0, decode(repeat('ab', n * 1000), 'hex'))) FROM generate_series(1, 50) n",
            odd,
        );
        await db.admin("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n", "postgres");
        before15 = await sums();
        assert.equal(before15.rows.split("|").slice(0, 2).join(), "20000,200010000");
        // Killed, not ended in order: a dump must come after the recovery.
        await db.end("SIGKILL", true);
    });

    it("is refused by the newer server, which names both versions and the way, and touches nothing", async () => {
        await db.inside(root);
        const untouched = control();
        await db.start();
        assert.match(
            db.log,
            new RegExp(`cluster of PostgreSQL ${older} and this image is ${postgresql}, which can't read it`),
        );
        assert.match(db.log, /nothing was touched.*upgradeFrom.*docs\/upgrades\.md/s);
        const { exitCode, all } = await upgrade("load");
        assert.equal(exitCode, 1);
        assert.match(all, /there is no dump of the cluster of PostgreSQL/);
        assert.equal(control(), untouched);
    });

    it("refuses a dump that isn't of the cluster's last state", async () => {
        await db.inside();
        const { exitCode, all } = await upgrade("dump");
        assert.equal(exitCode, 0, all);
        assert.match((await upgrade("dump")).all, /is there already/);
        await db.start();
        await db.admin("INSERT INTO kept VALUES (1000000)");
        before15 = await sums();
        assert.equal(await db.end("SIGTERM"), 0);
        await db.inside(root);
        const refused = await upgrade("load");
        assert.equal(refused.exitCode, 1);
        assert.match(refused.all, /was used after it was dumped; nothing was touched/);
    });

    it("loads a dump of all there is, also after an attempt that was killed, and keeps the old cluster", async () => {
        await db.inside();
        const dumped = await upgrade("dump");
        assert.match(dumped.all, /dumped 5 databases/, dumped.all);
        await db.inside(root);
        const first = upgrade("load");
        await new Promise((resolve) => setTimeout(resolve, 3000));
        process.kill(-(first.pid ?? 0), "SIGKILL");
        await first;
        assert.equal(readFileSync(db.path("volume/cluster/PG_VERSION"), "utf8").trim(), older);
        const loaded = await upgrade("load");
        assert.equal(loaded.exitCode, 0, loaded.all);
        assert.match(loaded.all, new RegExp(`the old one is kept as cluster-${older}`));
        assert.equal(readFileSync(db.path(`volume/cluster-${older}/PG_VERSION`), "utf8").trim(), older);
        await db.start();
        assert.equal(await db.admin("SELECT current_setting('server_version_num')::int / 10000"), postgresql, db.log);
        const { rights, ...rest } = await sums();
        const { rights: rightsBefore, ...restBefore } = before15;
        assert.deepEqual(rest, restBefore);
        assert.equal(rights, rightsBefore);
        assert.equal((await db.query("airflow", "first-airflow", "airflow", "SELECT count(*) FROM t")).all, "20000");
        assert.equal((await db.query("postgres", admin, "postgres")).all, "1");
        assert.match((await db.query("airflow", "first-airflow", "mlflow_auth")).all, /permission denied for database/);
        assert.equal((await db.setup()).exitCode, 0);
        assert.equal(await db.end("SIGTERM"), 0);
    });

    it("does nothing a second time, with either image", async () => {
        const untouched = control();
        assert.match((await upgrade("load")).all, /nothing to take over/);
        await db.inside();
        assert.match((await upgrade("dump")).all, /nothing to dump/);
        assert.equal(control(), untouched);
    });

    it("goes on with the new cluster when it was killed between the two moves at the end", async () => {
        await db.inside(root);
        await db.run(["mv", db.path("volume/cluster"), db.path("volume/cluster.new")]);
        await db.start();
        assert.equal(await db.admin("SELECT sum(n) FROM kept"), before15.postgres, db.log);
        assert.ok(!existsSync(db.path("volume/cluster.new")));
        assert.equal(await db.end("SIGTERM"), 0);
    });

    it("lets the old cluster be gone back to", async () => {
        await db.inside();
        await db.run(["mv", db.path("volume/cluster"), db.path(`volume/cluster-${postgresql}`)]);
        await db.run(["mv", db.path(`volume/cluster-${older}`), db.path("volume/cluster")]);
        await db.start();
        assert.deepEqual(await sums(), before15);
    });
});
