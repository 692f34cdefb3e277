// From what was found to what is done about it: a function of facts alone, so that each case can be tested without a cluster.
import { quote } from "../../lib/shell";
import type { Observations, LockFact, PendingFact } from "./facts";
import { planRelease } from "./plan-releases";
import type { HelmRecord } from "./records";
import { PlanOptions, Leftover, Plan } from "./types";

/** Plans the recovery from what was found. An update that may be going on stops everything else. */
export function planRecovery(facts: Observations, options: PlanOptions = {}): Plan {
    const { stack, unknown } = facts;
    const plan: Plan = { stack, steps: [], left: [], unknown: [...unknown], next: nextCommand(facts) };
    const locks = planLocks(facts, options);
    if (locks.left.length > 0) return { ...plan, left: locks.left };
    plan.steps.push(...locks.steps);
    if (facts.unreachable) {
        plan.left.push({
            subject: "the cluster",
            found: `could not be asked, so that only locks were looked at: ${facts.unreachable}`,
            fix: "see that this works: kubectl get --raw /version; then run the same command again",
            level: "error",
        });
        return plan;
    }
    // Whoever is proved to be dead is not at work any more, and neither is a Helm that it had started.
    const idle = locks.steps.length > 0 || options.lockIsDead === true || facts.backend.kind === "builtin";
    const about = { stack, now: facts.now, backend: facts.backend.kind, idle, timeoutAge: options.timeoutAge };
    for (const release of facts.releases) {
        const { steps, left } = planRelease(release, about);
        plan.steps.push(...steps);
        plan.left.push(...left);
    }
    // Whoever may be at work will yet write down what came of it.
    if (plan.left.some(({ level }) => level === "error")) return plan;
    const taken = new Set(
        plan.steps.flatMap(({ action }) => (action.do === "take-away" ? action.records.map(releaseOf) : [])),
    );
    const settled = planPending(facts, taken);
    plan.steps.push(...settled.steps);
    plan.left.push(...settled.left);
    return plan;
}

type Part = Pick<Plan, "steps" | "left">;

function planLocks(
    { stack, locks = [], backend, now, runs }: Observations,
    { lockIsDead, timeoutAge }: PlanOptions,
): Part {
    const minutes = ({ lock }: LockFact) => (now.getTime() - lock.since.getTime()) / 60_000;
    const isOld = (fact: LockFact) => timeoutAge !== undefined && minutes(fact) > timeoutAge;
    const isDead = (fact: LockFact) =>
        fact.holder.is === "dead" || (fact.holder.is === "unknown" && (lockIsDead === true || isOld(fact)));
    const held = locks.filter((fact) => !isDead(fact));
    if (held.length > 0) return { steps: [], left: held.map((fact) => leftOfLock(fact, stack, runs)) };
    if (locks.length === 0) return { steps: [], left: [] };
    const consented = locks.some(({ holder }) => holder.is === "unknown");
    return {
        steps: [
            {
                subject: `the lock of stack ${stack}`,
                found: locks.map(
                    ({ lock, holder }) => `taken by ${lock.by} at ${lock.since.toISOString()}: ${holder.why}`,
                ),
                does: locks.length === 1 ? "takes it away" : `takes all ${locks.length} of them away`,
                safe: consented
                    ? "you say that whoever held it is dead; it is not proved"
                    : "whoever held it is dead, so nobody is updating the stack",
                byHand: backend.kind === "pulumi" ? [`pulumi cancel --yes -s ${quote(stack)}`] : [],
                action: { do: "unlock", locks: locks.map(({ lock }) => lock) },
            },
        ],
        left: [],
    };
}

function leftOfLock({ lock, holder }: LockFact, stack: string, runs: Observations["runs"]): Leftover {
    const by = `${lock.by} is updating it since ${lock.since.toISOString()}`;
    if (holder.is === "live") {
        return {
            subject: `stack ${stack}`,
            found: `${by}: ${holder.why}; nothing was changed`,
            fix: `wait until it has ended, or end it in good order: kill -INT ${lock.pid ?? "<pid>"}`,
            level: "error",
        };
    }
    const look = runs
        ? `every job of GitHub's has another host. See at ${runs.all} whether the run that began then has ended (this one is ${runs.ours})`
        : "see whether it still runs there";
    return {
        subject: `stack ${stack}`,
        found: `${by}, if it still lives, which can't be seen from here: ${holder.why}; nothing was changed (${lock.where})`,
        fix: `${look}; if it is dead: data-platform recover --stack ${quote(stack)} --lock-is-dead`,
        level: "error",
    };
}

