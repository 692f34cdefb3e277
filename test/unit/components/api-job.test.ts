import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { ApiProgram } from "../../support/api-program";
import { slowed } from "../../support/slowed";

const ask = `
import sys
from api_job import until_done
sys.exit(until_done(lambda attempt: attempt.ask("/version")["is"], lambda problem, taken: f"{problem} ({taken})"))
`;

/** The beginning of the programs that ask the API server something, with the shortest program. */
describe("api_job.py", function () {
    this.timeout(120_000);
    let dir: string;
    let program: ApiProgram;
    before(async () => {
        dir = mkdtempSync(join(tmpdir(), "api-job-"));
        writeFileSync(join(dir, "ask.py"), ask);
        program = new ApiProgram(join(dir, "ask.py"));
        await program.start();
    });
    beforeEach(() => void program.server.asked.splice(0));
    after(async () => {
        await program.stop();
        rmSync(dir, { recursive: true });
    });

    it("asks as the account, over TLS, and says what came of it", async () => {
        program.reply = () => ({ body: { is: "there" } });
        const { exitCode, all } = await program.run({ API_SECONDS: "0.1" });
        assert.deepEqual([exitCode, all], [0, "there"]);
        const [{ method, path, headers }] = program.server.asked;
        assert.deepEqual([method, path, headers.authorization], ["GET", "/version", "Bearer the-token"]);
    });

    it("gives a server that is slow to answer longer each time, though the time is over before", async () => {
        program.reply = async () => {
            await pause(2_500);
            return { body: { is: "there" } };
        };
        const { exitCode, all } = await program.run({ API_SECONDS: "1" });
        assert.equal(all, "there");
        assert.equal(exitCode, 0);
        assert.equal(program.server.asked.length, 3);
    });

    it("ends with one that takes connections and never says a word", async () => {
        program.reply = () => new Promise(() => undefined);
        const { exitCode, all } = await program.run({ API_SECONDS: "0.5" });
        assert.equal(exitCode, 1);
        assert.match(all, /^no word from 127\.0\.0\.1:\d+ for 4 s \(4 attempts in \d+ s\)$/);
    });

    it("slowed to a tenth, it makes its attempts before it says that the time is over", async () => {
        program.reply = () => (program.server.asked.length < 3 ? { status: 503 } : { body: { is: "there" } });
        const running = program.run({ API_SECONDS: "0.5" });
        const slow = slowed(Number(running.pid));
        try {
            const { exitCode, all } = await running;
            assert.deepEqual([exitCode, all], [0, "there"]);
        } finally {
            await slow.stop();
        }
    });

    it("tells at once how the last attempt ended when nobody is there", async () => {
        const { exitCode, all } = await program.run({ API_SECONDS: "0.1", KUBERNETES_SERVICE_PORT: "1" });
        assert.equal(exitCode, 1);
        assert.match(all, /refused.* \(4 attempts in \d+ s\)/i);
    });

    it("goes on after an answer that isn't JSON, an error that is somebody else's", async () => {
        program.reply = () =>
            program.server.asked.length < 2 ? { status: 502, body: "no" } : { body: { is: "there" } };
        assert.equal((await program.run({ API_SECONDS: "5" })).all, "there");
        assert.equal(program.server.asked.length, 2);
    });
});
