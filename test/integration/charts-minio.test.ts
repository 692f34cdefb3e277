import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as plain } from "node:http";
import { request } from "node:https";
import { join } from "node:path";

import { execa, type ResultPromise } from "execa";

import { freePorts } from "../../sandbox/cluster/ports";
import { extract } from "../support/from-images";
import { fingerprint, runs, served, until } from "../support/handshake";
import { SecretVolume, TestAuthority } from "../support/secret-volume";
import {
    coreutils,
    find,
    needHelm,
    render,
    type Rendered,
    scratch,
    template,
    type Values,
    writeFiles,
} from "../support/charts";

const names = ["minio", "localhost", "127.0.0.1"];
const root = { rootUser: "root-of-a-test", rootPassword: "Secret-of-a-test" };

/** Values as the platform sets them, as far as one application with several buckets goes. */
const values: Values = {
    buckets: [{ name: "bronze", quota: "1Gi" }, { name: "gold" }, { name: "spark-events", expireDays: 30 }],
    users: [
        { name: "land", existingSecret: "l", readwrite: ["bronze"] },
        { name: "gold", existingSecret: "g", readwrite: ["gold", "spark-events"], readonly: ["bronze"] },
    ],
};

describe("chart minio, with the real server and client", function () {
    this.timeout(180_000);
    let dir: string;
    let bin: string;
    let programs: string;
    let api: number;
    let console_: number;
    let authority: TestAuthority;
    let volume: SecretVolume;
    let objects: Rendered[];
    let server: ResultPromise<{ all: true; reject: false }>;

    before(needHelm);
    before(async function () {
        this.timeout(900_000);
        bin = await extract("minio", "usr/local/bin");
        dir = scratch();
        objects = await render("minio", values);
        authority = await TestAuthority.create(join(dir, "authority"));
        volume = new SecretVolume(join(dir, "tls"));
        await renew();
        [api, console_] = await freePorts(2);
        for (const sub of ["data", "root"]) mkdirSync(join(dir, sub));
        programs = coreutils(join(dir, "programs"));
        writeFiles(join(dir, "root"), root);
        const container = template(objects, "minio").spec.containers[0];
        const places: Record<string, string> = {
            "/data": join(dir, "data"),
            "--address=:9000": `--address=127.0.0.1:${api}`,
            "--console-address=:9001": `--console-address=127.0.0.1:${console_}`,
            "--certs-dir=/etc/data-platform/tls": `--certs-dir=${volume.dir}`,
        };
        const args = (container.command ?? []).slice(4).map((word) => places[word] ?? word);
        const env = Object.fromEntries(
            (container.env ?? []).map(({ name, value = "" }) => [
                name,
                value.replace("/run/secrets/minio", join(dir, "root")).replace(/^\/tmp$/, dir),
            ]),
        );
        server = execa(join(bin, "minio"), args, { env, extendEnv: false, all: true, reject: false });
        await until("the server answers", 60, async () => (await ask(api, "/minio/health/cluster")) === 200);
    });
    after(async () => {
        server.kill("SIGTERM");
        await server;
        rmSync(dir, { recursive: true });
    });

    /** Puts another certificate into the Secret's volume, by the names that the chart gives the keys. */
    async function renew(): Promise<string> {
        const { certificate, key } = await authority.issue(names);
        volume.put({ "public.crt": certificate, "private.key": key, "CAs/ca.crt": authority.certificate });
        return fingerprint(certificate);
    }

    /** The status of an answer over TLS that is verified. */
    const ask = (port: number, path: string, body?: object): Promise<number> =>
        new Promise((resolve, reject) => {
            const options = { host: "localhost", port, path, ca: authority.certificate, family: 4 };
            const headers = { "content-type": "application/json" };
            const call = request({ ...options, headers, method: body ? "POST" : "GET" }, (answer) => {
                answer.resume();
                resolve(answer.statusCode ?? 0);
            });
            call.once("error", reject);
            call.end(body && JSON.stringify(body));
        });

    const login = () => ask(console_, "/api/v1/login", { accessKey: root.rootUser, secretKey: root.rootPassword });

    async function mc(config: string, args: string[], input?: string): Promise<{ all: string; exitCode?: number }> {
        const env = { HOME: dir, MC_CONFIG_DIR: join(dir, config) };
        return execa(join(bin, "mc"), args, { env, extendEnv: false, all: true, reject: false, input });
    }

    it("speaks nothing but TLS, on both ports", async () => {
        for (const port of [api, console_]) {
            const status = await new Promise((resolve, reject) => {
                plain({ host: "127.0.0.1", port, path: "/" }, (answer) => {
                    answer.resume();
                    resolve(answer.statusCode);
                })
                    .once("error", reject)
                    .end();
            });
            assert.equal(status, 400, "a plain request");
            await assert.rejects(served(port, ""), /unable to verify|self-signed/, "without the authority");
            await assert.rejects(served(port, authority.certificate, "elsewhere"), /altnames/, "by another name");
        }
    });

    const setup = (ca: string, timeout: number, overlap = 3600) =>
        execa("bash", [join(dir, "desired/setup.sh")], {
            all: true,
            reject: false,
            extendEnv: false,
            env: {
                // As in Silo's image.
                PATH: `${bin}:${programs}`,
                HOME: dir,
                MC_CONFIG_DIR: join(dir, "mc"),
                MINIO_ENDPOINT: `https://localhost:${api}`,
                MINIO_CA_FILE: ca,
                SETUP_TIMEOUT: String(timeout),
                SETUP_OVERLAP: String(overlap),
                SETUP_DESIRED_DIR: join(dir, "desired"),
                SETUP_SECRETS_DIR: join(dir, "secrets"),
            },
        });

    /** Lets mc act as a user, under a name of its own. */
    async function enter(config: string, [key, secret]: [string, string]): Promise<void> {
        mkdirSync(join(dir, config, "certs/CAs"), { recursive: true });
        writeFiles(join(dir, config, "certs/CAs"), { "ca.crt": authority.certificate });
        const set = await mc(config, ["alias", "set", "s", `https://localhost:${api}`], `${key}\n${secret}\n`);
        assert.equal(set.exitCode, 0, set.all);
    }
    const writes = async (config: string, key: string) => (await mc(config, ["pipe", `s/${key}`], "x")).exitCode === 0;

    it("gets its buckets and users by the chart's own job, which verifies it", async () => {
        for (const sub of ["desired", "secrets/root", "secrets/users/land", "secrets/users/gold"])
            mkdirSync(join(dir, sub), { recursive: true });
        writeFiles(join(dir, "desired"), find(objects, "ConfigMap", "minio-setup").data ?? {});
        writeFiles(join(dir, "secrets/root"), root);
        for (const user of ["land", "gold"])
            writeFiles(join(dir, "secrets/users", user), {
                accessKey: `key-of-${user}`,
                secretKey: `Secret-of-${user}`,
            });
        const stranger = await TestAuthority.create(join(dir, "stranger"));
        const refused = await setup(stranger.file, 1);
        assert.equal(refused.exitCode, 1);
        assert.match(refused.all, /no access to https:\/\/localhost:\d+ .*certificate signed by unknown authority/);
        for (let run = 0; run < 2; run++) {
            const { exitCode, all } = await setup(authority.file, 60);
            assert.equal(exitCode, 0, all);
        }
        await enter("root-of-a-test", [root.rootUser, root.rootPassword]);
    });

    it("bounds a bucket's size as asked for, takes the bound away again, and leaves one that somebody has set by hand", async () => {
        const quotaOf = async (bucket: string) => {
            const { all } = await mc("root-of-a-test", ["quota", "info", "--json", `s/${bucket}`]);
            return (JSON.parse(all) as { quota?: number }).quota ?? 0;
        };
        assert.equal(await quotaOf("bronze"), 2 ** 30);
        assert.equal(await quotaOf("gold"), 0);
        const byHand = await mc("root-of-a-test", ["quota", "set", "s/gold", "--size", "2GiB"]);
        assert.equal(byHand.exitCode, 0, byHand.all);
        const file = join(dir, "desired/buckets");
        const asked = readFileSync(file, "utf8");
        writeFileSync(file, asked.replace("1Gi", "none"));
        const { exitCode, all } = await setup(authority.file, 60);
        assert.equal(exitCode, 0, all);
        writeFileSync(file, asked);
        assert.equal(await quotaOf("bronze"), 0);
        assert.equal(await quotaOf("gold"), 2 ** 31);
    });

    it("gives an application its several buckets and no other right", async () => {
        for (const user of ["land", "gold"]) await enter(user, [`key-of-${user}`, `Secret-of-${user}`]);
        assert.ok(await writes("land", "bronze/a"));
        assert.ok(await writes("gold", "gold/a"));
        assert.ok(await writes("gold", "spark-events/a"));
        assert.ok(!(await writes("gold", "bronze/b")));
        assert.ok(!(await writes("land", "gold/b")));
        assert.equal((await mc("gold", ["cat", "s/bronze/a"])).all, "x");
        assert.notEqual((await mc("land", ["cat", "s/gold/a"])).exitCode, 0);
    });

    it("gives an application another key without a request failing, and ends the one before in time", async () => {
        writeFiles(join(dir, "secrets/users/land"), { accessKey: "second-key-of-land", secretKey: "Second-of-land" });
        const { exitCode, all } = await setup(authority.file, 60, 20);
        assert.equal(exitCode, 0, all);
        assert.match(all, /user land: the key of before is good until \d{4}-/);
        assert.doesNotMatch(all, /key-of-land|Second-of-land/);
        assert.ok(await writes("land", "bronze/with-the-key-of-before"));
        await enter("renewed", ["second-key-of-land", "Second-of-land"]);
        assert.ok(await writes("renewed", "bronze/with-the-new-one"));
        // The server itself ends it: no job has to run for that.
        await until("the key of before is refused", 120, async () => !(await writes("land", "bronze/too-late")));
        assert.notEqual((await mc("land", ["cat", "s/bronze/a"])).exitCode, 0, "and reads nothing");
        assert.ok(await writes("renewed", "bronze/still"));
        const users = async () => (await mc("root-of-a-test", ["admin", "user", "ls", "--json", "s"])).all;
        assert.match(await users(), /"key-of-land"/);
        assert.equal((await setup(authority.file, 60)).exitCode, 0);
        assert.doesNotMatch(await users(), /"key-of-land"/);
        assert.doesNotMatch((await mc("root-of-a-test", ["admin", "policy", "ls", "s"])).all, /until/);
    });

    it("lets objects of a bucket go that are older than was asked for, and rules of others stay", async () => {
        const admin = async (...args: string[]) => {
            const { exitCode, all } = await mc("root-of-a-test", args);
            assert.equal(exitCode, 0, all);
            return all;
        };
        const rules = async () =>
            (JSON.parse(await admin("ilm", "rule", "export", "s/spark-events")) as { Rules: { ID: string }[] }).Rules;
        assert.deepEqual(
            (await rules()).map(({ ID }) => ID),
            ["data-platform-expiry"],
        );
        await admin("ilm", "rule", "add", "--prefix", "x/", "--expire-days", "1", "s/spark-events");
        assert.equal((await setup(authority.file, 60)).exitCode, 0);
        assert.equal((await rules()).length, 2);
        // An object with a time of long ago, as only the administrator may write one.
        const old = async (bucket: string) => {
            const signed = ["--aws-sigv4", "aws:amz:us-east-1:s3", "--user", `${root.rootUser}:${root.rootPassword}`];
            const time = ["--header", "x-minio-source-mtime: 2001-01-01T00:00:00Z"];
            const body = [
                "--request",
                "PUT",
                "--data-binary",
                "old",
                "--header",
                "x-amz-content-sha256: UNSIGNED-PAYLOAD",
            ];
            const verified = ["--silent", "--show-error", "--cacert", authority.file, "--write-out", "%{http_code}"];
            const url = `https://localhost:${api}/${bucket}/old`;
            const { stdout } = await execa("curl", [...verified, ...signed, ...time, ...body, url]);
            assert.match(stdout, /200$/);
        };
        await old("spark-events");
        await old("gold");
        assert.equal(await admin("cat", "s/gold/old"), "old", "where nothing goes");
        assert.notEqual((await mc("root-of-a-test", ["cat", "s/spark-events/old"])).exitCode, 0);
        assert.equal(await admin("cat", "s/spark-events/a"), "x");
    });

    it("takes up a renewed certificate without a restart, and the console goes on", async () => {
        assert.equal(await login(), 204);
        const renewed = await renew();
        assert.notEqual(await served(api, authority.certificate), renewed);
        for (const port of [api, console_]) {
            const seconds = await until("the renewed certificate", 90, async () => {
                return (await served(port, authority.certificate)) === renewed;
            });
            console.log(`        port ${port === api ? 9000 : 9001}: ${seconds.toFixed(0)} s`);
        }
        assert.equal(await login(), 204, "the console is a client of the server too");
        assert.ok(runs(server.pid), "the same process");
    });
});
