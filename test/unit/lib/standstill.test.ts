import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UserError } from "../../../lib/errors";
import { patiently, run } from "../../../lib/exec";
import { usageOf } from "../../../lib/process-tree";
import { allOrNone, Stopped, stoppable } from "../../../lib/stopping";
import { slowed } from "../../support/slowed";

/** Works without a word until it has used that much of the CPU, then says so; slowed to a tenth it takes ten times as long. */
/** A program that works for so many seconds, however much of a processor it is given. */
const busy = (seconds: number) =>
    `for (const end = Date.now() + ${seconds * 1e3}; Date.now() < end; ) for (let i = 0; i < 1e6; i++); console.log("done")`;

describe("a step that is slow, and one that stands still", function () {
    this.timeout(120_000);
    let dir: string;
    beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "standstill-"))));
    afterEach(() => rmSync(dir, { recursive: true }));

    /** Runs a program under a shell, as a build runs its steps, and slows all of it down. */
    const runSlowed = async (script: string, options: Parameters<typeof run>[2]) => {
        const file = join(dir, "pid");
        const running = run("bash", ["-c", `echo $$ >${file}; ${process.execPath} -e '${script}'; true`], options);
        running.catch(() => undefined);
        while (!existsSync(file) || readFileSync(file, "utf8") === "") await new Promise((go) => setTimeout(go, 20));
        const brake = slowed(Number(readFileSync(file, "utf8")));
        return running.finally(() => brake.stop());
    };

    it("one that is slowed to a tenth ends well, though it takes several times the limit", async () => {
        const began = Date.now();
        const { stdout } = await runSlowed(busy(6), { still: 2 });
        assert.equal(stdout, "done");
        assert.ok(Date.now() - began > 3_000, "it was not slowed down");
    });

    it("a deadline of the same length would have ended it", async () => {
        await assert.rejects(runSlowed(busy(6), { timeout: 2_000 }), /timed out after/);
    });

    it("one that stands still is ended with all that it has started, and its cause is the last line", async () => {
        const file = join(dir, "child");
        const script = `echo reading the list; (echo $BASHPID >${file}; exec sleep 100) & wait`;
        await assert.rejects(run("bash", ["-c", script], { still: 1 }), (error: UserError) => {
            assert.deepEqual(error.details.evidence, ["reading the list"]);
            const last = error.render().split("\n").at(-1);
            return last === "  cause:   stands still: no output and hardly any CPU time for 1 s";
        });
        assert.equal(await usageOf([Number(readFileSync(file, "utf8"))]), undefined, "the child lives on");
    });

    it("one that only looks at its watch stands still; one that says something, or writes, doesn't", async () => {
        const waits = (body: string) => {
            // A pipe that nobody writes into, read with a limit: a pause that starts no process.
            const script = `exec 3<>${dir}/fifo; for i in {1..45}; do read -t 0.1 -u 3; ${body}; done; echo end`;
            return run("bash", ["-c", `mkfifo ${dir}/fifo; ${script}`], { still: 3 }).finally(() =>
                rmSync(join(dir, "fifo")),
            );
        };
        await assert.rejects(waits(":"), /stands still/);
        assert.match((await waits("echo $i")).stdout, /end$/);
        assert.match((await waits(`printf %40000s >>${dir}/download`)).stdout, /end$/);
    });

    it("one that can't be of use any more is ended in good order, and the first failure is what is told", async () => {
        // Longer than the test has: it ends only when it is ended.
        const late = () => run("sleep", ["1000"], patiently());
        const failing = () => run("bash", ["-c", "sleep 0.2; echo the reason; exit 1"]);
        await assert.rejects(allOrNone([late, failing]), (error: UserError) => {
            assert.deepEqual(error.details.evidence, ["the reason"]);
            return !(error instanceof Stopped);
        });
        // What asks nothing of the sort goes on to its end.
        let tidied = false;
        const tidy = () => run("sleep", ["0.5"]).then(() => (tidied = true));
        await assert.rejects(allOrNone([tidy, failing]), UserError);
        assert.equal(tidied, true);
        await assert.rejects(
            stoppable(AbortSignal.abort(), () => run("true", [], patiently())),
            Stopped,
        );
        assert.deepEqual(await allOrNone([() => Promise.resolve(1), () => Promise.resolve("2")]), [1, "2"]);
    });

    it("counts what children have used that are gone, and knows nothing of what isn't there", async () => {
        const work = `while (process.cpuUsage().user < 3e5) for (let i = 0; i < 1e6; i++); console.log("done")`;
        const child = spawn("bash", ["-c", `${process.execPath} -e '${work}'; read`], {
            stdio: ["pipe", "pipe", "inherit"],
        });
        await once(child.stdout, "data");
        await new Promise((go) => setTimeout(go, 500));
        const usage = await usageOf([child.pid ?? 0]);
        assert.ok(usage && usage.cpu >= 0.29, JSON.stringify(usage));
        child.kill();
        await once(child, "exit");
        assert.equal(await usageOf([child.pid ?? 0]), undefined);
    });
});
