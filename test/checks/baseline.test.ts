import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { Allowed, entriesFor, type Entry, matches, readAllowed } from "../../checks/baseline";
import { isGreen, report } from "../../checks/report";
import { type Finding, merged } from "../../checks/finding";
import { UserError } from "../../lib/errors";

const finding = (object: string, message = "CPU limit is not set"): Finding => ({
    tool: "kube-score",
    check: "container-resources",
    object,
    origin: "apps/Deployment.app.yaml",
    message,
});

const entry: Entry = {
    tool: "kube-score",
    check: "container-resources",
    objects: ["Deployment/apps/*"],
    reason: "because somebody else could follow it",
};

describe("the baseline of the checks", () => {
    let dir: string;
    before(() => (dir = mkdtempSync(join(tmpdir(), "data-platform-allowed-"))));
    after(() => rmSync(dir, { recursive: true }));

    const refused = (text: string, wanted: RegExp) => {
        const file = join(dir, "allowed.yaml");
        writeFileSync(file, text);
        assert.throws(
            () => readAllowed(file),
            (error) => {
                assert.ok(error instanceof UserError);
                assert.match(error.render(), wanted);
                return true;
            },
        );
    };

    it("is well formed as it is committed", () => {
        assert.ok(readAllowed().length > 0);
    });

    it("names objects by patterns that don't cross a slash", () => {
        assert.ok(matches("*/*/*", "Pod/apps/a"));
        assert.ok(matches("Pod/*-jobs/gold-{driver,executor}", "Pod/prod-jobs/gold-executor"));
        assert.ok(!matches("Pod/*-jobs/gold-{driver,executor}", "Pod/prod-jobs/gold-other"));
        assert.ok(!matches("Pod/*", "Pod/apps/a"));
        assert.ok(!matches("Pod/apps/a.b", "Pod/apps/axb"));
    });

    it("allows what an entry names, in its stacks, and nothing else", () => {
        const allowed = new Allowed([{ ...entry, stacks: ["dev"] }]);
        assert.ok(allowed.allows("dev", finding("Deployment/apps/app")));
        assert.ok(!allowed.allows("prod", finding("Deployment/apps/app")));
        assert.ok(!allowed.allows("dev", finding("StatefulSet/apps/app")));
        assert.ok(!allowed.allows("dev", { ...finding("Deployment/apps/app"), check: "pod-probes" }));
        assert.ok(!allowed.allows("dev", { ...finding("Deployment/apps/app"), tool: "checkov" }));
    });

    it("allows a message, but not what is said beside it", () => {
        const allowed = new Allowed([{ ...entry, message: "CPU limit is not set" }]);
        const [both] = merged([finding("Deployment/apps/a"), finding("Deployment/apps/a", "Memory limit is not set")]);
        assert.ok(allowed.allows("dev", finding("Deployment/apps/a")));
        assert.ok(!allowed.allows("dev", both));
    });

    it("goes stale loudly, pattern by pattern", () => {
        const allowed = new Allowed([{ ...entry, objects: ["Deployment/apps/*", "Job/apps/gone"] }]);
        allowed.allows("dev", finding("Deployment/apps/app"));
        const stale = allowed.stale(["dev"]);
        assert.deepEqual(stale, ["kube-score container-resources Job/apps/gone"]);
        const results = { stacks: [], stale };
        assert.ok(!isGreen(results));
        assert.match(report(results), /baseline\.yaml.* allows what nobody finds any more.*\n.*Job\/apps\/gone/);
    });

    it("has entries that go only for upstream's charts", () => {
        const upstream: Entry = { ...entry, charts: "configured" };
        assert.deepEqual(entriesFor("directories", [entry, upstream]), [entry]);
        assert.deepEqual(entriesFor("configured", [entry, upstream]), [entry, upstream]);
    });

    it("is not stale for a stack that nobody checked", () => {
        assert.deepEqual(new Allowed([{ ...entry, stacks: ["prod"] }]).stale(["dev"]), []);
    });

    it("wants a reason, an object, a tool that there is, and nothing twice", () => {
        const good = "tool: checkov, check: CKV_K8S_1, objects: [Pod/a/b]";
        refused(`[{ ${good} }]`, /reason[\s\S]*allowed:/);
        refused(`[{ ${good}, reason: so }]`, /a reason that convinces/);
        refused(`[{ ${good}, reason: a reason that is long enough, because: x }]`, /because/);
        refused(`[{ tool: polaris, check: x, objects: [Pod/a/b], reason: long enough a reason }]`, /entry 0\.tool/);
        refused(`[{ tool: checkov, check: x, objects: [Pod], reason: long enough a reason }]`, /Kind\/namespace\/name/);
        const whole = `{ ${good}, reason: a reason that is long enough }`;
        refused(`[${whole}, ${whole}]`, /says a thing twice: checkov CKV_K8S_1 Pod\/a\/b/);
    });
});

describe("the checks' report", () => {
    it("has a row for each tool, and of each finding the object, the check, where it is and what is wrong", () => {
        const open = [finding("Deployment/apps/app")];
        const checkReport = { tool: "kube-score" as const, objects: 12, findings: open, unchecked: [] };
        const stack = { stack: "prod", reports: [checkReport], open, allowed: [], unchecked: ["example.com/v1 Thing"] };
        const text = stripVTControlCharacters(report({ stacks: [stack], stale: [] }));
        assert.equal(
            text,
            [
                "✘ prod",
                "  tool        objects  findings  allowed",
                "  kube-score       12         1        0",
                "  not checked: example.com/v1 Thing",
                "  ✘ kube-score container-resources  Deployment/apps/app",
                "      in apps/Deployment.app.yaml",
                "      CPU limit is not set",
                "  Mend them, or allow one with a reason: docs/checks.md",
            ].join("\n"),
        );
    });
});