/** All at once: a backend settles every pending operation in one go. */
function planPending({ stack, backend, pending, releases }: Observations, taken: Set<string>): Part {
    if (pending.length === 0) return { steps: [], left: [] };
    const imports: { urn: string; id: string }[] = [];
    const left: Leftover[] = [];
    const found = pending.map((fact) => {
        const fate = pendingOutcome(fact, releases, taken);
        if (fate.id !== undefined) imports.push({ urn: fact.operation.resource.urn, id: fate.id });
        if (fate.left) left.push({ subject: fact.subject, level: "warning", ...fate.left });
        return `${fact.operation.kind} ${fact.subject}: ${fate.explanation}`;
    });
    return {
        steps: [
            {
                subject: `what was cut off in stack ${stack}`,
                found,
                does: "brings the state up to what is in the cluster",
                safe: "only the state changes; nothing in the cluster is made, changed or deleted",
                byHand: backend.kind === "pulumi" ? settleByHand(stack, imports) : [],
                action: { do: "settle", imports },
            },
        ],
        left,
    };
}

/** Not by `pulumi refresh --import-pending-creates`, which drops what it is told to import (seen with 3.265). */
function settleByHand(stack: string, imports: { urn: string; id: string }[]): string[] {
    if (imports.length === 0) return [`pulumi refresh --yes -s ${quote(stack)} --clear-pending-creates`];
    const ids = JSON.stringify(Object.fromEntries(imports.map(({ urn, id }) => [urn, id])));
    const made = ".pending_operations[].resource | select($ids[.urn]) | . + {id: $ids[.urn], outputs: {}}";
    const script = `${ids} as $ids | .deployment |= (.resources += [${made}] | .pending_operations = [])`;
    return [
        `(umask 077; pulumi stack export -s ${quote(stack)} --file state.json)`,
        `jq ${quote(script)} state.json > settled.json`,
        `pulumi stack import -s ${quote(stack)} --file settled.json`,
        `pulumi refresh -s ${quote(stack)}`,
    ];
}

/** Outcome of a pending operation. With an id: it is taken into the state; without: forgotten. */
interface PendingOutcome {
    id?: string;
    explanation: string;
    left?: { found: string; fix: string };
}

function pendingOutcome(
    { operation, found, subject }: PendingFact,
    releases: Observations["releases"],
    taken: Set<string>,
): PendingOutcome {
    if (operation.kind !== "creating") return { explanation: "the state has it; the next update compares it anew" };
    switch (found.is) {
        case "ours":
            return { id: found.id, explanation: "it was made, and is this stack's: taken into the state" };
        case "absent":
            return { explanation: "it was not made: forgotten, and made by the next update" };
        case "nothing":
            return { explanation: "it is nothing in the cluster: forgotten, and made by the next update" };
        case "theirs":
            return {
                explanation: `there is one, but it belongs to ${found.of}: not taken, the note about it is forgotten`,
                left: {
                    found: `is there and belongs to ${found.of}, so the next update will refuse to make it`,
                    fix: `give one of them another name, or delete it if nobody needs it: ${deletion(operation.resource.object)}`,
                },
            };
        case "unknown":
            return {
                explanation: `${found.why}: forgotten`,
                left: {
                    found: `${found.why}; if it was made, the next update says that it exists already`,
                    fix: `then take it into the state: pulumi import, or delete it: ${deletion(operation.resource.object)}`,
                },
            };
        case "release": {
            const id = `${found.namespace}/${found.name}`;
            const release = releases.find((each) => `${each.namespace}/${each.name}` === id);
            if (!release) return { explanation: "Helm has not begun it: forgotten, and installed by the next update" };
            if (taken.has(id))
                return { explanation: "its install was cut off (above): forgotten, and installed by the next update" };
            if (release.ours)
                return { id, explanation: `Helm has it (${release.records[0].status}): taken into the state` };
            return {
                explanation:
                    "Helm has one in a namespace that is not this stack's: not taken, the note about it is forgotten",
                left: {
                    found: `${subject} is there, in a namespace that is not this stack's`,
                    fix: `see whose it is: helm -n ${quote(found.namespace)} history ${quote(found.name)}`,
                },
            };
        }
    }
}

function deletion(object: PendingFact["operation"]["resource"]["object"]): string {
    if (!object) return "kubectl delete <kind> <name>";
    const { kind, namespace, name } = object;
    return `kubectl ${namespace ? `-n ${quote(namespace)} ` : ""}delete ${kind.toLowerCase()} ${quote(name)}`;
}

function releaseOf({ namespace, name }: HelmRecord): string {
    return `${namespace}/${name}`;
}

function nextCommand({ stack, backend }: Observations): string {
    if (backend.kind === "pulumi") return `pulumi up -s ${quote(stack)}   # or: make deploy STACK=${quote(stack)}`;
    return stack === "sandbox" ? "make up" : `bring stack ${stack} up again, as you did`;
}
