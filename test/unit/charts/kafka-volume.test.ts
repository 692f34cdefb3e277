import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import { repoRoot } from "../../../lib/paths";
import { until } from "../../support/handshake";
import { find, full, needHelm, render, type Rendered, scratch, writeFiles } from "../../support/charts";

/** Tests of the script that prepares a volume, with tools that note how they were called. test/integration/drills has real nodes. */
describe("chart kafka, volume.sh", () => {
    let dir: string;
    let objects: Rendered[];
    before(needHelm);
    before(async () => {
        objects = await render("kafka", full.kafka);
    });
    beforeEach(() => {
        dir = scratch();
        for (const sub of ["etc", "data", "run", "bin", "first-start"]) mkdirSync(join(dir, sub));
        writeFiles(join(dir, "etc"), find(objects, "ConfigMap", "kafka").data ?? {});
        writeFiles(join(dir, "bin"), {
            "kafka-storage.sh": [
                "#!/bin/bash",
                `echo "\${@: -1}" >>"${dir}/formatted"`,
                `mkdir -p "${dir}/data/logs/__cluster_metadata-0"`,
                `echo cluster.id=the-id >"${dir}/data/logs/meta.properties"`,
                // The voters of a new cluster: the node alone.
                `[ "\${@: -1}" != --standalone ] || echo voters >"${dir}/data/logs/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"`,
            ].join("\n"),
            // Answers as soon as there is a quorum.
            "kafka-metadata-quorum.sh": `#!/bin/bash\n[ -e "${dir}/quorum" ]\n`,
        });
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    const volume = (node: number, args: string[], nodes = 3) =>
        execa("bash", [join(dir, "etc/volume.sh"), ...args], {
            reject: false,
            all: true,
            env: {
                POD_NAME: `kafka-${node}`,
                KAFKA_NODE_DOMAIN: "kafka-nodes.test-ns.svc",
                KAFKA_CLUSTER_ID: "the-id",
                KAFKA_HOME: dir,
                KAFKA_NODES: String(nodes),
                KAFKA_SETTINGS_DIR: join(dir, "etc"),
                KAFKA_FIRST_START_DIR: join(dir, "first-start"),
                KAFKA_DATA_DIR: join(dir, "data"),
                KAFKA_RUN_DIR: join(dir, "run"),
                KAFKA_ASK_SECONDS: "1",
            },
        });
    const prepare = (node: number, nodes = 3) => volume(node, ["prepare"], nodes);
    const formatted = () => (existsSync(join(dir, "formatted")) ? readFileSync(join(dir, "formatted"), "utf8") : "");
    const grant = () => writeFileSync(join(dir, "first-start/may-found"), "");
    const quorum = () => writeFileSync(join(dir, "quorum"), "");
    const rid = (path: string) => rmSync(join(dir, path), { recursive: true });

    /** Waits until a node has said that it waits. */
    async function waits(process: ReturnType<typeof prepare>): Promise<void> {
        let said = "";
        process.all.on("data", (chunk: Buffer) => (said += chunk.toString()));
        await until("the node waits", 60, () => Promise.resolve(said.includes("waits for one")));
        assert.equal(formatted(), "");
    }

    it("lets node 0 of a new release begin the cluster alone, and every other one join, with an id that is drawn", async () => {
        grant();
        for (const node of [1, 2, 0]) {
            assert.equal((await prepare(node)).exitCode, 0);
            rid("data/logs");
        }
        assert.equal(formatted(), "--no-initial-controllers\n--no-initial-controllers\n--standalone\n");
    });

    it("never formats a volume that has something", async () => {
        grant();
        mkdirSync(join(dir, "data/logs"));
        writeFileSync(join(dir, "data/logs/meta.properties"), "cluster.id=older\n");
        for (const node of [0, 1]) assert.equal((await prepare(node)).exitCode, 0);
        assert.equal(formatted(), "");
    });

    it("joins a quorum that answers, even in the first start", async () => {
        grant();
        quorum();
        assert.equal((await prepare(0)).exitCode, 0);
        assert.equal(formatted(), "--no-initial-controllers\n");
    });

    it("has node 0 wait where the release has had a cluster, until a quorum answers", async () => {
        const process = prepare(0);
        await waits(process);
        quorum();
        const { exitCode, all } = await process;
        assert.equal(exitCode, 0);
        assert.match(all, /its release has had a cluster before, .* docs\/recovery\.md/);
        assert.equal(formatted(), "--no-initial-controllers\n");
    });

    for (const nodes of [1, 3])
        it(`begins a new cluster of ${nodes} by a person's word alone, which holds once`, async () => {
            const process = prepare(0, nodes);
            await waits(process);
            assert.match((await volume(0, ["found"], nodes)).all, /noted/);
            assert.equal((await process).exitCode, 0);
            assert.equal(formatted(), "--standalone\n");
            assert.match((await volume(0, ["found"], nodes)).all, /isn't empty/);
            rid("data/logs");
            rid("formatted");
            const again = prepare(0, nodes);
            await waits(again);
            again.kill();
            await again;
        });

    it("names a section of docs/recovery.md, whose commands it knows", async () => {
        const page = readFileSync(join(repoRoot, "docs/recovery.md"), "utf8");
        const [, file, heading] =
            /^runbook='(.*), "(.*)"'$/m.exec(readFileSync(join(dir, "etc/volume.sh"), "utf8")) ?? [];
        assert.equal(file, "docs/recovery.md");
        const section = page.split(`\n## ${heading}\n`)[1].split("\n## ")[0];
        const named = [...section.matchAll(/\/etc\/kafka\/volume\.sh (\w+)/g)].map(([, command]) => command);
        assert.deepEqual(named, ["export", "import", "found"]);
        assert.match((await volume(0, [])).all, /usage: .* found \| export <node> \| import$/);
    });

    it("takes that word on node 0 alone", async () => {
        const { exitCode, all } = await volume(1, ["found"]);
        assert.equal(exitCode, 1);
        assert.match(all, /only node 0 begins a cluster; this is node 1/);
    });

    it("begins nothing over metadata that has lost its label", async () => {
        grant();
        mkdirSync(join(dir, "data/logs/__cluster_metadata-0"), { recursive: true });
        writeFileSync(join(dir, "data/logs/__cluster_metadata-0/00000000000000000000.log"), "something");
        const { exitCode, all } = await prepare(0);
        assert.equal(exitCode, 1);
        assert.match(all, /no meta\.properties beside it: put that back/);
        assert.equal(formatted(), "");
    });

    it("takes in nothing that was meant for another node, or over what a node has", async () => {
        mkdirSync(join(dir, "for-1"));
        writeFiles(join(dir, "for-1"), { "meta.properties": "node.id=1\ndirectory.id=former\n" });
        const { stdout } = await execa("tar", ["-cf", "-", "-C", join(dir, "for-1"), "meta.properties"], {
            encoding: "buffer",
        });
        const take = (node: number) =>
            execa(`bash`, ["-c", `exec bash "$0" import <"$1"`, join(dir, "etc/volume.sh"), join(dir, "archive")], {
                reject: false,
                all: true,
                env: { POD_NAME: `kafka-${node}`, KAFKA_DATA_DIR: join(dir, "data") },
            });
        writeFileSync(join(dir, "archive"), stdout);
        assert.match((await take(2)).all, /exported for another node: node\.id=1/);
        assert.match(
            (await take(1)).all,
            /noted: a node that waits takes it in within 15 s, any other one at its next start/,
        );
        assert.match((await prepare(1)).all, /to vote as directory\.id=former/);
        assert.equal(formatted(), "");
        mkdirSync(join(dir, "data/logs/__cluster_metadata-0"));
        writeFileSync(join(dir, "data/logs/__cluster_metadata-0/00000000000000000000.log"), "something");
        assert.match((await take(1)).all, /nothing is taken in over it/);
    });

    it("says that no quorum lets the node in when nothing is written any more, though a leader is known", async () => {
        const metadata = join(dir, "data/logs/__cluster_metadata-0");
        mkdirSync(metadata, { recursive: true });
        writeFileSync(join(metadata, "quorum-state"), `{"leaderId":1}`);
        const write = () => writeFileSync(join(metadata, "00000000000000000000.log"), "of a leader", { flag: "a" });
        write();
        const lives = setInterval(write, 100);
        const watching = volume(2, ["watch", String(process.pid)]);
        let said = "";
        watching.all.on("data", (chunk: Buffer) => (said += chunk.toString()));
        await new Promise((go) => setTimeout(go, 6_000));
        clearInterval(lives);
        assert.equal(said, "");
        await until("it says so", 60, () => Promise.resolve(said.includes("docs/recovery.md")));
        watching.kill();
        await watching;
    });

    for (const formattedBefore of [false, true])
        it(`has another node wait, too, ${formattedBefore ? "formatted but never let in" : "empty"}, and take in what a person brings`, async () => {
            if (formattedBefore) {
                mkdirSync(join(dir, "data/logs"));
                writeFileSync(join(dir, "data/logs/meta.properties"), "cluster.id=the-id\ndirectory.id=drawn\n");
            }
            const process = prepare(1);
            await waits(process);
            mkdirSync(join(dir, "data/brought/__cluster_metadata-0"), { recursive: true });
            writeFiles(join(dir, "data/brought"), {
                "meta.properties": "node.id=1\ndirectory.id=former\n",
                "next-epoch": `{"leaderEpoch":6}`,
            });
            renameSync(join(dir, "data/brought"), join(dir, "data/taken-in"));
            assert.match((await process).all, /to vote as directory\.id=former/);
            assert.equal(formatted(), "");
            const state = join(dir, "data/logs/__cluster_metadata-0/quorum-state");
            assert.equal(readFileSync(state, "utf8"), `{"leaderEpoch":6}`);
        });

    it("begins a new cluster by a person's word on a node that was to join, and never did", async () => {
        mkdirSync(join(dir, "data/logs"));
        writeFileSync(join(dir, "data/logs/meta.properties"), "cluster.id=the-id\n");
        const process = prepare(0);
        await waits(process);
        assert.match((await volume(0, ["found"])).all, /noted/);
        assert.equal((await process).exitCode, 0);
        assert.equal(formatted(), "--standalone\n");
    });
});
