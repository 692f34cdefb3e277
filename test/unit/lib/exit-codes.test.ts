import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { exitCodeOf, refusedFile, renderError, UsageError, UserError } from "../../../lib/errors";
import { exitCodes, meanings } from "../../../lib/exit-codes";
import { repoRoot } from "../../../lib/paths";

describe("exit codes", () => {
    it("are those of the page", () => {
        const page = readFileSync(join(repoRoot, "docs", "commands.md"), "utf8");
        for (const [name, code] of Object.entries(exitCodes)) {
            const row = new RegExp(`^\\| \`${code}\` +\\| (.*?) +\\|$`, "m").exec(page);
            assert.equal(row?.[1], meanings[name as keyof typeof meanings]);
        }
    });

    it("tell a wrong command line or config from what could not be done", () => {
        const config = Object.assign(new Error("config"), { __pulumiRunError: true });
        assert.equal(exitCodeOf(new UsageError("x")), 2);
        assert.equal(exitCodeOf(config), 2);
        assert.equal(exitCodeOf(new AggregateError([config, new UsageError("x")])), 2);
        for (const error of [new UserError("x"), new Error("x"), new AggregateError([config, new Error("x")])])
            assert.equal(exitCodeOf(error), 1);
        assert.equal(renderError(config), "config");
    });

    it("come with one line where the system refuses a file that a person named, without a stack trace", () => {
        let error: unknown;
        try {
            readFileSync(join(repoRoot, "package.json", "x"));
        } catch (thrown) {
            error = thrown;
        }
        assert.match(renderError(error), /package.json\/x can't be opened: a part of the path is a file[^\n]*$/);
        assert.equal(refusedFile(new Error("ENOENT")), undefined);
        assert.match(renderError(new Error("ours")), /\n +at /);
    });
});
