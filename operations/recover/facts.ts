// What recovery looks at before it decides anything. Gathering changes nothing.
import { prefix } from "../../components/labels";
import type { ProgramOptions } from "../../program/program";
import { type KubeClient, KubeError, type KubeObject, nameOf } from "../../kubernetes/client";
import { UserError } from "../../lib/errors";
import type { Engine, PendingOperation, StackLock, StackState } from "../../engine/engine";
import { type Declared, declaredReleases } from "./declared";
import { type Holder, holderOf, type Machine } from "./holder";
import { ownershipOf } from "./ownership";
import { type HelmRecord, helmRecords } from "./records";

/** Everything that a plan is made from. */
export interface Observations {
    stack: string;
    backend: { name: string; kind: Engine["kind"] };
    now: Date;
    /** Undefined: this backend doesn't let them be seen. */
    locks: LockFact[] | undefined;
    releases: ReleaseFact[];
    pending: PendingFact[];
    /** Reason why the cluster could not be asked. */
    unreachable?: string;
    /** Remarks on what else could not be found out, and what that means. */
    unknown: string[];
    /** Addresses of the runs, when this is a job of GitHub's. */
    runs?: { all: string; ours: string };
}

export interface LockFact {
    lock: StackLock;
    holder: Holder;
}

/** A Helm release in one of the stack's namespaces, or one that the stack knows of. */
export interface ReleaseFact {
    name: string;
    namespace: string;
    /** Newest first; at least one. */
    records: HelmRecord[];
    /** The stack's state has it. */
    inState: boolean;
    /** The stack had begun to make it when it was killed. */
    begun: boolean;
    /** The stack's program has it. */
    declared: boolean;
    /** The namespace is this stack's. */
    ours: boolean;
    /** Seconds that each part of an install or upgrade may take. */
    timeout: number;
}

/** Something that an update had begun, and what is there of it. */
export interface PendingFact {
    operation: PendingOperation;
    /** For people, e.g. `Secret dev-storage/minio-root`. */
    subject: string;
    found:
        | { is: "ours"; id: string }
        | { is: "theirs"; of: string }
        /** It is not in the cluster. */
        | { is: "absent" }
        /** It stands for nothing in a cluster, as a random value does. */
        | { is: "nothing" }
        /** A Release: its records decide. */
        | { is: "release"; name: string; namespace: string }
        /** It can't be looked for: its name was left to the engine, or the cluster doesn't answer. */
        | { is: "unknown"; why: string };
}

/** Sources of the observations. */
export interface Sources {
    stack: string;
    backend: Engine;
    /** Undefined, or an error: the cluster can't be asked. */
    kube: KubeClient | Error | undefined;
    /** Another program than the project's, for tests. */
    program?: ProgramOptions["program"];
    /** Config instead of the stack file's, for tests. */
    config?: ProgramOptions["config"];
    /** @default the machine that this runs on */
    machine?: Machine;
    /** @default now */
    now?: Date;
    env?: NodeJS.ProcessEnv;
}

/** Finds out what there is to mend. @throws UserError when the state can't be read */
export async function gatherFacts({ stack, backend, kube, ...sources }: Sources): Promise<Observations> {
    const [state, locks, declared] = await Promise.all([
        backend.state(stack),
        backend.locks(stack),
        declaredReleases({ stack, program: sources.program, config: sources.config }),
    ]);
    const facts: Observations = {
        ...{ stack, backend: { name: backend.name, kind: backend.kind }, now: sources.now ?? new Date() },
        locks: locks && (await Promise.all(locks.map((lock) => lockFact(lock, sources.machine)))),
        releases: [],
        pending: [],
        unknown: [],
        runs: runsOf(sources.env ?? process.env),
    };
    if ("reason" in declared) {
        facts.unknown.push(
            `what the program declares (${declared.reason}): releases that the state doesn't know of are left alone`,
        );
    }
    if (kube === undefined || kube instanceof Error) {
        facts.unreachable = kube?.message ?? "no cluster was given";
        facts.pending = state.pending.map((operation) => unlooked(operation, "the cluster could not be asked"));
        return facts;
    }
    const namespaces = await namespacesOf(kube, stack, state, declared, facts.unknown);
    facts.releases = await releaseFacts(kube, namespaces, state, declared, facts.unknown);
    facts.pending = await Promise.all(
        state.pending.map((operation) => pendingFact(operation, { kube, stack, namespaces })),
    );
    return facts;
}

async function lockFact(lock: StackLock, machine?: Machine): Promise<LockFact> {
    return { lock, holder: await holderOf(lock, machine) };
}

