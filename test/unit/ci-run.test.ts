import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { execa } from "execa";

import { repoRoot } from "../../lib/paths";

/** `.ci/run`, with a make that only says what the real one would. */
describe(".ci/run", function () {
    this.timeout(30_000);
    const run = async (parts: Record<string, string>) => {
        const dir = mkdtempSync(join(tmpdir(), "ci-run-"));
        try {
            const cases = Object.entries(parts).map(([name, script]) => `${name}) ${script} ;;`);
            const make = `#!/bin/bash\ncase "\${!#}" in\ntest-parts) echo test-unit test-integration ;;\n${cases.join("\n")}\nesac\n`;
            writeFileSync(join(dir, "make"), make, { mode: 0o755 });
            const env = { PATH: [dir, process.env.PATH].join(delimiter) };
            const { stdout, exitCode } = await execa(join(repoRoot, ".ci/run"), { env, reject: false });
            return { lines: stdout.split("\n"), exitCode };
        } finally {
            rmSync(dir, { recursive: true });
        }
    };
    const mocha = (passing: number, more = "") => `printf '  ${passing} passing (3s)\\n${more}'`;

    it("adds up what mocha in two beds and pytest say, and ends with the counts after each part's minutes", async () => {
        const { lines, exitCode } = await run({
            "test-unit": mocha(5, "  2 pending\\n"),
            "test-integration": `${mocha(7)}; ${mocha(8, "  1 pending\\n")}`,
            e2e: "echo '==== 10 passed, 4 skipped, 1 warning in 3.45s ===='",
        });
        assert.equal(lines.at(-1), "30 passed, 0 failed, 7 skipped");
        assert.equal(exitCode, 0);
        const table = lines.slice(lines.findIndex((line) => /minutes +passed/.test(line)) + 1, -2);
        const shown = table.map((line) => line.trim().split(/ +/));
        assert.deepEqual(
            shown.map(([name, , ...counts]) => [name, ...counts]),
            [
                ["lint", "0", "0", "0"],
                ["test-unit", "5", "0", "2"],
                ["test-integration", "15", "0", "1"],
                ["e2e", "10", "0", "4"],
                ["all"],
            ],
        );
        assert.ok(shown.every(([, minutes]) => /^\d+\.\d$/.test(minutes)));
    });

    it("fails when a test does, when a command does without naming one, and when there were none", async () => {
        const one = await run({ "test-unit": `${mocha(5, "  1 failing\\n")}; exit 1`, e2e: "exit 2" });
        assert.deepEqual([one.lines.at(-1), one.exitCode], ["5 passed, 2 failed, 0 skipped", 1]);
        assert.ok(one.lines.some((line) => /^e2e .*ended with an error$/.test(line)));
        const none = await run({});
        assert.deepEqual([none.lines.at(-1), none.exitCode], ["0 passed, 0 failed, 0 skipped", 1]);
    });
});
