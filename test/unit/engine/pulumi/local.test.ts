import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { parse } from "yaml";

import { readStackFile, stackFile } from "../../../../program/stack-config";
import { openEngine } from "../../../../engine/open";
import { driven, operationArgs } from "../../../../engine/pulumi/commands";
import { environment, mergeStackFile, places } from "../../../../engine/pulumi/local";
import { type EngineChoice, StackLocked } from "../../../../engine/engine";
import { countsOf } from "../../../../engine/pulumi/events";
import { findPulumi, pinned } from "../../../../engine/pulumi/find";
import { State } from "../../../../engine/builtin/state";
import { UserError } from "../../../../lib/errors";
import { repoRoot } from "../../../../lib/paths";

const at = places("/state");

describe("the Pulumi CLI as the engine", () => {
    it("is found on the PATH or among what was downloaded, never in node_modules", () => {
        const has =
            (...programs: string[]) =>
            (path: string) =>
                programs.includes(path);
        const env = { PATH: "/repo/node_modules/.bin:/usr/local/bin", HOME: "/home/me" };
        const downloaded = `/home/me/.pulumi/versions/${pinned}/bin/pulumi`;
        assert.equal(findPulumi(env, has("/usr/local/bin/pulumi", downloaded)), "/usr/local/bin/pulumi");
        assert.equal(findPulumi(env, has("/repo/node_modules/.bin/pulumi", downloaded)), downloaded);
        assert.equal(
            findPulumi({ ...env, PULUMI_HOME: "/p" }, has(`/p/versions/${pinned}/bin/pulumi`)),
            `/p/versions/${pinned}/bin/pulumi`,
        );
        assert.equal(findPulumi(env, has("/repo/node_modules/.bin/pulumi")), undefined);
    });

    it("is told to keep everything out of the checkout", () => {
        const configFile = stackFile("sandbox", at.project);
        const up = operationArgs("up", "sandbox", "/state/pulumi/sandbox.events.jsonl", configFile);
        assert.equal(up[up.indexOf("--config-file") + 1], "/state/pulumi/project/Pulumi.sandbox.yaml");
        const env = { ...driven("/opt/pulumi/pulumi", "/usr/bin"), ...environment(at, "/state/kubeconfig") };
        assert.equal(env.PULUMI_BACKEND_URL, "file:///state/pulumi/backend");
        assert.equal(env.PULUMI_CONFIG_PASSPHRASE_FILE, "/state/pulumi/passphrase");
        assert.equal(env.KUBECONFIG, "/state/kubeconfig");
        assert.equal(env.PATH, "/opt/pulumi:/usr/bin");
    });

    it("is never asked a question, and previews change nothing", () => {
        for (const operation of ["preview", "up", "destroy"] as const) {
            const args = operationArgs(operation, "sandbox", "/state/pulumi/sandbox.events.jsonl");
            assert.ok(args.includes("--non-interactive"));
            assert.equal(args.includes("--yes"), operation !== "preview");
        }
    });

    it("has its salt kept while the config follows the checkout", () => {
        const merged = mergeStackFile(
            { config: { "data-platform:profile": "sandbox" } },
            { encryptionsalt: "v1:abc", config: { "data-platform:profile": "old" } },
        );
        assert.deepEqual(parse(merged), { encryptionsalt: "v1:abc", config: { "data-platform:profile": "sandbox" } });
    });

    it("has a stack file that can't be read told without a stack trace", () => {
        const dir = mkdtempSync(join(tmpdir(), "stack-file-"));
        const file = join(dir, "Pulumi.x.yaml");
        const read = (text: string) => {
            writeFileSync(file, text);
            return () => readStackFile(file);
        };
        assert.throws(
            read("config: [1"),
            (error) => error instanceof UserError && /can't be read as YAML/.test(error.message),
        );
        for (const text of ["just words", "- a list", "config: text"]) {
            assert.throws(read(text), (error) => error instanceof UserError && /is no stack file/.test(error.message));
        }
        assert.deepEqual(read("")(), {});
        assert.deepEqual(read("config:\n")(), { config: null });
        rmSync(dir, { recursive: true });
    });

    it("has its changes counted from its events", () => {
        const log = [
            { sequence: 1, preludeEvent: {} },
            {
                sequence: 2,
                summaryEvent: { resourceChanges: { create: 2, same: 5, "create-replacement": 1, replace: 1 } },
            },
            { sequence: 3, cancelEvent: {} },
        ];
        const text = log.map((event) => JSON.stringify(event)).join("\n") + "\n";
        assert.deepEqual(countsOf(text), { create: 2, update: 0, replace: 1, delete: 0, same: 5, keep: 0 });
        assert.deepEqual(countsOf(""), { create: 0, update: 0, replace: 0, delete: 0, same: 0, keep: 0 });
    });

    describe("with a program in its place that notes how it is called", () => {
        let dir: string;
        let pulumi: string;
        const calls = () => readFileSync(join(dir, "calls"), "utf8").trimEnd().split("\n");
        const stack = "sandbox";
        const open = (engine: EngineChoice, program: string | undefined) =>
            openEngine({ engine, stack, local: { kubeconfig: "/k", dir }, pulumi: program });

        beforeEach(() => {
            dir = mkdtempSync(join(tmpdir(), "pulumi-test-"));
            pulumi = join(dir, "pulumi-cli");
            const summary = JSON.stringify({ summaryEvent: { resourceChanges: { create: 3 } } });
            writeFileSync(
                pulumi,
                `#!/bin/bash
                echo "$*" >> ${dir}/calls
                pwd >> ${dir}/places
                [ "$1 $2" = "stack output" ] && echo '{"endpoints":{"a":"b"}}'
                [ "$1 $2" = "stack select" ] && echo 'encryptionsalt: v1:abc' > ${dir}/pulumi/project/Pulumi.sandbox.yaml
                while [ $# -gt 0 ]; do [ "$1" = --event-log ] && echo '${summary}' > "$2"; shift; done
                exit 0`,
            );
            chmodSync(pulumi, 0o755);
        });
        afterEach(() => rmSync(dir, { recursive: true }));

        it("selects the stack, updates, and reads outputs and counts", async () => {
            const engine = await open("auto", pulumi);
            const report = await engine.up(stack, { print: () => undefined });
            assert.equal(report.counts.create, 3);
            assert.deepEqual(report.outputs, { endpoints: { a: "b" } });
            assert.deepEqual(
                calls().map((call) => call.split(" ").slice(0, 2).join(" ")),
                ["stack select", "up --yes", "stack output"],
            );
            const [selected, place, asked] = readFileSync(join(dir, "places"), "utf8").split("\n");
            assert.equal(place, repoRoot, "charts are found relative to the project");
            const { project } = places(dir);
            assert.deepEqual([selected, asked], [project, project], "in the checkout it would write the salt there");
            const passphrase = join(dir, "pulumi", "passphrase");
            assert.equal(statSync(passphrase).mode & 0o777, 0o600);
            const before = readFileSync(passphrase, "utf8");
            await engine.preview(stack, { print: () => undefined });
            assert.equal(readFileSync(passphrase, "utf8"), before, "a new passphrase would lock the state");
            const file = parse(readFileSync(join(dir, "pulumi", "project", "Pulumi.sandbox.yaml"), "utf8")) as Record<
                string,
                unknown
            >;
            assert.equal(file.encryptionsalt, "v1:abc");
            assert.ok(file.config);
            assert.ok(!readFileSync(join(repoRoot, "Pulumi.sandbox.yaml"), "utf8").includes("encryptionsalt"));
        });

        it("leaves a stack to the engine that made it", async () => {
            const entry = {
                urn: "u",
                type: "t",
                name: "n",
                custom: true,
                dependencies: [],
                protect: false,
                retainOnDelete: false,
            };
            await State.load(dir, "sandbox").put(entry);
            assert.match((await open("auto", pulumi)).name, /built-in/);
            await assert.rejects(open("pulumi", pulumi), /was made with the engine "builtin"/);
        });

        it("gives a stack without resources to any engine", async () => {
            const stacks = join(places(dir).backend, ".pulumi", "stacks", "data-platform");
            mkdirSync(stacks, { recursive: true });
            const checkpoint = (latest: object) =>
                writeFileSync(
                    join(stacks, "sandbox.json"),
                    JSON.stringify({ version: 3, checkpoint: { stack: "s", latest } }),
                );
            for (const latest of [{}, { resources: [] }, { manifest: {}, resources: null }]) {
                checkpoint(latest);
                assert.match((await open("builtin", pulumi)).name, /built-in/);
            }
            for (const latest of [{ resources: [{ urn: "u" }] }, { pending_operations: [{ type: "creating" }] }]) {
                checkpoint(latest);
                await assert.rejects(open("builtin", pulumi), /was made with the engine "pulumi"/);
            }
        });

        it("has what it says shown once when it fails", async () => {
            writeFileSync(
                pulumi,
                `#!/bin/bash
                [ "$1" = up ] && { echo 'error: no such cluster'; exit 255; }
                exit 0`,
            );
            const lines: string[] = [];
            const engine = await open("pulumi", pulumi);
            await assert.rejects(engine.up(stack, { print: (line) => lines.push(line) }), (error: UserError) => {
                assert.equal(error.message, "the Pulumi CLI failed with exit code 255; what it said is above");
                return !error.render().includes("no such cluster");
            });
            assert.deepEqual(lines, ["error: no such cluster"]);
        });

        it("says who holds a stack that is locked, and sees its lock in its own backend", async () => {
            const lock = join(
                places(dir).backend,
                ".pulumi",
                "locks",
                "organization",
                "data-platform",
                stack,
                "0f.json",
            );
            writeFileSync(
                pulumi,
                `#!/bin/bash
                [ "$1" = up ] || exit 0
                echo 'error: the stack is currently locked by 1 lock(s).'
                echo '  file://${lock}: created by ci@runner-3 (pid 4711) at 2026-11-21T20:00:00Z'
                exit 255`,
            );
            const engine = await open("pulumi", pulumi);
            assert.deepEqual(await engine.locks(stack), []);
            mkdirSync(dirname(lock), { recursive: true });
            const content = { pid: 4711, username: "ci", hostname: "runner-3", timestamp: "2026-11-21T20:00:00Z" };
            writeFileSync(lock, JSON.stringify(content));
            const [seen] = (await engine.locks(stack)) ?? [];
            await assert.rejects(engine.up(stack), (error) => {
                assert.ok(error instanceof StackLocked);
                assert.deepEqual({ ...error.locks[0], where: lock }, seen);
                return true;
            });
        });

        it("says when it is wanted and not there", async () => {
            assert.match((await open("auto", undefined)).name, /built-in/);
            await assert.rejects(open("pulumi", undefined), (error: UserError) => /not at hand/.test(error.message));
            const { backend } = places(dir);
            mkdirSync(join(backend, ".pulumi", "stacks", "data-platform"), { recursive: true });
            writeFileSync(
                join(backend, ".pulumi", "stacks", "data-platform", "sandbox.json"),
                '{"checkpoint":{"latest":{"resources":[{}]}}}',
            );
            await assert.rejects(open("auto", undefined), /not at hand/);
            assert.ok(existsSync(backend));
        });
    });
});
