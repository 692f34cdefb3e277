import assert from "node:assert/strict";
import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";

import { destroy, Target, up } from "../../engine/builtin/builtin";
import { count } from "../../engine/builtin/change";
import { ResourceState, stateFile } from "../../engine/builtin/state";
import { repoRoot } from "../../lib/paths";
import { Bed, useBed } from "./bed";
import { dropDefinitions, everything, left } from "./world";

const stack = "sandbox";

describe("an update that is killed half-way", function () {
    this.timeout(300_000);
    let bed: Bed;
    let target: Target;
    let before: Set<string>;

    this.beforeAll(async () => {
        bed = await useBed();
        await dropDefinitions(bed.kube);
        before = await everything(bed.kube);
    });
    beforeEach(async () => {
        target = { stack, kubeconfig: bed.kubeconfig, dir: await bed.scratch() };
    });
    afterEach(async () => {
        await destroy(target);
        assert.deepEqual(await left(bed.kube, before), []);
    });

    const moments: Record<string, (entries: ResourceState[]) => boolean> = {
        "among its first objects": (entries) => entries.filter(({ object }) => object).length >= 3,
        "while Helm installs": (entries) => entries.some(({ release, unready }) => release && unready),
    };
    for (const [moment, reached] of Object.entries(moments)) {
        it(`${moment}: the next one goes on from there and comes to the same`, async () => {
            const child = runUp(target);
            await until(() => reached(entriesOf(target)), child);
            // Not only begun: Helm has to be at work.
            if (moment.includes("Helm")) await until(async () => (await helmSecrets()).length > 0, child);
            child.kill("SIGKILL");
            await once(child, "exit");
            assert.equal(await helmsLeft(target.kubeconfig), 0, "a Helm goes on without its parent");

            const { changes } = await up(target);
            assert.ok(count(changes).create > 0, "nothing was left to do: it was killed too late");
            const again = count((await up(target)).changes);
            assert.equal(again.same, again.create + again.update + again.replace + again.delete + again.same);
        });
    }

    it("by Ctrl-C: what runs ends in good order, with a clear message", async () => {
        const child = runUp(target);
        let said = "";
        child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
        await until(() => moments["while Helm installs"](entriesOf(target)), child);
        child.kill("SIGINT");
        const [code] = (await once(child, "exit")) as [number];
        assert.equal(code, 130);
        assert.match(said, /interrupted; what was made so far is remembered/);
        await up(target);
    });

    const helmSecrets = () => bed.kube.list("v1", "Secret", { labels: "owner=helm" });
});

function runUp({ kubeconfig, dir }: Target): ChildProcess {
    const args = ["-r", "./cli/typescript.mjs", "sandbox/main.ts", "up"];
    return spawn(process.execPath, [...args, "--kubeconfig", kubeconfig, "--engine", "builtin"], {
        cwd: repoRoot,
        env: { ...process.env, DATA_PLATFORM_SANDBOX_DIR: dir },
        stdio: ["ignore", "ignore", "pipe"],
    });
}

function entriesOf({ dir }: Target): ResourceState[] {
    const file = stateFile(dir, stack);
    if (!existsSync(file)) return [];
    return (JSON.parse(readFileSync(file, "utf8")) as { entries: ResourceState[] }).entries;
}

async function until(reached: () => boolean | Promise<boolean>, child: ChildProcess): Promise<void> {
    while (!(await reached())) {
        assert.equal(child.exitCode, null, "it ended before the moment came");
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

/** Helms that work on this cluster, a moment after their parent has gone; another cluster's are none of ours. */
async function helmsLeft(kubeconfig: string): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const read = (pid: string, file: string) => {
        try {
            return readFileSync(`/proc/${pid}/${file}`, "utf8").replaceAll("\0", "\n");
        } catch {
            return ""; // it has just ended
        }
    };
    const isOurs = (pid: string) =>
        /helm\nupgrade\n--install\n/.test(read(pid, "cmdline")) &&
        read(pid, "environ").split("\n").includes(`KUBECONFIG=${kubeconfig}`);
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isOurs(name)).length;
}
