import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { newCommand } from "../../../cli/commands/new";
import { repoRoot } from "../../../lib/paths";
import { kinds } from "../../../operations/new-workload/names";
import { newWorkload } from "../../../operations/new-workload/write";

const registry = "workloads/own/index.ts";

/** Tests of the files alone; own-workload.test.ts evaluates them, workloads/tests/test_new_workload.py runs lint and tests of the programs. */
describe("data-platform new workload", () => {
    let root: string;
    beforeEach(() => {
        root = mkdtempSync(join(tmpdir(), "new-workload-"));
        for (const part of [registry, ".prettierrc.json"]) cpSync(join(repoRoot, part), join(root, part));
    });
    afterEach(() => rmSync(root, { recursive: true }));

    const files = () => (readdirSync(root, { recursive: true }) as string[]).sort();
    const read = (path: string) => readFileSync(join(root, path), "utf8");
    const begin = (kind: (typeof kinds)[number], name: string) => newWorkload(root, kind, name, ["gold"]);

    it("has the kinds that the command takes", () => {
        const option = newCommand().commands[0].options.find(({ long }) => long === "--kind");
        assert.deepEqual(option?.argChoices, [...kinds]);
    });

    for (const kind of kinds) {
        it(`${kind}: writes what it says it writes, and declares it`, async () => {
            const made = await begin(kind, "daily-report");
            for (const path of made) assert.ok(existsSync(join(root, path)), path);
            assert.match(read(registry), /^import \{ dailyReportWorkload \} from "\.\/daily-report";$/m);
            assert.match(read(registry), /= \[\n {4}dailyReportWorkload,\n\];/);
            const images = made.filter((path) => path.endsWith("Containerfile"));
            assert.equal(images.length, kind === "spark" ? 0 : 1);
            assert.equal(
                made.filter((path) => path.startsWith("workloads/dags/")).length,
                /task|spark/.test(kind) ? 1 : 0,
            );
        });

        it(`${kind}: gives no Python file a name that a library has`, async () => {
            const made = await begin(kind, "queue");
            assert.ok(!made.some((path) => path.endsWith("/queue.py")), made.join());
        });
    }

    it("adds one after the other", async () => {
        await begin("task", "one");
        await begin("service", "delete");
        assert.match(read(registry), /= \[\n {4}oneWorkload,\n {4}deleteWorkload,\n\];/);
    });

    it("writes a program that says and keeps its result", async () => {
        await begin("cronjob", "daily-report");
        const kept = join(root, "result");
        const { stdout } = await execa("python3", [join(root, "workloads/daily-report/main.py"), "one", "three"], {
            env: { RESULT_FILE: kept },
        });
        assert.deepEqual(JSON.parse(stdout), { program: "daily-report", ok: true, words: 2, characters: 8 });
        assert.equal(readFileSync(kept, "utf8"), stdout);
    });

    for (const [name, message] of [
        ["Daily_Report", /did you mean "daily-report"\?/],
        ["7days", /a letter first/],
        ["", /it is empty/],
        ["x".repeat(41), /has 41 characters, and at most 40 fit/],
        ["../up", /lower-case letters/],
        ["gold", /the name "gold" is taken/],
        ["own", /the name "own" is taken/],
        ["platform", /the name "platform" is taken/],
    ] as const) {
        it(`refuses the name ${JSON.stringify(name)}, and writes nothing`, async () => {
            const before = files();
            await assert.rejects(begin("task", name), message);
            assert.deepEqual(files(), before);
        });
    }

    it("touches no file that is there", async () => {
        mkdirSync(join(root, "workloads/dags"), { recursive: true });
        writeFileSync(join(root, "workloads/dags/own_report.py"), "mine");
        const before = files();
        await assert.rejects(begin("task", "report"), /there already: workloads\/dags\/own_report\.py/);
        assert.deepEqual(files(), before);
        assert.equal(read("workloads/dags/own_report.py"), "mine");
    });

    it("leaves nothing half done when a file can't be written", async () => {
        // A file where a folder has to be.
        writeFileSync(join(root, "workloads/dags"), "");
        const before = files();
        await assert.rejects(begin("task", "report"));
        assert.deepEqual(files(), before.concat("workloads/tests").sort());
    });

    it("refuses a list that it can't add to", async () => {
        writeFileSync(join(root, registry), "export const workloads = [];\n");
        const before = files();
        await assert.rejects(begin("task", "report"), /has no list of workloads to add to/);
        assert.deepEqual(files(), before);
    });
});
