import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { extract } from "../support/from-images";
import { until } from "../support/handshake";
import { MinioNodes } from "../support/minio-nodes";
import { SecretVolume, TestAuthority } from "../support/secret-volume";
import { find, needHelm, render, type Rendered, scratch, template, type Values, writeFiles } from "../support/charts";

const count = 4;
const all = [0, 1, 2, 3];
const domain = "minio-nodes.test-ns.svc";
const root = { rootUser: "root-of-a-test", rootPassword: "Secret-of-a-test" };
const values: Values = {
    nodes: count,
    buckets: [{ name: "bronze" }],
    users: [{ name: "land", existingSecret: "l", readwrite: ["bronze"] }],
};

describe("chart minio on four nodes, with the real server and client", function () {
    this.timeout(180_000);
    let dir: string;
    let nodes: MinioNodes;
    let authority: TestAuthority;
    let objects: Rendered[];

    before(needHelm);
    before(async function () {
        this.timeout(900_000);
        const bin = await extract("minio", "usr/local/bin");
        dir = scratch();
        objects = await render("minio", values);
        authority = await TestAuthority.create(join(dir, "authority"));
        // The component's names: no node's own, one wildcard for all.
        await issue(["minio", "localhost", `*.${domain}`]);
        for (const sub of ["root", "desired", "secrets/root", "secrets/users/land", "mc/certs/CAs"])
            mkdirSync(join(dir, sub), { recursive: true });
        writeFiles(join(dir, "root"), root);
        writeFiles(join(dir, "secrets/root"), root);
        writeFiles(join(dir, "secrets/users/land"), { accessKey: "land", secretKey: "Secret-of-land" });
        writeFiles(join(dir, "desired"), find(objects, "ConfigMap", "minio-setup").data ?? {});
        writeFiles(join(dir, "mc/certs/CAs"), { "ca.crt": authority.certificate });
        const [container] = template(objects, "minio").spec.containers;
        const [tls, rootDir] = [join(dir, "tls"), join(dir, "root")];
        nodes = await MinioNodes.create({ dir, bin, count, domain, container, tls, root: rootDir });
    });
    after(async () => {
        await nodes.end();
        rmSync(dir, { recursive: true });
    });

    async function issue(names: string[]): Promise<void> {
        const { certificate, key } = await authority.issue(names);
        const files = { "public.crt": certificate, "private.key": key, "CAs/ca.crt": authority.certificate };
        rmSync(join(dir, "tls"), { recursive: true, force: true });
        new SecretVolume(join(dir, "tls")).put(files);
    }

    /** The StatefulSet's minReadySeconds without their margin: MinIO looks for drives that it missed every 15 s. */
    const settled = () => sleep(17_000);

    const url = (node: number) => `https://minio-${node}.${domain}:9000`;

    /** mc as the application, or as somebody else, at one node; by that node's own name, which is thus verified too. */
    async function mc(node: number, args: string[], input?: string, [user, password] = ["land", "Secret-of-land"]) {
        const env = {
            HOME: dir,
            MC_CONFIG_DIR: join(dir, "mc"),
            MC_HOST_s: url(node).replace("//", `//${user}:${password}@`),
        };
        return nodes.run(
            input === undefined ? ["mc", ...args] : ["bash", "-c", `printf %s "$0" | mc "$@"`, input, ...args],
            env,
        );
    }
    async function write(node: number, key: string): Promise<void> {
        const { exitCode, all: said } = await mc(node, ["pipe", `s/bronze/${key}`], key);
        assert.equal(exitCode, 0, `writing ${key} to node ${node}: ${said}`);
    }
    async function read(node: number, key: string): Promise<void> {
        const { all: said } = await mc(node, ["cat", `s/bronze/${key}`]);
        assert.equal(said, key, `reading ${key} from node ${node}`);
    }

    const setup = () =>
        nodes.run(["bash", join(dir, "desired/setup.sh")], {
            HOME: dir,
            MC_CONFIG_DIR: join(dir, "mc-setup"),
            MINIO_ENDPOINT: url(0),
            MINIO_CA_FILE: authority.file,
            SETUP_TIMEOUT: "60",
            SETUP_DESIRED_DIR: join(dir, "desired"),
            SETUP_SECRETS_DIR: join(dir, "secrets"),
        });

    it("forms over TLS; the job waits for it and makes what is asked for", async () => {
        const job = setup();
        nodes.start(0);
        nodes.start(1);
        const early = await until("a node answers", 30, async () => (await nodes.ready(0)).exitCode === 1);
        assert.match((await nodes.ready(0)).all, /the store takes no writes/, `after ${early} s`);
        nodes.start(2);
        nodes.start(3);
        const seconds = await nodes.untilReady(all);
        const { exitCode, all: log } = await job;
        assert.equal(exitCode, 0, log);
        assert.match(log, /bucket bronze: there/);
        console.log(`        ready ${seconds.toFixed(0)} s after the last of them started`);
        await write(0, "first");
        await read(3, "first");
    });

    it("reads and writes with one node lost, reads with two, and is whole again when they are back", async () => {
        await nodes.stop(3, "SIGKILL");
        for (const node of [0, 1, 2]) await read(node, "first");
        await write(0, "without-3");
        assert.equal((await nodes.ready(0)).exitCode, 0, "one may be away");
        await nodes.stop(2, "SIGKILL");
        await until("the probe sees that too few are there", 30, async () => (await nodes.ready(0)).exitCode === 1);
        await read(1, "without-3");
        nodes.start(2);
        nodes.start(3);
        await nodes.untilReady(all);
        await settled();
        for (const node of all) await read(node, "without-3");
    });

    it("is restarted one by one without a request failing", async () => {
        const failures: unknown[] = [];
        let written = 0;
        let rolling = true;
        let away = 3;
        const clients = (async () => {
            for (let i = 0; rolling; i++) {
                // As the Service does: to any node that is ready.
                const node = (away + 1 + (i % (count - 1))) % count;
                written++;
                await write(node, `rolling-${i}`).catch(failures.push.bind(failures));
                await read(node, "first").catch(failures.push.bind(failures));
            }
        })();
        for (away of [3, 2, 1]) {
            // The pod's preStop: nobody is sent to it any more, and requests under way come to their end.
            await sleep(5000);
            await nodes.stop(away);
            nodes.start(away);
            await nodes.untilReady(all);
            await settled();
        }
        rolling = false;
        await clients;
        console.log(`        ${written} objects written and read meanwhile`);
        assert.ok(written > 10);
        assert.deepEqual(failures.map(String), []);
    });

    it("takes a new administrator's password by a rolling update, which no node of the old one can hold up", async () => {
        const renewed = { ...root, rootPassword: "Secret-of-another-test" };
        writeFiles(join(dir, "root"), renewed);
        await nodes.stop(3);
        nodes.start(3);
        await until("the first one waits", 30, async () => (await nodes.ready(3)).exitCode === 1);
        await write(0, "by-the-others");
        // In the same generation it can't join because something is wrong with it: nothing goes on over it, however long it takes.
        await sleep(3000);
        const down = await nodes.ready(3, 0);
        assert.equal(down.exitCode, 1, down.all);
        const other = template(await render("minio", { ...values, rotation: 2 }), "minio").spec.containers[0];
        const generation = other.env?.find(({ name }) => name === "GENERATION")?.value ?? "";
        assert.notEqual(generation, nodes.generation);
        nodes.generation = generation;
        for (const node of [3, 2, 1, 0]) {
            if (node !== 3) {
                await nodes.stop(node);
                nodes.start(node);
            }
            await nodes.untilReady([node], 5);
        }
        await nodes.untilReady(all);
        await settled();
        const list = async (password: string) =>
            (await mc(1, ["ls", "s"], undefined, [root.rootUser, password])).exitCode === 0;
        assert.ok(await list(renewed.rootPassword));
        assert.ok(!(await list(root.rootPassword)));
        await read(2, "by-the-others");
    });

    it("never serves an empty store by another number of nodes: the server refuses the volumes", async () => {
        const refused = async (node: number) => {
            const { exitCode, all: log } = await nodes.ended(node);
            assert.notEqual(exitCode, 0, log);
            assert.match(log, /already being used in another erasure deployment|already formatted/);
        };
        await Promise.all(all.map((node) => nodes.stop(node)));
        const single = template(await render("minio"), "minio").spec.containers[0].command ?? [];
        nodes.start(0, "0", single);
        await refused(0);
        // The other way round: a volume of a single server among four.
        nodes.start(0, "of-one", single);
        await until("a single server", 30, async () => (await nodes.ready(0)).exitCode === 0);
        await nodes.stop(0);
        nodes.start(0, "of-one");
        for (const node of [1, 2, 3]) nodes.start(node, `fresh-${node}`);
        await refused(0);
        await Promise.all(all.map((node) => nodes.stop(node)));
        // And nothing has happened to the objects.
        for (const node of all) nodes.start(node);
        await nodes.untilReady(all);
        await settled();
        await read(0, "first");
    });

    it("doesn't form by a certificate that leaves the nodes' names out", async () => {
        await Promise.all(all.map((node) => nodes.stop(node)));
        await issue(["minio", "localhost"]);
        for (const node of all) nodes.start(node);
        await sleep(8000);
        for (const node of all) assert.equal((await nodes.ready(node, 0)).exitCode, 1);
    });
});
