import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

import type { Engine, StackInfo, StackLock, StackState } from "../../../../engine/engine";
import { doctor, type DoctorOptions } from "../../../../operations/doctor";
import { findingsCode, type Finding } from "../../../../operations/findings";
import { UserError } from "../../../../lib/errors";

const down = {
    ...{ "current-context": "x", contexts: [{ name: "x", context: { cluster: "x", user: "x" } }] },
    clusters: [{ name: "x", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "x", user: { token: "x" } }],
};

/** A backend as far as it is only read. */
function backendOf(facts: { info?: StackInfo; state?: StackState; locks?: StackLock[]; error?: Error }): Engine {
    const answer = <T>(value: T) => (facts.error ? Promise.reject(facts.error) : Promise.resolve(value));
    const never = () => assert.fail("doctor changes nothing");
    return {
        ...{ name: "the Pulumi CLI (s3://state)", kind: "pulumi" },
        list: () => answer([]),
        find: () => answer(facts.info),
        state: () => answer(facts.state ?? { resources: [], pending: [] }),
        locks: () => answer(facts.locks ?? []),
        outputs: () => answer({}),
        ...{ create: never, tag: never, unlock: never, backup: never, preview: never, up: never, destroy: never },
        ...{ settlePending: never, forget: never, unprotect: never, remove: never },
    };
}

describe("doctor without a cluster", function () {
    this.timeout(120_000);
    let dir: string;
    let kubeconfig: string;
    before(() => {
        dir = mkdtempSync(join(tmpdir(), "doctor-"));
        kubeconfig = join(dir, "down");
        writeFileSync(kubeconfig, JSON.stringify(down));
    });
    after(() => rmSync(dir, { recursive: true }));

    const look = (options: Partial<DoctorOptions> = {}): Promise<Finding[]> =>
        doctor({
            stack: "dev",
            offline: true,
            kubeconfig,
            backend: backendOf({ info: { name: "dev", tags: {} } }),
            ...options,
        });
    const errors = (findings: Finding[]) => findings.filter(({ level }) => level === "error").map(({ id }) => id);

    it("looks at all else", async () => {
        const findings = await look();
        assert.deepEqual(errors(findings), ["DP-CLUSTER-002"]);
        assert.equal(findingsCode(findings), 3);
        const passed = findings.filter(({ level }) => level === "passed").map(({ id }) => id);
        for (const id of ["DP-TOOLS-001", "DP-CONFIG-001", "DP-CONFIG-003", "DP-STACK-001", "DP-STACK-002"])
            assert.ok(passed.includes(id as Finding["id"]), id);
    });

    it("tells the lock of a dead job and what it had begun, and what mends both", async () => {
        const lock = { where: "s3://state/lock", by: "ci", host: hostname(), pid: 2 ** 22 + 1, since: new Date() };
        const resource = {
            ...{ urn: "urn:x", type: "kubernetes:core/v1:Namespace", name: "dev-jobs" },
            ...{ custom: true, protect: false, retainOnDelete: false },
        };
        const state: StackState = { resources: [], pending: [{ kind: "creating", resource }] };
        const findings = await look({ backend: backendOf({ info: { name: "dev", tags: {} }, locks: [lock], state }) });
        assert.deepEqual(errors(findings).sort(), ["DP-CLUSTER-002", "DP-STACK-001", "DP-STACK-002"]);
        const fixes = findings.filter(({ id, level }) => /STACK/.test(id) && level === "error").map(({ fix }) => fix);
        assert.deepEqual(fixes, Array(2).fill("data-platform recover --stack dev"));
    });

    it("tells a backend that can't be reached once, not as many times as it is asked", async () => {
        const error = new UserError("access denied to s3://state", { fix: "aws sso login" });
        const findings = await look({ backend: backendOf({ error }) });
        assert.deepEqual(errors(findings), ["DP-CONFIG-003", "DP-CLUSTER-002"]);
        assert.equal(findings.find(({ id }) => id === "DP-CONFIG-003")?.fix, "aws sso login");
        assert.ok(findings.some(({ id, message }) => id === "DP-LOOK-001" && /^locks.*DP-CONFIG-003/.test(message)));
    });

    it("tells every problem of a config, and doesn't evaluate what can't be", async () => {
        const config = { "data-platform:profile": "devv", "data-platform:objectStor": "{}" };
        const findings = await look({ config });
        assert.ok(errors(findings).filter((id) => id === "DP-CONFIG-001").length >= 2);
        assert.ok(findings.some(({ subject }) => /objectStor$/.test(subject)));
        assert.deepEqual(errors(await look({ stack: "nowhere" })), ["DP-CONFIG-001", "DP-CLUSTER-002"]);
    });

    it("has a command below every problem", async () => {
        const all = [
            await look({ context: "elsewhere", stack: "nowhere", backend: backendOf({}) }),
            await look(),
        ].flat();
        for (const { id, level, fix } of all.filter(({ level }) => level === "error" || level === "warning"))
            assert.match(
                fix ?? "",
                /^(kubectl|pulumi|npx|make|cp|data-platform|helm|export|curl|\$\{EDITOR) ?/,
                `${id} ${level}`,
            );
    });
});
