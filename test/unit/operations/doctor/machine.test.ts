import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { kubernetes } from "../../../../config/versions";
import type { StackResource } from "../../../../engine/engine";
import type { Finding } from "../../../../operations/findings";
import { catalog, finding } from "../../../../operations/doctor/catalog";
import { backendFindings, configErrorFindings, secretFindings } from "../../../../operations/doctor/config";
import { type Check, runChecks } from "../../../../operations/doctor/check";
import { inTime, Unanswered } from "../../../../operations/doctor/cluster-reader";
import { lockFindings, pendingFindings } from "../../../../operations/doctor/stack";
import { compareVersions, satisfies, type ToolFacts, toolFindings } from "../../../../operations/doctor/tools";
import { KubeError } from "../../../../kubernetes/client";
import { UserError } from "../../../../lib/errors";
import { repoRoot } from "../../../../lib/paths";
import { levels } from "../../../support/doctor";

describe("doctor: this machine", () => {
    const fine: ToolFacts = {
        ...{ node: "22.23.3", wantedNode: ">=22", cli: { path: "/usr/bin/pulumi", version: "3.265.1" } },
        ...{ wantedCli: ">=3.265.0 <4.0.0", builtin: false },
    };

    it("is well with the right Node and CLI", () => {
        assert.deepEqual(levels(toolFindings(fine)), ["DP-TOOLS-001 passed", "DP-TOOLS-003 passed"]);
    });

    it("names an old Node, and a CLI outside of what Pulumi.yaml asks for", () => {
        const [node, cli] = toolFindings({ ...fine, node: "20.1.0", cli: { path: "/p", version: "3.200.0" } });
        assert.deepEqual(levels([node, cli]), ["DP-TOOLS-001 error", "DP-TOOLS-003 error"]);
        assert.match(node.message, /20\.1\.0 is not >=22/);
        assert.match(cli.message, /3\.200\.0 \(\/p\) is not >=3\.265\.0 <4\.0\.0/);
        assert.match(cli.fix ?? "", /^npx pulumi version/);
        assert.equal(toolFindings({ ...fine, cli: { path: "/p", version: "4.0.0" } })[1].level, "error");
    });

    it("misses the CLI only where it is needed", () => {
        assert.equal(toolFindings({ ...fine, cli: undefined })[1].level, "warning");
        assert.equal(toolFindings({ ...fine, cli: undefined, builtin: true })[1].level, "info");
        assert.equal(toolFindings({ ...fine, cli: { path: "/p" } })[1].level, "error");
    });

    it("compares versions by number", () => {
        assert.ok(compareVersions("v1.9.0", "1.30") < 0);
        assert.ok(compareVersions("v1.34.2+k3s1", "1.34.2") === 0);
        assert.ok(satisfies("3.265.0", ">=3.265.0 <4.0.0"));
        assert.ok(!satisfies("3.264.9", ">=3.265.0 <4.0.0"));
    });

    it("knows the versions of Kubernetes that the docs and the sandbox have", () => {
        const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");
        assert.ok(read("docs/own-cluster.md").includes(`Kubernetes ${kubernetes.oldest} or newer`));
        assert.ok(read("tools/kubernetes/go.mod").includes(`k8s.io/kubernetes v${kubernetes.newest}.`));
    });
});

describe("doctor: config, backend, secrets", () => {
    it("makes each problem of the config a finding", () => {
        const error = Object.assign(new Error("whole"), {
            problems: [
                { key: "profile", message: "is missing" },
                { key: "objectStore.size", message: "is no size" },
            ],
        });
        const findings = configErrorFindings("dev", error, "DP-CONFIG-001");
        assert.deepEqual(levels(findings), ["DP-CONFIG-001 error", "DP-CONFIG-001 error"]);
        assert.equal(findings[1].subject, "Pulumi.dev.yaml: objectStore.size");
        const missing = new UserError("there is no stack file Pulumi.pr.yaml");
        assert.equal(configErrorFindings("pr", missing, "DP-CONFIG-001")[0].fix, "cp Pulumi.dev.yaml Pulumi.pr.yaml");
    });

    const backend = { stack: "dev", backend: "the Pulumi CLI (s3://x)", kind: "pulumi" as const, now: new Date(0) };

    it("says that a stack isn't there yet, which the built-in engine doesn't mind", () => {
        const [, one] = backendFindings(backend);
        assert.deepEqual([one.id, one.level, one.fix], ["DP-CONFIG-004", "warning", "pulumi stack init dev"]);
        assert.equal(backendFindings({ ...backend, kind: "builtin" })[1].level, "info");
    });

    it("says that a stack's time is over, but for one that is kept", () => {
        const over = (tags: Record<string, string>, now = new Date("2026-01-02")) =>
            backendFindings({ ...backend, now, info: { name: "dev", tags } }).find(({ id }) => id === "DP-STACK-003");
        const expires = { "data-platform:expires": "2026-01-01T00:00:00Z" };
        assert.equal(over(expires)?.level, "warning");
        assert.equal(over(expires, new Date("2025-12-31"))?.level, "passed");
        assert.equal(over({ ...expires, "data-platform:keep": "true" }), undefined);
        assert.equal(over({ "data-platform:expires": "soon" })?.level, "warning", "what can't be read lives for ever");
        assert.equal(over({}), undefined);
    });

    it("misses the passphrase where there is a salt, and never shows it", () => {
        const of = (env: NodeJS.ProcessEnv, salted = true, provider?: string) =>
            secretFindings({ stack: "dev", salted, provider, env, isFile: (path) => path === "/there" });
        assert.deepEqual(levels(of({})), ["DP-CONFIG-005 error"]);
        assert.match(of({ PULUMI_CONFIG_PASSPHRASE_FILE: "/gone" })[0].message, /\/gone, which is no file/);
        assert.deepEqual(levels(of({ PULUMI_CONFIG_PASSPHRASE_FILE: "/there" })), ["DP-CONFIG-005 passed"]);
        const given = of({ PULUMI_CONFIG_PASSPHRASE: "hunter2-hunter2" });
        assert.deepEqual(levels(given), ["DP-CONFIG-005 passed"]);
        assert.ok(!JSON.stringify(given).includes("hunter2"));
        assert.deepEqual(of({}, false), []);
        assert.match(of({}, false, "awskms://alias/x?region=y")[0].message, /awskms:\/\/alias\/x$/);
    });
});

