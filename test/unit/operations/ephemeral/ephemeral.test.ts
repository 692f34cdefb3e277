import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { StackLock } from "../../../../engine/engine";
import { addressesOf, addressLines, addressMarkdown } from "../../../../operations/ephemeral/addresses";
import { decide, workOn } from "../../../../operations/ephemeral/decide";
import { listed, listText } from "../../../../operations/ephemeral/list";
import { isEphemeral, stackOf } from "../../../../operations/ephemeral/names";
import { sweepMarkdown, sweepText } from "../../../../operations/ephemeral/report";
import { SweepReport } from "../../../../operations/ephemeral/sweep";
import { canonical, extended, lifetimeOf, tagNames } from "../../../../operations/ephemeral/tags";
import {
    removeStackFile,
    restoreStackFile,
    templateConfig,
    writeStackFile,
} from "../../../../operations/ephemeral/template";
import { duration, lasting, timeToLive } from "../../../../operations/ephemeral/ttl";
import { stackFile } from "../../../../program/stack-config";
import { UserError, UsageError } from "../../../../lib/errors";

const minute = 60_000;
const hour = 60 * minute;
const now = new Date("2026-11-21T12:00:00Z");
const at = (milliseconds: number) => canonical(new Date(now.getTime() + milliseconds));

