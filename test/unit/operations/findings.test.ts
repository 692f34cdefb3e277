import assert from "node:assert/strict";

import {
    findingsResult,
    findingsCode,
    findingsJson,
    findingsText,
    type Finding,
    type Level,
} from "../../../operations/findings";

const finding = (level: Level, more: Partial<Finding> = {}): Finding => ({
    id: "DP-TEST-001",
    category: "cluster",
    level,
    subject: "Node one",
    message: "is as it should be",
    ...more,
});

describe("findings", () => {
    it("decide how a command ends", () => {
        const code = (...levels: Level[]) => findingsCode(levels.map((level) => finding(level)));
        assert.equal(code(), 0);
        assert.equal(code("passed", "info"), 0);
        assert.equal(code("passed", "warning"), 4);
        assert.equal(code("warning", "error"), 3);
        assert.equal(findingsCode([finding("warning")], { strict: true }), 3);
        assert.equal(findingsCode([finding("info")], { strict: true }), 0);
    });

    const mixed = [
        finding("passed"),
        finding("error", {
            id: "DP-HELM-001",
            category: "releases",
            subject: "Release dev/kafka",
            message: "is pending-upgrade",
            fix: "data-platform recover --stack dev",
        }),
        finding("warning", { message: "Node one is slow\nsince yesterday" }),
        finding("info", { message: "has 4 cores", fix: "nothing" }),
    ];

    it("stand below their category, each with its id, and each problem with what mends it", () => {
        assert.equal(
            findingsText(mixed),
            `cluster
───────
✔ DP-TEST-001  Node one: is as it should be
‼ DP-TEST-001  Node one is slow
    since yesterday
· DP-TEST-001  Node one: has 4 cores
    fix: nothing

releases
────────
✘ DP-HELM-001  Release dev/kafka: is pending-upgrade
    fix: data-platform recover --stack dev

1 error · 1 warning · 1 note · 1 passed`,
        );
    });

    it("in short are the problems only, but all are counted", () => {
        const text = findingsText(mixed, { short: true });
        assert.ok(!text.includes("as it should be") && !text.includes("4 cores"), text);
        assert.match(text, /DP-HELM-001[^]*1 error · 1 warning · 1 note · 1 passed$/);
        assert.equal(findingsText([finding("passed")], { short: true }), "1 passed");
        assert.match(findingsText([finding("warning")], { strict: true }), /--strict: warnings count as errors/);
    });

    it("are whole for machines", () => {
        const { counts, success, findings } = findingsJson(mixed, { short: true });
        assert.deepEqual(counts, { error: 1, warning: 1, info: 1, passed: 1 });
        assert.equal(success, false);
        assert.deepEqual(findings, mixed);
        const answer = findingsResult([finding("passed")], {}, { stack: "dev" });
        assert.equal((answer.json as { stack: string }).stack, "dev");
        assert.equal(answer.code, 0);
    });

    it("don't let a name in the cluster steer the terminal", () => {
        const text = findingsText([finding("error", { message: "\u001b[2Jgone\u0007", fix: "x\u001b]0;y" })]);
        assert.ok(!text.includes("\u001b") && !text.includes("\u0007"), JSON.stringify(text));
    });
});