describe("doctor: locks and pending operations", () => {
    const lock = { where: "s3://x/lock", by: "ci@runner (pid 7)", since: new Date("2026-01-01") };

    it("tells a live holder from a dead one", () => {
        const [live] = lockFindings("dev", [{ ...lock, holder: { is: "live", why: "process 7 runs" } }]);
        const [dead] = lockFindings("dev", [{ ...lock, holder: { is: "dead", why: "no process 7" } }]);
        assert.deepEqual([live.level, dead.level], ["error", "error"]);
        assert.match(live.message, /ci@runner \(pid 7\) since 2026-01-01.*process 7 runs/);
        assert.equal(dead.fix, "data-platform recover --stack dev");
        assert.match(live.fix ?? "", /doctor --stack dev/);
        assert.equal(lockFindings("dev", [])[0].level, "passed");
        assert.equal(lockFindings("dev", undefined)[0].level, "info");
    });

    it("names what was cut off", () => {
        const resource: StackResource = {
            ...{ urn: "u", type: "kubernetes:helm.sh/v3:Release", name: "minio", custom: true },
            ...{ protect: false, retainOnDelete: false },
        };
        const [one] = pendingFindings("dev", [{ kind: "creating", resource }]);
        assert.match(one.message, /cut off while creating Release minio/);
        assert.equal(one.fix, "data-platform recover --stack dev");
    });
});

describe("doctor: what it looks at", () => {
    const look = (what: string, needs: Check["needs"], then: () => Promise<Finding[]>): Check => ({
        ...{ what, needs },
        run: then,
    });
    const well = () => Promise.resolve([finding("DP-CLUSTER-004", "passed", "", "")]);

    it("isn't fifty errors when the cluster is away, but one note", async () => {
        const looks = [look("nodes", ["cluster"], well), look("rights", ["cluster", "declared"], well)];
        const found = await runChecks(looks, {}, { cluster: "the cluster is away" });
        assert.deepEqual(levels(found), ["DP-LOOK-001 info"]);
        assert.equal(found[0].message, "nodes, rights: the cluster is away");
        assert.equal(
            found[0].fix,
            undefined,
            "the finding that the reason names has it; doctor again would go in a circle",
        );
    });

    it("is a warning where it may not be asked, and all else is looked at", async () => {
        const forbidden = () => inTime("quotas", Promise.reject(new KubeError(403, "Forbidden", "no")));
        const found = await runChecks([look("quotas", [], forbidden), look("nodes", [], well)], {}, {});
        assert.deepEqual(levels(found), ["DP-LOOK-002 warning", "DP-CLUSTER-004 passed"]);
        assert.match(found[0].message, /this account may not \(403\)/);
    });

    it("is given up after its time", async () => {
        await assert.rejects(
            inTime("nodes", new Promise(() => undefined), 20),
            (error) => error instanceof Unanswered && /nodes: no answer within 0.02 s/.test(error.message),
        );
    });

    it("hides no defect of its own", async () => {
        await assert.rejects(
            runChecks([look("nodes", [], () => Promise.reject(new TypeError("ours")))], {}, {}),
            /ours/,
        );
    });

    it("has ids of one form, none twice, each explained", () => {
        for (const [id, { category, description: meaning, remediation: mending }] of Object.entries(catalog)) {
            assert.match(id, /^DP-[A-Z]+-\d{3}$/);
            for (const text of [category, meaning, mending]) assert.ok(text.length > 3 && !text.includes("|"), id);
        }
    });
});
