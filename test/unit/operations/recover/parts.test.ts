import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { PassThrough } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";

import { confirm } from "../../../../cli/confirm";
import type { StackLock } from "../../../../engine/engine";
import { holderOf, type Machine, thisMachine } from "../../../../operations/recover/holder";
import { ownershipOf } from "../../../../operations/recover/ownership";
import { quote } from "../../../../lib/shell";
import { asFailed } from "../../../../operations/recover/records";
import { UserError } from "../../../../lib/errors";

describe("recover's parts", () => {
    describe("whether a lock's holder lives", () => {
        const file = "/home/somebody/.pulumi/locks/dev/1.json";
        const lock = (some: Partial<StackLock>): StackLock => ({
            ...{ where: file, by: "ci", host: hostname(), pid: 4711, since: new Date() },
            ...some,
        });
        const machine = (some: Partial<Machine>): Machine => ({
            ...{ hostname: hostname(), blind: false, process: () => Promise.resolve(undefined) },
            ...some,
        });

        it("live, while its process runs; dead, when that has ended; dead, when the number is another's", async () => {
            const child = spawn("sleep", ["60"]);
            await once(child, "spawn");
            const { pid } = child;
            assert.equal((await holderOf(lock({ pid }))).is, "live");
            const before = await holderOf(lock({ pid, since: new Date(Date.now() - 60_000) }));
            assert.equal(before.is, "dead");
            assert.match(before.why, /was started at .*, after the lock was taken/);
            child.kill("SIGKILL");
            await once(child, "exit");
            const after = await holderOf(lock({ pid }));
            assert.equal(after.is, "dead");
            assert.match(after.why, new RegExp(`no process ${pid} runs on this machine`));
        });

        it("this process lives, and so does another user's", async () => {
            assert.equal((await holderOf(lock({ pid: process.pid }))).is, "live");
            assert.ok(await thisMachine().process(1));
        });

        it("unknown, where there is no proof", async () => {
            const cases: [Partial<StackLock>, Partial<Machine>, RegExp][] = [
                [{ host: "runner-3" }, {}, /it was taken on runner-3; this is/],
                [{ pid: undefined }, {}, /doesn't say which process/],
                [{}, { blind: true }, /can't see its processes/],
                [{ host: "localhost", where: "s3://state/1.json" }, { hostname: "localhost" }, /many machines have/],
                [{ host: "Anns-MacBook-Pro.local", where: "s3://b" }, { hostname: "Anns-MacBook-Pro.local" }, /many/],
            ];
            for (const [held, on, why] of cases) {
                const holder = await holderOf(lock(held), machine(on));
                assert.equal(holder.is, "unknown");
                assert.match(holder.why, why);
            }
            const local = await holderOf(lock({ host: "localhost" }), machine({ hostname: "localhost" }));
            assert.equal(local.is, "dead", "a lock in a directory of this machine's is this machine's");
        });
    });

    describe("whose an object is", () => {
        const object = (labels: Record<string, string>, ...managers: string[]) => ({
            ...{ apiVersion: "v1", kind: "Secret" },
            metadata: { name: "x", labels, managedFields: managers.map((manager) => ({ manager })) },
        });
        const pulumi = "pulumi-kubernetes-1a2b3c4d";

        it("the stack's, by its label, its name, or the namespace; and written by Pulumi", () => {
            const named = { "app.kubernetes.io/instance": "dev-minio", "app.kubernetes.io/name": "minio" };
            assert.equal(ownershipOf(object({ "data-platform.io/stack": "dev" }, pulumi), "dev", undefined).is, "ours");
            assert.equal(ownershipOf(object(named, "kubelet", pulumi), "dev", undefined).is, "ours");
            assert.equal(ownershipOf(object({}, "data-platform-sandbox"), "dev", { ours: true }).is, "ours");
        });

        it("somebody else's: another stack's, a person's, an operator's, or not known", () => {
            const of = (...args: Parameters<typeof ownershipOf>) => {
                const whose = ownershipOf(...args);
                return whose.is === "theirs" ? whose.of : whose.is;
            };
            assert.equal(
                of(object({ "data-platform.io/stack": "prod" }, pulumi), "dev", { ours: true }),
                "the stack prod",
            );
            assert.equal(of(object({}, "kubectl-edit"), "dev", { ours: true }), "kubectl-edit");
            const other = { "app.kubernetes.io/instance": "dev-2-minio", "app.kubernetes.io/name": "minio" };
            assert.match(of(object(other, pulumi), "dev", { ours: false }), /another stack or program/);
        });
    });

    it("a record of Helm's is marked as failed, and all else of it stays, to the last digit", () => {
        const text =
            '{"name":"x","info":{"status":"pending-upgrade","notes":"n"},"config":{"big":12345678901234567890,"float":1.0}}';
        const encoded = Buffer.from(gzipSync(text).toString("base64")).toString("base64");
        const failed = asFailed(encoded, "unlocked from stale pending-upgrade");
        const decoded = gunzipSync(Buffer.from(Buffer.from(failed, "base64").toString(), "base64")).toString();
        assert.equal(
            decoded,
            text
                .replace("pending-upgrade", "failed")
                .replace('"notes":"n"', '"notes":"n","description":"unlocked from stale pending-upgrade"'),
        );
    });

    it("words are quoted for a shell", () => {
        assert.equal(quote("dev-1"), "dev-1");
        assert.equal(quote("a$b's"), `'a$b'\\''s'`);
    });

    describe("asking before a change", () => {
        const terminal = (answer: string, isTTY = true) => {
            const input: PassThrough & { isTTY?: boolean } = new PassThrough();
            input.isTTY = isTTY;
            input.end(answer);
            return { input, output: new PassThrough() };
        };
        const asked = { question: "Do this?", plan: "1. something" };

        it("goes on for a clear yes only", async () => {
            assert.equal(await confirm({ ...asked, terminal: terminal("y\n") }), true);
            assert.equal(await confirm({ ...asked, terminal: terminal("YES\n") }), true);
            for (const answer of ["n\n", "\n", "yesterday\n", ""]) {
                assert.equal(await confirm({ ...asked, terminal: terminal(answer) }), false, answer);
            }
        });

        it("doesn't ask when it was agreed to, and shows the plan all the same", async () => {
            const silent = terminal("", false);
            assert.equal(await confirm({ ...asked, yes: true, terminal: silent }), true);
            assert.match(String(silent.output.read()), /1\. something/);
        });

        it("without a terminal and without --yes it shows what it would do, and ends", async () => {
            await assert.rejects(confirm({ ...asked, terminal: terminal("y\n", false) }), (error: UserError) => {
                assert.match(error.render(), /nothing was changed[^]*\| 1\. something[^]*add --yes/);
                return true;
            });
        });
    });
});
