import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { treeOf } from "../../../lib/process-tree";
import { repoRoot } from "../../../lib/paths";
import { slowed } from "../../support/slowed";

/** The step of Kafka's image that once gave a node 60 s to listen, with launchers in the place of Kafka's. */
describe("the training run of Kafka's image", function () {
    this.timeout(180_000);
    let home: string;
    beforeEach(() => {
        home = mkdtempSync(join(tmpdir(), "train-"));
        mkdirSync(join(home, "bin"));
        launcher("kafka-storage.sh", "exit 0");
        session("echo 0");
    });
    afterEach(() => rmSync(home, { recursive: true }));

    const launcher = (name: string, script: string) => {
        writeFileSync(join(home, "bin", name), `#!/bin/bash\n${script}\n`);
        chmodSync(join(home, "bin", name), 0o755);
    };
    /** What runs the tools: reads a request, then answers. */
    const session = (answer: string) =>
        launcher(
            "kafka-session.sh",
            `while read -r -d '' count; do
                for ((i = 0; i < count; i++)); do read -r -d '' word; done
                ${answer}
            done`,
        );
    /** A node that works for so many seconds before it listens, and leaves its archives when it is asked to end. */
    const node = (seconds: number, listens = true) => {
        const program = `
            const fs = require("node:fs");
            const port = Number(/CLIENT:\\/\\/127.0.0.1:(\\d+)/.exec(fs.readFileSync(process.argv[2], "utf8"))[1]);
            for (const end = Date.now() + ${seconds * 1e3}; Date.now() < end; ) for (let i = 0; i < 1e6; i++);
            process.on("SIGTERM", () => {
                for (const name of ["server", "tools"]) fs.writeFileSync("${home}/cds/" + name + ".jsa", "classes");
                process.exit(143);
            });
            console.log("the node has begun");
            ${listens ? `require("node:net").createServer().listen(port, "127.0.0.1")` : "setInterval(() => 0, 200)"};`;
        writeFileSync(join(home, "node.js"), program);
        launcher("kafka-server-start.sh", `exec ${process.execPath} ${home}/node.js "$@"`);
    };
    const train = async (still: number, slow = false) => {
        const child = spawn("bash", [join(repoRoot, "images/kafka/train.sh"), home, String(still)], {
            stdio: ["ignore", "pipe", "pipe"],
        });
        let said = "";
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
        const brake = slow ? slowed(child.pid ?? 0) : undefined;
        const [code] = (await once(child, "close")) as [number | null];
        await brake?.stop();
        return { code, lines: said.trimEnd().split("\n"), left: await treeOf([child.pid ?? 0]) };
    };

    it("ends well though everything is slowed to a tenth, far beyond the limit", async () => {
        node(6);
        const began = Date.now();
        const { code, lines } = await train(2, true);
        assert.equal(code, 0, lines.join("\n"));
        assert.ok(Date.now() - began > 4_000, "it was not slowed down");
        assert.equal(readFileSync(join(home, "cds/server.jsa"), "utf8"), "classes");
    });

    it("ends a node that stands still, with the cause as its last line", async () => {
        node(0, false);
        const { code, lines } = await train(2);
        assert.equal(code, 1);
        assert.ok(lines.includes("the node has begun"), lines.join("\n"));
        assert.match(
            lines.at(-1) ?? "",
            /^images\/kafka\/train\.sh: the node stands still: not listening on port \d+, .* for 2 s$/,
        );
    });

    it("tells which tool has failed, and that the session has ended", async () => {
        node(0);
        session("echo 1");
        const failed = await train(60);
        assert.equal(failed.code, 1);
        assert.match(failed.lines.at(-1) ?? "", /^images\/kafka\/train\.sh: kafka-topics\.sh:/);
        session("echo no memory >&2; exit 3");
        const ended = await train(60);
        assert.equal(ended.code, 1);
        assert.match(ended.lines.at(-1) ?? "", /kafka-topics\.sh: the session has ended: no memory$/);
    });

    it("tells at once that a node has ended by itself, after what that has said", async () => {
        launcher("kafka-server-start.sh", "echo no space for the log; exit 2");
        const { code, lines } = await train(60);
        assert.equal(code, 1);
        assert.equal(lines.at(-2), "no space for the log");
        assert.match(lines.at(-1) ?? "", /the node ended by itself before listening on port/);
    });
});
