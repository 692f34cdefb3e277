import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isRunning, processId, type ProcessId } from "../../../lib/processes";
import { type Daemon, Supervisor } from "../../../sandbox/cluster/supervisor";
import { UserError } from "../../../lib/errors";

describe("sandbox supervisor", () => {
    const dir = mkdtempSync(join(tmpdir(), "supervisor-"));
    const supervisor = new Supervisor(join(dir, "processes"), join(dir, "log"), "boot-1");
    const daemon = (script: string, more: Partial<Daemon> = {}): Daemon => ({
        name: "d",
        file: "/bin/sh",
        // The directory makes the command line this test's own.
        args: ["-c", script, dir],
        healthy: () => Promise.resolve(undefined),
        still: 5,
        ...more,
    });
    const pid = () => JSON.parse(readFileSync(join(dir, "processes/d.json"), "utf8")) as ProcessId;
    afterEach(() => supervisor.stop("d", 0));
    after(() => rmSync(dir, { recursive: true }));

    it("starts a daemon once, keeps it, and ends it", async () => {
        assert.equal(await supervisor.ensure(daemon("sleep 60; :")), true);
        const first = pid();
        assert.equal(await supervisor.ensure(daemon("sleep 60; :")), false);
        assert.deepEqual(pid(), first);
        await supervisor.stop("d");
        assert.equal(await isRunning(first), false);
        assert.equal(await supervisor.running("d"), undefined);
    });

    it("replaces a daemon whose arguments or configuration changed, and one that was killed", async () => {
        await supervisor.ensure(daemon("sleep 60; :"));
        const first = pid();
        assert.equal(await supervisor.ensure(daemon("sleep 61; :")), true);
        assert.equal(await isRunning(first), false);
        assert.equal(await supervisor.ensure(daemon("sleep 61; :", { config: "other" })), true);
        process.kill(pid().pid, "SIGKILL");
        await new Promise((resolve) => setTimeout(resolve, 100));
        assert.equal(await supervisor.ensure(daemon("sleep 61; :", { config: "other" })), true);
    });

    it("ends one that ignores being asked", async () => {
        await supervisor.ensure(daemon("trap '' TERM; while :; do sleep 0.2; done"));
        const first = pid();
        await supervisor.stop("d", 0.3);
        assert.equal(await isRunning(first), false);
    });

    it("doesn't take a stranger for a daemon whose number he has got", async () => {
        await supervisor.ensure(daemon("sleep 60; :"));
        const mine = pid();
        const stranger = await processId(process.pid);
        assert.ok(stranger);
        const file = join(dir, "processes/d.json");
        const text = readFileSync(file, "utf8");
        const known = JSON.parse(text) as object;
        writeFileSync(file, JSON.stringify({ ...known, pid: stranger.pid, started: "1" }));
        assert.equal(await supervisor.running("d"), undefined);
        // After a reboot no pid file is true.
        writeFileSync(file, JSON.stringify({ ...known, bootId: "boot-0" }));
        assert.equal(await supervisor.running("d"), undefined);
        // And one without a pid file, because its starter was killed, is found by its command line.
        rmSync(file);
        assert.equal(await supervisor.ensure(daemon("sleep 60; :")), true);
        assert.equal(await isRunning(mine), false);
    });

    it("tells at once, with its last words, when a daemon ends", async () => {
        const started = Date.now();
        const bad = daemon("echo cannot open the database >&2; exit 3", {
            healthy: () => Promise.resolve("no answer"),
        });
        await assert.rejects(supervisor.ensure(bad), (error) => {
            assert.ok(error instanceof UserError);
            assert.match(
                error.render(),
                /^d ended with exit code 3\n {2}where: .*d\.log\n {2}\| cannot open the database/,
            );
            return true;
        });
        assert.ok(Date.now() - started < 5_000);
    });

    it("waits for a daemon that works, several times as long as one may stand still", async () => {
        const file = join(dir, "ready");
        const busy = `while (process.cpuUsage().user < 1.5e6) for (let i = 0; i < 1e6; i++); fs.writeFileSync("${file}", "");`;
        const slow = daemon(`${process.execPath} -e '${busy}'; sleep 60; :`, {
            healthy: () => Promise.resolve(existsSync(file) ? undefined : "not yet"),
            still: 0.5,
        });
        assert.equal(await supervisor.ensure(slow), true);
    });

    it("tells what a daemon lacks when its time is over, and what to do about a missing program", async () => {
        const ill = daemon("sleep 60; :", {
            healthy: () => Promise.reject(new Error("connection refused")),
            still: 0.5,
        });
        await assert.rejects(
            supervisor.ensure(ill),
            /d is not healthy, and has stood still for 0\.5 s: connection refused/,
        );
        await assert.rejects(supervisor.ensure(daemon("", { file: "/no/such" })), /d cannot be started: .*ENOENT/);
    });
});
