import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

import { causeOf } from "../../../images/build/attempts";
import { baseImage } from "../../../images/build/base";
import { archiveOf, buildWithBuildah, type ImageRequest } from "../../../images/build/buildah";
import { renderError, UserError } from "../../../lib/errors";
import { patiently, run } from "../../../lib/exec";
import { allOrNone } from "../../../lib/stopping";
import { slowed } from "../../support/slowed";

/** Builds by the real runner, with a buildah that does what the test says in place of an image's steps. */
describe("an image's build", function () {
    this.timeout(180_000);
    let dir: string;
    const before = { ...process.env };
    const { getuid } = process;
    const write = process.stderr.write.bind(process.stderr);
    let told: string;

    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "attempts-"));
        mkdirSync(join(dir, "bin"));
        const cache = { DATA_PLATFORM_CACHE: join(dir, "cache"), DATA_PLATFORM_STILL_SECONDS: "5" };
        Object.assign(process.env, cache, { PATH: [join(dir, "bin"), before.PATH].join(delimiter) });
        program("dpkg-query", `for name in "\${@:4}"; do echo "$name installed"; done`);
        const push = `archive=\${!#}; archive=\${archive#oci-archive:}; echo packed >"\${archive%%:*}"`;
        program(
            "buildah",
            `case "$7" in push) ${push} ;; build) echo "STEP 1/2: FROM x"; echo "$@" >>${dir}/builds; exec bash "\${10}" ;; esac`,
        );
        mkdirSync(dirname(baseImage().archive), { recursive: true });
        writeFileSync(baseImage().archive, "");
        process.getuid = () => 0;
        told = "";
        process.stderr.write = ((text: string) => Boolean((told += text))) as typeof process.stderr.write;
    });
    afterEach(() => {
        process.stderr.write = write;
        process.getuid = getuid;
        for (const name of ["DATA_PLATFORM_CACHE", "DATA_PLATFORM_STILL_SECONDS", "PATH"]) {
            if (before[name] === undefined) delete process.env[name];
            else process.env[name] = before[name];
        }
        rmSync(dir, { recursive: true });
    });

    const program = (name: string, script: string) =>
        writeFileSync(join(dir, "bin", name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
    /** An image whose steps are a script. */
    const image = (name: string, script: string): ImageRequest => {
        const containerfile = join(dir, `${name}.sh`);
        writeFileSync(containerfile, script);
        return { name, ref: `localhost/data-platform/${name}:1`, tag: "1", context: dir, containerfile };
    };
    const builds = () => readFileSync(join(dir, "builds"), "utf8").trimEnd().split("\n").length;
    const failure = async (...requests: ImageRequest[]) => {
        const error = await buildWithBuildah(requests).then(
            () => assert.fail("it was built"),
            (reason: unknown) => reason,
        );
        return renderError(error).split("\n");
    };

    it("ends well though its process is slowed to a tenth, and takes several times the limit", async () => {
        // Works for longer than the limit, however much of a processor it is given.
        const busy = `for (const end = Date.now() + 8e3; Date.now() < end; ) for (let i = 0; i < 1e6; i++);`;
        const slow = image("slow", `echo $$ >${dir}/pid; ${process.execPath} -e '${busy}'; true`);
        const building = buildWithBuildah([slow]);
        const began = Date.now();
        building.catch(() => undefined);
        while (!existsSync(join(dir, "pid")) && Date.now() - began < 30_000)
            await new Promise((go) => setTimeout(go, 20));
        const brake = slowed(Number(readFileSync(join(dir, "pid"), "utf8")));
        await building.finally(() => brake.stop());
        assert.ok(brake.stops() > 3, `it was stopped ${brake.stops()} times`);
        assert.equal(builds(), 1);
        assert.equal(readFileSync(archiveOf(slow), "utf8"), "packed\n");
    });

    it("that stands still is ended, tried once more, and ended with its cause as the last line", async () => {
        const lines = await failure(image("still", "echo waiting for the list; sleep 1000; true"));
        assert.equal(builds(), 2);
        assert.equal(lines[0], "image still cannot be built");
        assert.ok(lines.some((line) => line.startsWith("  kept:    what was built before stays")));
        assert.equal(
            lines.at(-1),
            "  cause:   stands still: no output and hardly any CPU time for 5 s; the last that it said: waiting for the list",
        );
    });

    it("that fails is tried once more by itself, and the log of the first attempt is kept", async () => {
        const flaky = image("flaky", `[ -e ${dir}/second ] && exit 0; touch ${dir}/second; echo mirror away; exit 1`);
        await buildWithBuildah([flaky]);
        assert.equal(builds(), 2);
        assert.match(told, /Build image flaky has failed and is tried once more: mirror away\n/);
        assert.match(readFileSync(join(dir, "cache/log/image-flaky.log.first"), "utf8"), /mirror away/);
    });

    it("that fails twice ends all that is of no use without it; what was built stays", async () => {
        const done = image("done", "true");
        await buildWithBuildah([done]);
        const bad = image("bad", `echo "no such package"; echo "Error: building at STEP RUN: exit status 1"; exit 1`);
        // One that says something all the time goes on until it is ended.
        const other = image("other", "while sleep 0.2; do echo on; done");
        // Not a build: those of one machine wait for each other, and this one would never let the failing one begin.
        const cluster = () => run("bash", ["-c", "while sleep 0.2; do echo on; done"], patiently());
        const error = await allOrNone([() => buildWithBuildah([done, bad, other]), cluster]).then(
            () => assert.fail("it was built"),
            (reason: unknown) => reason,
        );
        const lines = renderError(error).split("\n");
        assert.equal(lines.at(-1), "  cause:   no such package");
        assert.equal(lines.filter((line) => line.includes("cannot be built")).length, 1);
        assert.ok(existsSync(archiveOf(done)));
        assert.ok(!existsSync(archiveOf(other)));
    });

    it("has as its cause what isn't the words of a program that only started another", () => {
        const evidence = [
            "E: 404 Not Found",
            "subprocess exited with status 100",
            'Error: building at STEP "RUN apt": exit status 1',
            "",
        ];
        assert.equal(causeOf(new UserError("failed", { evidence })), "E: 404 Not Found");
        assert.equal(
            causeOf(new UserError("failed with exit code 1: buildah", { evidence: [] })),
            "failed with exit code 1: buildah",
        );
    });
});
