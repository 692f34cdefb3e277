import assert from "node:assert/strict";

import { commentMarker, markdownOf } from "../../../render/diff/markdown";
import { Environment } from "../../../render/diff/report";
import { environment, object, outside, report } from "../../support/report";

const deployment = (stack: string, image: string, more: Record<string, unknown> = {}) =>
    object(stack, "Deployment", "web", {
        spec: {
            replicas: 1,
            template: {
                spec: {
                    containers: [
                        { name: "web", image, resources: { requests: { cpu: "500m", memory: "1Gi" } }, ...more },
                    ],
                },
            },
        },
    });

const comment = (...environments: Environment[]) => markdownOf(report(environments));

describe("the comment on a pull request", () => {
    it("begins with the line by which it is found again, and ends with what was rendered", () => {
        const text = comment(environment("dev", [deployment("dev", "web:1")], [deployment("dev", "web:2")]));
        assert.equal(text.split("\n")[0], commentMarker);
        assert.equal(commentMarker, "<!-- data-platform:diff -->");
        assert.match(text.trimEnd().split("\n").at(-1) ?? "", /`aaaaaaaaaaaa`\.\.`bbbbbbbbbbbb`/);
        assert.deepEqual(outside(text).open, []);
    });

    it("says so when nothing changes, and only then", () => {
        const same = environment("dev", [deployment("dev", "web:1")], [deployment("dev", "web:1")]);
        assert.match(comment(same), /\*\*No rendered changes\.\*\* 1 environment makes the same 1 object\./);
        const failed: Environment = {
            ...same,
            stack: "prod",
            state: "failed",
            diff: undefined,
            failures: [{ side: "head", reason: "no" }],
        };
        const quiet = environment(
            "staging",
            [object("staging", "ConfigMap", "c", {}, { labels: { "helm.sh/chart": "c-1.0.0" } })],
            [object("staging", "ConfigMap", "c", {}, { labels: { "helm.sh/chart": "c-1.0.1" } })],
        );
        const skipped: Environment = structuredClone(same);
        skipped.diff?.summary.skipped.push({
            what: "release demo/demo",
            reason: "its chart was not rendered in dev",
        });
        const secret: Environment = { ...same, secretSettings: ["data-platform:database.password"] };
        for (const other of [failed, quiet, skipped, secret])
            assert.doesNotMatch(comment(other), /No rendered changes/);
        assert.match(
            comment(failed, same),
            /\*\*Not compared: `prod`\.\*\* The other 1 of 2 environments don't change/,
        );
    });

    it("counts for each environment and all together, with versions and what servers ask for", () => {
        const dev = environment(
            "dev",
            [deployment("dev", "web:1"), object("dev", "ConfigMap", "old")],
            [deployment("dev", "web:2"), object("dev", "ConfigMap", "new"), object("dev", "ConfigMap", "newer")],
        );
        const prod = environment("prod", [deployment("prod", "web:1")], [deployment("prod", "web:2")]);
        const text = comment(dev, prod);
        assert.match(text, /\*\*2 added, 2 changed, 1 removed\*\* in 2 of 2 environments · 1 image in another version/);
        assert.match(text, /^\| `dev` \| 2 \| 1 \| 1 \| 1 image \| 0\.5 CPU, 1 GiB memory, 0 GiB storage \|$/m);
        assert.match(text, /^\| \*\*all\*\* \| 2 \| 2 \| 1 \|/m);
        assert.match(text, /^\| image \| `web` \| `1` \| `2` \*\*major\*\* \| `dev`, `prod` \|$/m);
        const scaled = structuredClone(deployment("dev", "web:1"));
        (scaled.spec as { replicas: number }).replicas = 3;
        assert.match(
            comment(environment("dev", [deployment("dev", "web:1")], [scaled])),
            /servers ask for 0\.5 CPU, 1 GiB memory, 0 GiB storage → 1\.5 CPU, 3 GiB memory, 0 GiB storage/,
        );
    });

    it("shows what several environments have alike once, what differs in each", () => {
        const change = (stack: string, is: string) =>
            environment(
                stack,
                [object(stack, "ConfigMap", "c", { data: { host: `db.${stack}-demo`, level: "info" } })],
                [object(stack, "ConfigMap", "c", { data: { host: `db.${stack}-demo`, level: is } })],
            );
        const text = comment(change("dev", "debug"), change("prod", "debug"), change("staging", "trace"));
        assert.equal(text.split("+ debug").length, 2);
        assert.match(
            text,
            /\*\*changed\*\* `ConfigMap c` · the same in `prod`\n```diff\n@@ data\.level @@\n- info\n\+ debug\n```/,
        );
        assert.match(
            text,
            /### `staging`\n\n<details>.*staging-demo.*\n\n\*\*changed\*\* `ConfigMap c`\n```diff\n@@ data\.level @@\n- info\n\+ trace\n```/,
        );
        assert.ok(!text.includes("### `prod`"));
    });

    it("doesn't take for alike what names another environment", () => {
        const change = (stack: string, is: string) =>
            environment(
                stack,
                [object(stack, "ConfigMap", "c", { data: { from: "x" } })],
                [object(stack, "ConfigMap", "c", { data: { from: is } })],
            );
        const text = comment(change("dev", "prod"), change("prod", "prod"));
        assert.equal(text.split("+ prod").length, 3);
    });

    it("has what is dangerous above all that is folded, in the order of danger", () => {
        const volume = object("prod", "PersistentVolumeClaim", "data");
        const role = (verbs: string[]) => object("prod", "Role", "r", { rules: [{ resources: ["secrets"], verbs }] });
        const text = comment(
            environment("dev", [object("dev", "ConfigMap", "a")], []),
            environment("prod", [volume, role(["get"])], [role(["get", "list"])]),
        );
        const places = [
            "[!CAUTION]",
            "PersistentVolumeClaim prod-demo/data",
            "[!WARNING]",
            "may list secrets now",
            "| Environment",
            "### `prod`",
            "### `dev`",
        ].map((part) => text.indexOf(part));
        assert.ok(
            places.every((place) => place > 0),
            JSON.stringify(places),
        );
        assert.deepEqual(
            places,
            [...places].sort((one, other) => one - other),
        );
    });

    it("tells a change of versions alone as routine, and nothing else", () => {
        const bump = environment("dev", [deployment("dev", "web:1")], [deployment("dev", "web:2")]);
        assert.match(comment(bump), /\[!TIP\]/);
        const more = environment("dev", [deployment("dev", "web:1")], [deployment("dev", "web:2", { args: ["x"] })]);
        assert.doesNotMatch(comment(more), /\[!TIP\]/);
        const added = environment("dev", [], [object("dev", "ConfigMap", "c")]);
        assert.doesNotMatch(comment(bump, { ...added, stack: "prod" }), /\[!TIP\]/);
    });

    it("shows a kept object as kept, not as removed", () => {
        const kept = object(
            "dev",
            "PersistentVolumeClaim",
            "data",
            {},
            { annotations: { "helm.sh/resource-policy": "keep" } },
        );
        const text = comment(environment("dev", [kept], []));
        assert.match(
            text,
            /0 added, 0 changed, 0 removed\*\* in 1 of 1 environment · 1 no longer made, but left in the cluster/,
        );
        assert.doesNotMatch(text, /CAUTION/);
    });

    it("shows an environment that comes or goes by the names of its objects", () => {
        const all = [object("pr", "ConfigMap", "a"), object("pr", "Deployment", "b", { spec: { text: "inside" } })];
        const come = comment(environment("pr", [], all, { state: "new" }));
        assert.match(come, /\| `pr`, new \| 2 \| 0 \| 0 \|/);
        assert.match(come, /```diff\n\+ ConfigMap a\n\+ Deployment b\n```/);
        assert.ok(!come.includes("inside"));
        const go = comment(environment("pr", all, [], { state: "gone" }));
        assert.match(go, /\[!CAUTION\][^]*`pr` has no stack file any more: its 2 objects stay in the cluster/);
    });

    it("says which side can't be rendered and why, in few words and in all", () => {
        const failed = (failures: Environment["failures"]): Environment => ({
            ...{ stack: "prod", state: "failed", byValues: [], secretSettings: [] },
            failures,
        });
        const text = comment(
            failed([
                { side: "base", reason: "the base is wrong" },
                {
                    side: "head",
                    reason: "tracking.maxReplicas must be a number\n  where:   Pulumi.prod.yaml\n```\n</details>",
                },
            ]),
        );
        assert.match(text, /^> - `prod` could not be rendered before the change: the base is wrong$/m);
        assert.match(
            text,
            /^> - `prod` could not be rendered after the change: `tracking\.maxReplicas` must be a number$/m,
        );
        assert.match(
            text,
            /````text\ntracking.maxReplicas must be a number\n {2}where: {3}Pulumi.prod.yaml\n```\n<\/details>\n````/,
        );
        assert.match(text, /^\| `prod` \| \? \| \? \| \? \| not compared \| \|$/m);
        assert.deepEqual(outside(text).open, []);
    });

    it("is the same to the byte for the same change", () => {
        const make = () => comment(environment("dev", [deployment("dev", "web:1")], [deployment("dev", "web:2")]));
        assert.equal(make(), make());
    });
});
