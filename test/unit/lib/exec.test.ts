import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UserError } from "../../../lib/errors";
import { run } from "../../../lib/exec";
import { repoRoot } from "../../../lib/paths";

describe("a program that is run", () => {
    it("fails with its last lines, or without them when they have been shown", async () => {
        const args = ["-c", "echo reasons; exit 3"];
        await assert.rejects(run("bash", args), (error: UserError) => {
            assert.deepEqual(error.details.evidence, ["reasons"]);
            return error.message.startsWith("failed with exit code 3: bash");
        });
        const shown: string[] = [];
        const shownAs = "the helper";
        await assert.rejects(
            run("bash", args, { onLine: (line) => shown.push(line), shownAs, fix: "x" }),
            (error: UserError) => {
                assert.deepEqual(error.details, { fix: "x" });
                return error.message === "the helper failed with exit code 3; what it said is above";
            },
        );
        assert.deepEqual(shown, ["reasons"]);
    });

    it("has its whole log on the disk when it has ended, though it failed at once", async () => {
        const dir = mkdtempSync(join(tmpdir(), "exec-log-"));
        for (let index = 0; index < 30; index++) {
            const log = join(dir, "log", `${index}.log`);
            await assert.rejects(run("bash", ["-c", "echo reasons; exit 3"], { log }), UserError);
            assert.equal(readFileSync(log, "utf8"), "reasons\n");
        }
        rmSync(dir, { recursive: true });
    });

    describe("and that ends itself", () => {
        let dir: string;
        /** Notes each signal, and takes a second to end in good order. */
        const program = (file: string) =>
            `trap 'echo INT >> ${file}; ends=1' INT; trap 'echo TERM >> ${file}' TERM; echo ready
             for i in {1..100}; do sleep 0.1; [ -n "$ends" ] && { sleep 0.5; echo done >> ${file}; exit 1; }; done`;
        beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "exec-test-"))));
        afterEach(() => rmSync(dir, { recursive: true }));

        it("is interrupted once and waited for", async () => {
            const file = join(dir, "signals");
            const controller = new AbortController();
            const running = run("bash", ["-c", program(file)], {
                endsItself: true,
                signal: controller.signal,
                onLine: () => controller.abort(),
            });
            await assert.rejects(running, /was stopped/);
            assert.equal(readFileSync(file, "utf8"), "INT\ndone\n");
        });

        it("is out of reach of the terminal's Ctrl-C, but ends with who runs it", async () => {
            const file = join(dir, "signals");
            const script = `
                const { run } = require("./lib/exec");
                process.on("SIGINT", () => setTimeout(() => process.exit(130), 300));
                const program = ${JSON.stringify(program(file))};
                run("bash", ["-c", program], { endsItself: true, onLine: console.log }).catch(() => undefined);`;
            const parent = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", script], {
                cwd: repoRoot,
                detached: true,
                stdio: ["ignore", "pipe", "inherit"],
            });
            await once(parent.stdout, "data");
            // What a terminal does: the signal goes to the whole process group in front.
            process.kill(-(parent.pid ?? 0), "SIGINT");
            const [code] = (await once(parent, "exit")) as [number];
            assert.equal(code, 130);
            // The signal may still be on its way.
            await until(() => existsSync(file) && readFileSync(file, "utf8").endsWith("done\n"));
            assert.equal(readFileSync(file, "utf8"), "INT\ndone\n");
        });
    });
});

async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}