/** Addresses of this repository's runs, when this is one. */
function runsOf({ GITHUB_ACTIONS, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID }: NodeJS.ProcessEnv) {
    if (GITHUB_ACTIONS !== "true" || !GITHUB_REPOSITORY) return undefined;
    const all = `${GITHUB_SERVER_URL ?? "https://github.com"}/${GITHUB_REPOSITORY}/actions`;
    return { all, ours: `${all}/runs/${GITHUB_RUN_ID ?? ""}` };
}

/** Every namespace in which something of the stack may be, and whether it is the stack's own. */
type Namespaces = Map<string, boolean>;

async function namespacesOf(
    kube: KubeClient,
    stack: string,
    state: StackState,
    declared: Declared,
    unknown: string[],
): Promise<Namespaces> {
    const found: Namespaces = new Map();
    const mentioned = [...state.resources, ...state.pending.map(({ resource }) => resource)];
    for (const { object, release } of mentioned) {
        const namespace = release?.namespace ?? object?.namespace;
        if (namespace) found.set(namespace, false);
    }
    if ("releases" in declared) declared.releases.forEach(({ namespace }) => found.set(namespace, false));
    for (const { object } of state.resources) if (object?.kind === "Namespace") found.set(object.name, true);
    try {
        const labelled = await kube.list("v1", "Namespace", { labels: `${prefix}/stack=${stack}` });
        labelled.forEach(({ metadata }) => found.set(metadata.name, true));
    } catch (error) {
        unknown.push(`which namespaces carry the stack's label (${refusalOf(error)})`);
    }
    return found;
}

async function releaseFacts(
    kube: KubeClient,
    namespaces: Namespaces,
    { resources, pending }: StackState,
    declared: Declared,
    unknown: string[],
): Promise<ReleaseFact[]> {
    const key = ({ name, namespace }: { name: string; namespace: string }) => `${namespace}/${name}`;
    const keys = (of: { release?: { name: string; namespace: string } }[]) =>
        new Set(of.flatMap(({ release }) => (release ? [key(release)] : [])));
    const creating = pending.filter(({ kind }) => kind === "creating").map(({ resource }) => resource);
    const begun = keys(creating);
    // A backend may list what it was about to make among what it has.
    const unmade = new Set(creating.map(({ urn }) => urn));
    const known = keys(resources.filter(({ urn }) => !unmade.has(urn)));
    const wanted = new Map(("releases" in declared ? declared.releases : []).map((each) => [key(each), each]));
    const facts: ReleaseFact[] = [];
    for (const [namespace, ours] of namespaces) {
        const records = await helmRecords(kube, namespace).catch((error: unknown) => {
            unknown.push(`the Helm releases of namespace ${namespace} (${refusalOf(error)})`);
            return [];
        });
        for (const name of new Set(records.map((record) => record.name))) {
            const each = records.filter((record) => record.name === name);
            const id = key({ name, namespace });
            facts.push({
                ...{ name, namespace, records: each, ours },
                inState: known.has(id),
                begun: begun.has(id),
                declared: wanted.has(id),
                timeout: wanted.get(id)?.timeout ?? 600,
            });
        }
    }
    return facts.sort((one, other) => key(one).localeCompare(key(other)));
}

async function pendingFact(
    operation: PendingOperation,
    { kube, stack, namespaces }: { kube: KubeClient; stack: string; namespaces: Namespaces },
): Promise<PendingFact> {
    const { object, release, type, name } = operation.resource;
    if (release) {
        const subject = `Release ${release.namespace}/${release.name}`;
        return { operation, subject, found: { is: "release", ...release } };
    }
    if (!object) {
        if (!type.startsWith("kubernetes:")) return { operation, subject: `${type} ${name}`, found: { is: "nothing" } };
        return unlooked(operation, "its name was left to the engine, so it can't be looked for");
    }
    const subject = nameOf(object);
    let there: KubeObject | undefined;
    try {
        there = await kube.get(object);
    } catch (error) {
        return { operation, subject, found: { is: "unknown", why: refusalOf(error) } };
    }
    if (!there) return { operation, subject, found: { is: "absent" } };
    const namespace = object.namespace === undefined ? undefined : { ours: namespaces.get(object.namespace) === true };
    const whose = ownershipOf(there, stack, namespace);
    if (whose.is === "theirs") return { operation, subject, found: whose };
    const id = object.namespace ? `${object.namespace}/${object.name}` : object.name;
    return { operation, subject, found: { is: "ours", id } };
}

function unlooked(operation: PendingOperation, why: string): PendingFact {
    const { object, release, type, name } = operation.resource;
    const subject = object
        ? nameOf(object)
        : release
          ? `Release ${release.namespace}/${release.name}`
          : `${type} ${name}`;
    return { operation, subject, found: { is: "unknown", why } };
}

function refusalOf(error: unknown): string {
    if (error instanceof KubeError || error instanceof UserError) return error.message;
    throw error;
}
