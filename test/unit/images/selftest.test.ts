import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { repoRoot } from "../../../lib/paths";
import { slowed } from "../../support/slowed";

const file = (image: string) => join(repoRoot, "images", image, "selftest.py");

/** Tests of how the self-tests of images wait for a server. */
describe("a self-test of an image", function () {
    this.timeout(180_000);

    /** Waits for a server that works before it is done, if it ever is. */
    const waiting = async (server: string, slow: boolean) => {
        const script = `
import importlib.util, subprocess, sys, pathlib, tempfile
spec = importlib.util.spec_from_file_location("selftest", ${JSON.stringify(file("airflow"))})
selftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(selftest)
selftest.STILL = 5
with tempfile.TemporaryDirectory() as name:
    done = pathlib.Path(name, "done")
    server = subprocess.Popen([sys.executable, "-c", ${JSON.stringify(server)}, str(done)])
    try:
        selftest.until(server, "it is done", done.exists)
        print("well")
    finally:
        server.kill()`;
        const child = spawn("python3", ["-c", script], { stdio: ["ignore", "pipe", "pipe"] });
        let said = "";
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
        const brake = slow ? slowed(child.pid ?? 0) : undefined;
        await once(child, "close");
        await brake?.stop();
        return said.trimEnd().split("\n").at(-1);
    };
    const works = `
import pathlib, sys, time
end = time.monotonic() + 10
while time.monotonic() < end: pass
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)`;

    it("waits for a server that is slowed to a tenth, and not for one that stands still or has ended", async () => {
        const began = Date.now();
        assert.equal(await waiting(works, true), "well");
        assert.ok(Date.now() - began > 7_000, "it was not slowed down");
        assert.match(
            (await waiting("import time; time.sleep(60)", false)) ?? "",
            /the server stands still.*until it is done$/,
        );
        assert.match((await waiting("pass", false)) ?? "", /the server has ended; waited until it is done$/);
    });

    it("waits the same way in every image", () => {
        const until = (image: string) =>
            /^# Seconds for which the server[\s\S]*?\n\n\n(?=def (?!used|until))/m.exec(
                readFileSync(file(image), "utf8"),
            )?.[0];
        assert.ok(until("airflow")?.includes("def until"));
        assert.equal(until("airflow"), until("mlflow"));
    });
});
