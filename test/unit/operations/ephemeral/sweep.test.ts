import assert from "node:assert/strict";

import { Engine, StackInfo, StackLock, StackLocked } from "../../../../engine/engine";
import { Clusters } from "../../../../operations/ephemeral/clusters";
import { dryReport, hasWork, headline, planSweep, sweep, SweepOptions } from "../../../../operations/ephemeral/sweep";
import { canonical, tagNames } from "../../../../operations/ephemeral/tags";
import { UserError } from "../../../../lib/errors";

const hour = 3_600_000;
const now = new Date("2026-11-21T12:00:00Z");
const at = (milliseconds: number) => canonical(new Date(now.getTime() + milliseconds));
const over = { [tagNames.expires]: at(-hour) };

/** A cluster that nobody reaches: what gets as far as destroying something fails. */
class NoClusters extends Clusters {
    override of() {
        return Promise.resolve({ why: new UserError("the cluster does not answer") });
    }
    override at() {
        return this.of();
    }
}

/** Stacks by name: what a list says of each, what is found later where that differs, and who holds it. */
type Stacks = Record<string, { tags: Record<string, string>; later?: Record<string, string>; locks?: StackLock[] }>;

function backendOf(stacks: Stacks, broken: Partial<Engine> = {}): Engine & { written: Record<string, unknown> } {
    const written: Record<string, unknown> = {};
    const info = (name: string, tags: Record<string, string>): StackInfo => ({ name, tags });
    const known: Partial<Engine> = {
        name: "a backend",
        list: () => Promise.resolve(Object.entries(stacks).map(([name, { tags }]) => info(name, tags))),
        find: (name) => Promise.resolve(stacks[name] && info(name, stacks[name].later ?? stacks[name].tags)),
        locks: (name) => Promise.resolve(stacks[name]?.locks),
        tag: (name, tags) => Promise.resolve(void (written[name] = tags)),
        ...broken,
    };
    return { ...(known as Engine), written };
}

const optionsOf = (backend: Engine, more: Partial<SweepOptions> = {}): SweepOptions => ({
    ...{ backend, clusters: new NoClusters(), template: "none.yaml", now, grace: hour },
    ...more,
});

async function swept(backend: Engine, more: Partial<SweepOptions> = {}) {
    const options = optionsOf(backend, more);
    const report = await sweep(await planSweep(options), options);
    return Object.fromEntries(report.stacks.map((each) => [each.stack, each]));
}

describe("a sweep", () => {
    const lock = (age: number): StackLock => ({ where: "x", by: "ci@runner", since: new Date(now.getTime() - age) });

    it("looks at no stack but those of the prefix and a number", async () => {
        const backend = backendOf({
            dev: { tags: over },
            "pr-tools": { tags: over },
            "pr-7": { tags: { [tagNames.expires]: at(hour) } },
        });
        assert.deepEqual(Object.keys(await swept(backend)), ["pr-7"]);
    });

    it("writes an end down where there is none, and tells of it only in a dry run", async () => {
        const backend = backendOf({ "pr-7": { tags: {} } });
        const options = optionsOf(backend);
        const plan = await planSweep(options);
        assert.ok(hasWork(plan));
        assert.equal(headline(dryReport(plan, options)), "1 to be given an end");
        assert.deepEqual(backend.written, {});
        assert.equal((await swept(backend))["pr-7"].outcome, "marked");
        assert.deepEqual(backend.written, { "pr-7": { [tagNames.expires]: at(hour) } });
    });

    it("leaves a stack that was extended while another one was being destroyed", async () => {
        const backend = backendOf({ "pr-7": { tags: over, later: { [tagNames.expires]: at(2 * hour) } } });
        const { outcome, why } = (await swept(backend))["pr-7"];
        assert.deepEqual([outcome, why], ["left", "2h to go"]);
    });

    it("leaves one that is being updated, and names the way out for one whose update must be dead", async () => {
        const backend = backendOf({
            "pr-7": { tags: over, locks: [lock(60_000)] },
            "pr-8": { tags: over, locks: [lock(5 * hour)] },
        });
        const report = await swept(backend);
        assert.equal(report["pr-7"].outcome, "locked");
        assert.equal(report["pr-8"].outcome, "failed");
        assert.equal(report["pr-8"].fix, "data-platform recover --stack pr-8");
    });

    it("knows locks as well where the backend tells of them only when it is asked to change something", async () => {
        const find = (held: StackLock[]) => () => Promise.reject(new StackLocked("pr-7", held));
        const of = async (held: StackLock[]) =>
            (await swept(backendOf({ "pr-7": { tags: over } }, { find: find(held) })))["pr-7"].outcome;
        assert.deepEqual(
            [await of([]), await of([lock(60_000)]), await of([lock(5 * hour)])],
            ["locked", "locked", "failed"],
        );
    });

    it("goes on when one fails, with the reason and a command, and begins none when the time for all is over", async () => {
        const stacks: Stacks = {
            "pr-7": { tags: over },
            "pr-8": { tags: {} },
            "pr-9": { tags: { [tagNames.expires]: at(hour) } },
        };
        const backend = backendOf(stacks, {
            find: (name) => (name === "pr-7" ? Promise.reject(new UserError("no bucket")) : Promise.resolve(undefined)),
            tag: () => Promise.reject(new UserError("read-only", { fix: "log in" })),
        });
        const report = await swept(backend);
        assert.deepEqual(
            Object.values(report).map(({ outcome, error, fix }) => [outcome, error, fix]),
            [
                ["failed", "no bucket", "data-platform ephemeral destroy pr-7 --yes"],
                ["failed", "read-only", "log in"],
                ["left", undefined, undefined],
            ],
        );
        const late = await swept(backendOf(stacks), { budget: 1 });
        assert.equal(late["pr-7"].outcome, "not begun");
        assert.match(late["pr-7"].error ?? "", /the time for all stacks was over/);
    });
});
