import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UserError } from "../../../lib/errors";
import { isOurs, moduleFolder, toolNames, toolSource } from "../../../tools/catalog";
import { requireFreeSpace } from "../../../lib/cache";
import { checkGoVersion, goDirective, linkerFlags, requiredVersion } from "../../../tools/gomod";
import { withLock } from "../../../lib/lock";

const gomod = `module x

go 1.26.0

tool k8s.io/kubernetes/cmd/kubelet

require (
	k8s.io/kubernetes v1.36.3
	k8s.io/kubernetes-csi v9.9.9 // indirect
)
require go.etcd.io/etcd v3.6.8
`;

describe("sandbox tools", () => {
    it("reads versions out of go.mod", () => {
        assert.equal(requiredVersion(gomod, "k8s.io/kubernetes"), "v1.36.3");
        assert.equal(requiredVersion(gomod, "go.etcd.io/etcd"), "v3.6.8");
        assert.equal(goDirective(gomod), "1.26.0");
        assert.throws(() => requiredVersion(gomod, "k8s.io/kube"), /requires no k8s.io\/kube/);
    });

    it("fills versions into the linker's flags", () => {
        const flags = linkerFlags(
            { "a.full": "{version}", "a.plain": "{semver}", "a.m": "{major}.{minor}" },
            "v1.36.3",
        );
        assert.equal(flags, "-s -w -X a.full=v1.36.3 -X a.plain=1.36.3 -X a.m=1.36");
    });

    it("refuses a Go that is too old, with what would do", () => {
        const fails = (version: string) =>
            assert.throws(
                () => checkGoVersion(version, "1.26.6", "tools/x"),
                (error) => {
                    assert.ok(error instanceof UserError);
                    assert.match(
                        error.render(),
                        /Go is too old: go1[\s\S]*tools\/x\/go\.mod[\s\S]*Go 1\.26\.6 or newer/,
                    );
                    return true;
                },
            );
        for (const version of ["go1.25.9", "go1.26.5", "go1.26"]) fails(version);
        for (const version of ["go1.26.6", "go1.26.10", "go1.27", "go2.0.0"]) checkGoVersion(version, "1.26.6", "x");
    });

    for (const name of toolNames) {
        it(`${name} is pinned by its go.mod`, () => {
            const source = toolSource(name);
            if (!source.module) return;
            const text = readFileSync(join(moduleFolder(source), "go.mod"), "utf8");
            assert.match(requiredVersion(text, source.module), /^v\d+\.\d+\.\d+/);
            const directive = new RegExp(`^(tool )?\\s*${source.package.replaceAll(".", "\\.")}$`, "m");
            assert.ok(isOurs(source) || directive.test(text), "tool directive");
            assert.ok(readFileSync(join(moduleFolder(source), "go.sum"), "utf8").includes(`${source.module} v`));
        });
    }

    it("takes all of Kubernetes' staging modules from the same release", () => {
        const text = readFileSync(join(moduleFolder(toolSource("kubelet")), "go.mod"), "utf8");
        const staging = requiredVersion(text, "k8s.io/kubernetes").replace(/^v1\./, "v0.");
        const replaced = [...text.matchAll(/^replace (\S+) => (\S+) (\S+)$/gm)];
        assert.ok(replaced.length > 25);
        for (const [, from, to, version] of replaced) {
            assert.equal(from, to);
            assert.equal(version, staging, from);
        }
    });

    it("says how much space is missing, where, and what to do", async () => {
        await assert.rejects(requireFreeSpace(tmpdir(), 1_000_000, "build x"), (error) => {
            assert.ok(error instanceof UserError);
            assert.match(error.render(), /not enough disk space to build x: [\d.]+ GiB free[\s\S]*DATA_PLATFORM_CACHE/);
            return true;
        });
        await requireFreeSpace(tmpdir(), 0.001, "build x");
    });

    describe("lock", () => {
        const dir = mkdtempSync(join(tmpdir(), "lock-"));
        after(() => rmSync(dir, { recursive: true }));

        it("lets one in at a time and tells the others who holds it", async () => {
            const path = join(dir, "one");
            let inside = 0;
            const holders: string[] = [];
            const work = async () => {
                assert.equal(++inside, 1);
                await new Promise((resolve) => setTimeout(resolve, 500));
                inside--;
            };
            await Promise.all([1, 2].map(() => withLock(path, (holder) => holders.push(holder), work)));
            assert.deepEqual(holders, [`process ${process.pid}`]);
        });

        it("is free after a failure", async () => {
            const path = join(dir, "failure");
            await assert.rejects(
                withLock(
                    path,
                    () => undefined,
                    () => Promise.reject(new Error("no")),
                ),
                /^Error: no$/,
            );
            assert.equal(
                await withLock(
                    path,
                    () => undefined,
                    () => Promise.resolve(1),
                ),
                1,
            );
        });

        it("is free when its holder was killed", async () => {
            const path = join(dir, "killed");
            const lock = join(__dirname, "../../../lib/lock");
            const code = `require(${JSON.stringify(lock)}).withLock(${JSON.stringify(path)}, () => {}, () => {
                console.log("held");
                return new Promise((resolve) => setTimeout(resolve, 60_000));
            })`;
            const holder = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", code]);
            await new Promise((resolve) => holder.stdout.once("data", resolve));
            holder.kill("SIGKILL");
            assert.equal(
                await withLock(
                    path,
                    () => undefined,
                    () => Promise.resolve(1),
                ),
                1,
            );
        });
    });
});
