import type { Observations, ReleaseFact } from "./facts";
import type { Leftover, Plan, Step } from "./types";
import { quote } from "../../lib/shell";
import { isPending, isUninstalling } from "./records";

export interface ReleaseOptions {
    stack: string;
    now: Date;
    backend: Observations["backend"]["kind"];
    /** States that nobody who worked for this stack is alive: a Helm that it had started is not at work any more. */
    idle: boolean;
    /** Minutes. */
    timeoutAge?: number;
}

/** Helm bounds each part by the release's timeout: hooks before, the objects, hooks after. */
const parts = 3;

/**
 * Plans the steps for one release.
 *
 * Never `helm uninstall`, which other tools do about a stuck install: it deletes what the chart has made, volumes included. Two
 * other ways leave every object as it is:
 *
 * - An upgrade or a rollback that was cut off: its record is marked as failed, as Flux does. Helm then starts the next upgrade
 *   from the newest revision that was deployed, and the history stays. So it is with an uninstall that was cut off: what is
 *   still there can then be upgraded or uninstalled, as the program has it.
 * - An install that was cut off: its record is taken away. Marked as failed, the next thing would be an upgrade, and the chart's
 *   hooks of an install (migrations, first users) would never run. Without a record the next install takes the objects over,
 *   because their labels and annotations name the release.
 *
 * The latter is also what helps when Helm has a release that the state doesn't know ("cannot re-use a name that is still in use").
 */
export function planRelease(release: ReleaseFact, options: ReleaseOptions): Pick<Plan, "steps" | "left"> {
    const { inState, begun, declared, ours, records } = release;
    const [newest] = records;
    const cut = isPending(newest) || isUninstalling(newest);
    const known = inState || begun;
    if (!known && !declared) {
        return cut && ours ? left(release, "warning", strangers, history(release)) : nothing;
    }
    if (!inState && !ours) {
        return left(
            release,
            "warning",
            "is in a namespace that is not this stack's, so it is left alone",
            history(release),
        );
    }
    if (cut && !options.idle && !isOld(release, options)) return tooYoung(release, options);
    const stands = records.some(({ status }) => status === "deployed" || status === "superseded");
    // What the Pulumi CLI has in its state it will upgrade, and an upgrade wants a record.
    const wanted = inState && options.backend === "pulumi";
    if (newest.status === "pending-install" && !stands && !wanted) return takeAway(release, cutOff(release));
    if (!known) return takeAway(release, [`Helm has it (${newest.status}), and the state of the stack doesn't`]);
    if (cut) return markFailed(release);
    return nothing;
}

const nothing = { steps: [], left: [] };
const strangers = "is not of this stack's program, though in its namespace, so it is left alone";

function subjectOf({ namespace, name }: ReleaseFact): string {
    return `Release ${namespace}/${name}`;
}

function history({ namespace, name }: ReleaseFact): string {
    return `see whose it is: helm -n ${quote(namespace)} history ${quote(name)}`;
}

function left(release: ReleaseFact, level: Leftover["level"], what: string, fix: string): Pick<Plan, "steps" | "left"> {
    const found = `is ${release.records[0].status} (revision ${release.records[0].revision}) and ${what}`;
    return { steps: [], left: [{ subject: subjectOf(release), found, fix, level }] };
}

function isOld({ records: [newest], timeout }: ReleaseFact, { now, timeoutAge }: ReleaseOptions): boolean {
    const limit = timeoutAge === undefined ? timeout * parts : timeoutAge * 60;
    return now.getTime() - newest.since.getTime() > limit * 1000;
}

function tooYoung(release: ReleaseFact, { stack, timeoutAge }: ReleaseOptions): Pick<Plan, "steps" | "left"> {
    const [newest] = release.records;
    const minutes = timeoutAge ?? Math.ceil((release.timeout * parts) / 60);
    return left(
        release,
        "error",
        `Helm may still be at work on it: it began at ${newest.since.toISOString()}, and has up to ${minutes} minutes`,
        `wait until then; if whoever did it is dead: data-platform recover --stack ${quote(stack)} --lock-is-dead`,
    );
}

function cutOff({ records: [{ status, revision, since }] }: ReleaseFact): string[] {
    return [`revision ${revision} is ${status} since ${since.toISOString()}: whoever did that was cut off`];
}

function takeAway(release: ReleaseFact, found: string[]): { steps: Step[]; left: Leftover[] } {
    const { namespace, name, records } = release;
    const [ns, label] = [quote(namespace), `owner=helm,name=${quote(name)}`];
    return {
        steps: [
            {
                subject: subjectOf(release),
                found: [...found, 'Helm would refuse to install it: "cannot re-use a name that is still in use"'],
                does:
                    `takes away ${count(records.length, "record")} of Helm's; the next update installs it over what is there ` +
                    "(change its settings only in the one after that)",
                safe:
                    "its objects and volumes stay, and the install takes them over, because they carry the release's name; " +
                    "the records are kept in a file",
                byHand: [
                    `(umask 077; kubectl -n ${ns} get secret -l ${label} -o yaml > ${quote(`${name}-records.yaml`)})`,
                    `kubectl -n ${ns} delete secret -l ${label}`,
                ],
                action: { do: "take-away", records },
            },
        ],
        left: [],
    };
}

function markFailed(release: ReleaseFact): { steps: Step[]; left: Leftover[] } {
    const { namespace, records } = release;
    const [newest] = records;
    const uninstalling = isUninstalling(newest);
    const base = records.find(({ status }) => status === "deployed" || status === "superseded");
    return {
        steps: [
            {
                subject: subjectOf(release),
                found: [
                    ...cutOff(release),
                    uninstalling
                        ? 'Helm would refuse to upgrade it: "has no deployed releases"'
                        : 'Helm would refuse to upgrade it: "another operation (install/upgrade/rollback) is in progress"',
                ],
                does: `marks revision ${newest.revision} as failed`,
                safe:
                    base && !uninstalling
                        ? `no object changes; the next upgrade starts from revision ${base.revision}, the newest that was deployed`
                        : "no object changes; the next upgrade starts from it, and makes again what is gone",
                // The only record has to stay; an uninstall is written into a revision that is needed.
                byHand:
                    records.length > 1 && !uninstalling
                        ? [
                              `kubectl -n ${quote(namespace)} delete secret ${quote(newest.secret.name)}   # the same for Helm, but for the history`,
                          ]
                        : [],
                action: { do: "mark-failed", record: newest },
            },
        ],
        left: [],
    };
}

function count(number: number, what: string): string {
    return number === 1 ? `the one ${what}` : `all ${number} ${what}s`;
}
