import assert from "node:assert/strict";

import type { PendingOperation, StackLock } from "../../../../engine/engine";
import type { Observations, LockFact, PendingFact, ReleaseFact } from "../../../../operations/recover/facts";
import { planRecovery } from "../../../../operations/recover/plan";
import { type PlanOptions } from "../../../../operations/recover/types";
import { planText, recoveryText } from "../../../../operations/recover/print";
import type { HelmRecord } from "../../../../operations/recover/records";

const now = new Date("2026-11-21T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

function facts(some: Partial<Observations> = {}): Observations {
    const backend = { name: "the Pulumi CLI (s3://state)", kind: "pulumi" as const };
    return { stack: "dev", backend, now, locks: [], releases: [], pending: [], unknown: [], ...some };
}

function lock(holder: LockFact["holder"], minutes = 5): LockFact {
    const held: StackLock = {
        ...{ where: "s3://state/.pulumi/locks/dev/1.json", by: "ci@runner-3 (pid 4711)", host: "runner-3", pid: 4711 },
        since: minutesAgo(minutes),
    };
    return { lock: held, holder };
}

const dead = lock({ is: "dead", why: "no process 4711 runs on this machine (runner-3)" });
const live = lock({ is: "live", why: "process 4711 runs on this machine (runner-3)" });
const unseen = (minutes?: number) =>
    lock({ is: "unknown", why: "it was taken on runner-3; this is runner-9" }, minutes);

function release(statuses: string[], some: Partial<ReleaseFact> = {}, minutes = 1): ReleaseFact {
    const records = statuses.map((status, index): HelmRecord => {
        const revision = statuses.length - index;
        const name = `sh.helm.release.v1.kafka.v${revision}`;
        return {
            ...{
                name: "kafka",
                namespace: "dev-streaming",
                revision,
                status,
                since: minutesAgo(minutes),
                version: "1",
            },
            secret: { apiVersion: "v1", kind: "Secret", namespace: "dev-streaming", name },
        };
    });
    const known = { inState: true, begun: false, declared: true, ours: true, timeout: 600 };
    return { name: "kafka", namespace: "dev-streaming", records, ...known, ...some };
}

function pending(found: PendingFact["found"], kind: PendingOperation["kind"] = "creating"): PendingFact {
    const object = { apiVersion: "v1", kind: "Secret", namespace: "dev-storage", name: "minio-root" };
    const urn = "urn:pulumi:dev::data-platform::kubernetes:core/v1:Secret::minio-root";
    const about = { urn, type: "kubernetes:core/v1:Secret", name: "minio-root", custom: true };
    const resource = { ...about, protect: false, retainOnDelete: false, object };
    return { operation: { kind, resource }, subject: "Secret dev-storage/minio-root", found };
}

const actions = (of: Observations, options?: PlanOptions) =>
    planRecovery(of, options).steps.map(({ action }) => action.do);

describe("recover, from what was found to a plan", () => {
    it("finds nothing to do where nothing is wrong, and says what comes next", () => {
        const plan = planRecovery(facts({ releases: [release(["deployed", "superseded"]), release(["failed"])] }));
        assert.deepEqual([plan.steps, plan.left], [[], []]);
        assert.match(planText(plan), /nothing to mend in stack dev\nnext: pulumi up -s dev/);
    });

    describe("locks", () => {
        it("of the dead are taken away, with the command that does the same", () => {
            const { steps, left } = planRecovery(facts({ locks: [dead] }));
            assert.deepEqual(left, []);
            assert.match(
                steps[0].found[0],
                /taken by ci@runner-3 \(pid 4711\) at 2026-11-21T11:55:00.000Z: no process 4711/,
            );
            assert.deepEqual(steps[0].byHand, ["pulumi cancel --yes -s dev"]);
        });

        it("of the living stop everything, whatever the person says", () => {
            const all = { locks: [live, dead], releases: [release(["pending-upgrade", "deployed"], {}, 500)] };
            for (const options of [{}, { lockIsDead: true }, { lockIsDead: true, timeoutAge: 1 }]) {
                const { steps, left } = planRecovery(facts(all), options);
                assert.deepEqual(steps, []);
                assert.match(left[0].found, /ci@runner-3 \(pid 4711\) is updating it since .*nothing was changed/);
                assert.equal(left[0].level, "error");
            }
        });

        it("of whoever can't be seen stop everything, until the person says that it is dead, or that it is too old", () => {
            const { steps, left } = planRecovery(facts({ locks: [unseen(50)] }));
            assert.deepEqual(steps, []);
            assert.match(left[0].fix, /data-platform recover --stack dev --lock-is-dead/);
            assert.deepEqual(actions(facts({ locks: [unseen(50)] }), { lockIsDead: true }), ["unlock"]);
            assert.deepEqual(actions(facts({ locks: [unseen(50)] }), { timeoutAge: 60 }), []);
            assert.deepEqual(actions(facts({ locks: [unseen(61)] }), { timeoutAge: 60 }), ["unlock"]);
            const { safe } = planRecovery(facts({ locks: [unseen(50)] }), { lockIsDead: true }).steps[0];
            assert.match(safe, /you say that .* it is not proved/);
        });

        it("in a job of GitHub's, where each has another host: says which runs to look at", () => {
            const runs = {
                all: "https://github.example/acme/x/actions",
                ours: "https://github.example/acme/x/actions/runs/7",
            };
            const [{ fix }] = planRecovery(facts({ locks: [unseen()], runs })).left;
            assert.match(
                fix,
                /see at .*\/actions whether the run that began then has ended \(this one is .*\/runs\/7\)/i,
            );
        });
    });

    describe("Helm releases", () => {
        const at = (each: ReleaseFact, options: PlanOptions = { lockIsDead: true }) =>
            planRecovery(facts({ releases: [each] }), options);

        it("an upgrade or rollback that was cut off is marked as failed", () => {
            for (const status of ["pending-upgrade", "pending-rollback"]) {
                const [{ action, safe, byHand }] = at(release([status, "deployed", "superseded"])).steps;
                assert.equal(action.do === "mark-failed" && action.record.revision, 3);
                assert.match(safe, /starts from revision 2/);
                assert.match(byHand[0], /^kubectl -n dev-streaming delete secret sh.helm.release.v1.kafka.v3 /);
            }
        });

        it("of an install that was cut off the record is taken away, and what was begun is forgotten", () => {
            const cut = release(["pending-install"], { inState: false, begun: true });
            const about = pending({ is: "release", name: "kafka", namespace: "dev-streaming" });
            const { steps } = planRecovery(facts({ locks: [dead], releases: [cut], pending: [about] }));
            assert.deepEqual(
                steps.map(({ action }) => action),
                [
                    { do: "unlock", locks: [dead.lock] },
                    { do: "take-away", records: cut.records },
                    { do: "settle", imports: [] },
                ],
            );
        });

        it("an install that the CLI has in its state keeps its record: what comes next is an upgrade", () => {
            assert.equal(at(release(["pending-install"])).steps[0].action.do, "mark-failed");
            const builtin = facts({ releases: [release(["pending-install"])], backend: { name: "", kind: "builtin" } });
            assert.deepEqual(actions(builtin), ["take-away"]);
        });

        it("one that Helm has and the state doesn't: all its records are taken away", () => {
            const unknown = release(["deployed", "superseded"], { inState: false });
            const [{ action, found }] = at(unknown, {}).steps;
            assert.equal(action.do === "take-away" && action.records.length, 2);
            assert.match(found.join(), /cannot re-use a name that is still in use/);
        });

        it("one that was begun and has ended since is taken into the state", () => {
            const about = pending({ is: "release", name: "kafka", namespace: "dev-streaming" });
            const ended = release(["deployed"], { inState: false, begun: true });
            const [{ action }] = planRecovery(facts({ releases: [ended], pending: [about] })).steps;
            assert.deepEqual(action.do === "settle" && action.imports.map(({ id }) => id), ["dev-streaming/kafka"]);
        });

        it("isn't touched while Helm may be at work on it: three times its timeout, unless whoever did it is dead", () => {
            const young = (minutes: number) => release(["pending-upgrade", "deployed"], {}, minutes);
            const { steps, left } = at(young(29), {});
            assert.deepEqual(steps, []);
            assert.match(left[0].found, /Helm may still be at work on it: .* up to 30 minutes/);
            assert.equal(left[0].level, "error");
            assert.deepEqual(actions(facts({ releases: [young(31)] })), ["mark-failed"]);
            assert.deepEqual(actions(facts({ releases: [young(29)] }), { timeoutAge: 20 }), ["mark-failed"]);
            assert.deepEqual(actions(facts({ releases: [young(1)], locks: [dead] })), ["unlock", "mark-failed"]);
            // What it is about isn't settled before its end is known.
            assert.deepEqual(actions(facts({ releases: [young(1)], pending: [pending({ is: "absent" })] })), []);
        });

        it("of others are left alone and named", () => {
            const stranger = at(release(["pending-upgrade", "deployed"], { inState: false, declared: false }));
            assert.deepEqual(stranger.steps, []);
            assert.equal(stranger.left[0].level, "warning");
            const elsewhere = at(release(["deployed"], { inState: false, ours: false }));
            assert.deepEqual(elsewhere.steps, []);
            assert.match(elsewhere.left[0].found, /a namespace that is not this stack's/);
            assert.deepEqual(at(release(["deployed"], { inState: false, declared: false })).left, []);
        });
    });

    describe("operations that were begun", () => {
        it("what is there and the stack's own is taken into the state; what isn't there is forgotten", () => {
            const all = [
                pending({ is: "ours", id: "dev-storage/minio-root" }),
                pending({ is: "absent" }),
                pending({ is: "nothing" }),
                pending({ is: "absent" }, "updating"),
            ];
            const [{ action, byHand }] = planRecovery(facts({ pending: all })).steps;
            const { urn } = all[0].operation.resource;
            assert.deepEqual(action, { do: "settle", imports: [{ urn, id: "dev-storage/minio-root" }] });
            assert.match(byHand[1], /^jq '{"urn:.*":"dev-storage\/minio-root"} as \$ids/);
            const [{ byHand: clear }] = planRecovery(facts({ pending: [pending({ is: "absent" })] })).steps;
            assert.deepEqual(clear, ["pulumi refresh --yes -s dev --clear-pending-creates"]);
        });

        it("what is somebody else's isn't taken, and is named", () => {
            const { steps, left } = planRecovery(facts({ pending: [pending({ is: "theirs", of: "the stack prod" })] }));
            assert.deepEqual(steps[0].action, { do: "settle", imports: [] });
            assert.match(left[0].found, /belongs to the stack prod/);
            assert.match(left[0].fix, /kubectl -n dev-storage delete secret minio-root/);
        });

        it("without a cluster only locks are looked at", () => {
            const { steps, left } = planRecovery(
                facts({
                    locks: [dead],
                    unreachable: "no answer",
                    pending: [pending({ is: "unknown", why: "no answer" })],
                }),
            );
            assert.deepEqual(
                steps.map(({ action }) => action.do),
                ["unlock"],
            );
            assert.match(left[0].found, /only locks were looked at: no answer/);
        });
    });

    it("is printed: what was found, what is done, why it is safe, by hand; names can't steer the terminal", () => {
        const evil = release(["pending-upgrade", "deployed"], { name: "kaf\u001b]0;x\u0007ka; rm -rf ." });
        const plan = planRecovery(facts({ releases: [evil] }), { lockIsDead: true });
        const text = planText(plan);
        for (const word of ["found:", "does:", "safe:", "by hand:", "next: pulumi up -s dev"])
            assert.ok(text.includes(word));
        // eslint-disable-next-line no-control-regex -- what must not be there
        assert.doesNotMatch(text, /\u0007|\u001b\]/);
        assert.match(recoveryText(plan, plan.steps, ["/a/copy.json"]), /marked revision 2 as failed[^]*\/a\/copy.json/);
    });
});