describe("short-lived stacks", () => {
    it("are named after the number of a pull request, and nothing else", () => {
        assert.deepEqual(["7", "pr-7", "123456789"].map(stackOf), ["pr-7", "pr-7", "pr-123456789"]);
        for (const wrong of ["", "0", "07", "pr-", "pr-0", "pr-x", "feature/x", "dev", "1234567890", "-7", "7 "]) {
            assert.throws(() => stackOf(wrong), UsageError, wrong);
        }
        assert.ok(isEphemeral("pr-7") && isEphemeral("preview-12", "preview-"));
        for (const other of ["dev", "pr-tools", "pr-7-db", "xpr-7", "pr-"]) assert.ok(!isEphemeral(other), other);
    });

    it("live for a time that can be read, from 15 minutes to 30 days", () => {
        const times = { "90m": 90, "12h": 720, "3d": 4320, "7d12h": 10800, "2w": 20160, "1w1d1h1m": 11581 };
        for (const [text, minutes] of Object.entries(times)) assert.equal(timeToLive(text), minutes * minute, text);
        for (const wrong of [
            "",
            "forever",
            "never",
            "12",
            "1h1d",
            "1.5h",
            "-1h",
            "1 h",
            "12H",
            "1h ",
            "9".repeat(30) + "w",
        ]) {
            assert.throws(() => timeToLive(wrong), UsageError, wrong);
        }
        for (const out of ["14m", "0h", "30d1m", "5w"]) assert.throws(() => timeToLive(out), /too (short|long)/, out);
        assert.equal(duration("1m"), minute);
        assert.deepEqual(
            [90, 1440, 1501, 0.4].map((each) => lasting(each * minute)),
            ["1h30m", "1d", "1d1h", "0m"],
        );
    });

    it("an update extends their time and never shortens it", () => {
        const had = new Date(now.getTime() + 3 * hour);
        assert.equal(canonical(extended(had, now, hour)), at(3 * hour));
        assert.equal(canonical(extended(had, now, 5 * hour)), at(5 * hour));
        assert.equal(canonical(extended(undefined, now, hour)), at(hour));
    });

    it("have an end that can be read, or none", () => {
        const tags = { [tagNames.expires]: at(hour), [tagNames.pullRequest]: "7", [tagNames.keep]: "true" };
        assert.deepEqual(lifetimeOf(tags), {
            ...{ expires: new Date(at(hour)), created: undefined, pullRequest: 7, keep: true },
        });
        for (const wrong of [
            "forever",
            "2026-13-45T00:00:00Z",
            "2026-11-21",
            "1800000000",
            "2026-11-21T12:00:00+02:00",
        ]) {
            assert.equal(lifetimeOf({ [tagNames.expires]: wrong }).expires, undefined, wrong);
        }
        assert.equal(lifetimeOf({ [tagNames.pullRequest]: "7; rm" }).pullRequest, undefined);
    });

    describe("what a sweep does with one", () => {
        const circumstances = { now, grace: hour };
        const of = (tags: Record<string, string>, open?: number[]) =>
            decide({ tags }, { ...circumstances, openPullRequests: open });
        const closed = { [tagNames.pullRequest]: "7", [tagNames.expires]: at(5 * hour) };

        it("destroys it when its time is over, and leaves it before", () => {
            assert.equal(of({ [tagNames.expires]: at(0) }).action, "destroy");
            assert.equal(of({ [tagNames.expires]: at(-hour) }).action, "destroy");
            assert.deepEqual(of({ [tagNames.expires]: at(90 * minute) }), { action: "leave", why: "1h30m to go" });
        });

        it("gives one an end that has none or one that can't be read, and doesn't destroy it at once", () => {
            for (const tags of [{}, { [tagNames.expires]: "forever" }] as Record<string, string>[]) {
                const decision = of(tags);
                assert.ok(decision.action === "mark");
                assert.equal(canonical(decision.until), at(hour));
            }
        });

        it("destroys it when its pull request is closed, but not because nobody has asked", () => {
            assert.equal(of(closed, [8]).action, "destroy");
            assert.equal(of(closed, []).action, "destroy");
            assert.equal(of(closed, [7]).action, "leave");
            assert.equal(of(closed).action, "leave");
        });

        it("leaves one that may be newer than the list of pull requests, and one that nobody's pull request has", () => {
            assert.equal(of({ ...closed, [tagNames.created]: at(-5 * minute) }, [8]).action, "leave");
            assert.equal(of({ ...closed, [tagNames.created]: at(-2 * hour) }, [8]).action, "destroy");
            assert.equal(of({ [tagNames.expires]: at(hour) }, [8]).action, "leave");
        });

        it("leaves what is kept, whatever its time", () => {
            const kept = { [tagNames.keep]: "true" };
            assert.equal(of({ ...kept, [tagNames.expires]: at(-hour) }).action, "leave");
            assert.equal(of({ ...closed, ...kept }, [8]).action, "leave");
        });

        it("knows who works on it, and takes an update of hours for dead", () => {
            const lock = (age: number): StackLock => ({
                where: "x",
                by: "ci@runner",
                since: new Date(now.getTime() - age),
            });
            assert.equal(workOn([], now), undefined);
            assert.deepEqual(workOn([lock(5 * minute)], now), { by: "ci@runner since 5m", dead: false });
            assert.equal(workOn([lock(minute), lock(3 * hour)], now)?.dead, true);
        });
    });

    describe("the stack file", () => {
        const stack = "pr-999999999";
        let dir: string;
        let template: string;
        before(() => {
            dir = mkdtempSync(join(tmpdir(), "data-platform-template-"));
            template = join(dir, "Pulumi.ours.yaml");
        });
        beforeEach(() => writeFileSync(template, readFileSync(stackFile("ephemeral"))));
        afterEach(() => rmSync(stackFile(stack), { force: true }));
        after(() => rmSync(dir, { recursive: true }));

        it("is the template's, anew at each update, and keeps what the CLI has noted of the passphrase", async () => {
            await writeStackFile(stack, template);
            assert.equal(templateConfig(stackFile(stack), stack).profile, "ephemeral");
            const noted = `encryptionsalt: v1:abc\n${readFileSync(stackFile(stack), "utf8")}`;
            writeFileSync(stackFile(stack), noted);
            writeFileSync(template, readFileSync(template, "utf8").replace("stack: dev", "stack: main"));
            await writeStackFile(stack, template);
            const text = readFileSync(stackFile(stack), "utf8");
            assert.match(text, /^encryptionsalt: v1:abc$/m);
            assert.equal(templateConfig(stackFile(stack), stack).cluster.stack, "main");
            // Encrypted values of the template are for the template's own salt.
            writeFileSync(template, `encryptionsalt: v1:def\n${readFileSync(template, "utf8")}`);
            await writeStackFile(stack, template);
            assert.deepEqual(readFileSync(stackFile(stack), "utf8").match(/^encryptionsalt: .*$/gm), [
                "encryptionsalt: v1:def",
            ]);
        });

        it("is put back where it is missing, and taken away; never another stack's", async () => {
            await restoreStackFile(stack, template);
            assert.ok(existsSync(stackFile(stack)));
            writeFileSync(stackFile(stack), "config: {}\n");
            await restoreStackFile(stack, template);
            assert.equal(readFileSync(stackFile(stack), "utf8"), "config: {}\n");
            await removeStackFile(stack);
            assert.ok(!existsSync(stackFile(stack)));
            await removeStackFile("dev");
            assert.ok(existsSync(stackFile("dev")));
        });

        it("is refused where the template is another environment's", () => {
            assert.throws(
                () => templateConfig(stackFile("dev"), stack),
                (error) => error instanceof UserError && /its profile is dev/.test(error.message),
            );
            assert.throws(() => templateConfig(join(dir, "none.yaml"), stack), /there is no stack file/);
        });
    });

    const outputs = {
        endpoints: {
            objectStore: "https://minio.pr-7-storage.svc:9000",
            eventStream: "kafka.pr-7-streaming.svc:9092",
            tracking: "https://mlflow.pr-7-tracking.svc:5000",
            orchestrator: "https://airflow-api-server.pr-7-orchestration.svc:8080",
        },
        namespaces: { storage: "pr-7-storage" },
        secrets: {
            orchestratorAdmin: {
                namespace: "pr-7-orchestration",
                name: "airflow-admin",
                keys: ["username", "password"],
            },
        },
    };

    it("say how to come to them, by commands and by names of Secrets", () => {
        const addresses = addressesOf(outputs, { context: "shared", console: true });
        const airflow = addresses.pages.find(({ page }) => page === "Airflow");
        assert.equal(
            airflow?.command,
            "kubectl --context shared -n pr-7-orchestration port-forward service/airflow-api-server 8080",
        );
        assert.deepEqual(airflow?.password, {
            namespace: "pr-7-orchestration",
            secret: "airflow-admin",
            key: "password",
        });
        assert.deepEqual(
            addresses.pages.map(({ local }) => local?.split(":").at(-1)),
            ["8080", "5000", "9001"],
        );
        assert.match(
            addressLines(addresses).join("\n"),
            /password: password in the Secret pr-7-orchestration\/airflow-admin/,
        );
        assert.match(addressMarkdown(addresses).join("\n"), /\| Airflow \| `https:\/\/localhost:8080` \|/);
        assert.equal(addressesOf(outputs, { console: false }).pages.length, 2);
        const hosts = addressesOf({ ...outputs, hosts: { orchestrator: "a.example.com" } }, { console: false });
        assert.deepEqual([hosts.pages[0].address, hosts.pages[0].command], ["https://a.example.com", undefined]);
    });

    it("are listed with their time, their state, and what only the cluster knows", () => {
        const stack = (name: string, tags: Record<string, string>) => ({
            ...{ name, tags, resources: 12, locks: [], namespaces: ["a", "b"] },
        });
        const stacks = listed(
            {
                stacks: [
                    stack("pr-7", {
                        [tagNames.expires]: at(hour),
                        [tagNames.created]: at(-hour),
                        [tagNames.pullRequest]: "7",
                    }),
                    stack("pr-8", { [tagNames.expires]: at(-hour) }),
                    stack("pr-9", {}),
                ],
                orphans: [{ stack: "pr-5", namespaces: ["pr-5-jobs"], since: new Date(now.getTime() - 26 * hour) }],
            },
            now,
        );
        assert.deepEqual(
            stacks.map(({ state }) => state),
            ["running", "expired", "unmarked", "orphaned"],
        );
        const [, seven, eight, , five] = listText(stacks, now).split("\n");
        assert.match(seven, /^pr-7 +7 +1h +in 1h +12 +2 +running$/);
        assert.match(eight, /^pr-8 +- +- +since 1h +12 +2 +expired$/);
        assert.match(five, /^pr-5 +- +1d2h +- +- +1 +orphaned$/);
        assert.equal(listText([], now), "no short-lived stacks");
    });

    it("a sweep's report can't be broken by what a cluster says", () => {
        const report: SweepReport = {
            ...{ at: at(0), dryRun: false, backend: "the Pulumi CLI (s3://state)", notes: [] },
            stacks: [
                { stack: "pr-7", outcome: "destroyed", why: "its time is over since 1h", seconds: 30 },
                { stack: "pr-8", outcome: "failed", why: "x", error: "a | b\n@team <img> `c`", fix: "do this" },
            ],
            orphans: [{ stack: "pr-5", namespaces: ["pr-5-jobs"], since: now, outcome: "reported" }],
        };
        const markdown = sweepMarkdown(report);
        assert.match(markdown, /^### Short-lived stacks: 1 destroyed · 1 could not be destroyed · 1 stack that only/);
        const [row] = markdown.split("\n").filter((line) => line.startsWith("| pr-8"));
        assert.equal(row.match(/\|/g)?.length, 5);
        assert.doesNotMatch(markdown, /@team|<img>/);
        assert.match(sweepText(report), /fix: do this/);
        const many = { ...report, stacks: Array.from({ length: 2000 }, () => report.stacks[1]) };
        assert.ok(sweepMarkdown(many).length < 65_000);
    });
});
