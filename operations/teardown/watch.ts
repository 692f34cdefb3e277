import { Identity, KubeClient, KubeError, nameOf } from "../../kubernetes/client";
import { UserError } from "../../lib/errors";
import { removeFinalizers, diagnose, isKnown } from "./finalizers";
import { terminating } from "./namespaces";
import { Collection, Discovery, objectsIn, Seen } from "./objects";
import { keyOf } from "./plan";
import type { Stuck } from "./types";

/** Scope of the watch while a stack goes. */
export interface Scope {
    stack: string;
    kube: KubeClient;
    discovery: Discovery;
    /** The stack's namespaces, kept ones too: objects in those go as well. */
    namespaces: string[];
    /** Objects of the state that are in no namespace. */
    clusterWide: Identity[];
}

export interface WatchOptions {
    /** Milliseconds that one object may take. */
    objectTimeout: number;
    /** Take finalizers of dead controllers off. */
    clearFinalizers: boolean;
    /** Milliseconds for which a controller may be away before that. */
    grace: number;
    note?: (text: string) => void;
    print?: (line: string) => void;
}

/** Milliseconds after which all kinds are asked for again; in between only those that had objects. */
const surveyInterval = 30_000;

/** Sees which objects of a stack are being deleted and for how long, and lets go those whose controller is dead, if told to. */
export class Watch {
    /** Objects whose finalizers were cleared, with them. */
    readonly cleared: string[] = [];
    private readonly since = new Map<string, number>();
    private readonly busy = new Map<string, Collection[]>();
    /** Reasons why finalizers could not be cleared, by object. */
    private readonly refused = new Map<string, string>();
    private surveyed = 0;

    constructor(
        private readonly scope: Scope,
        private readonly options: WatchOptions,
    ) {}

    /**
     * Looks once.
     *
     * @returns what has taken longer than it may; empty while all is well
     */
    async look(): Promise<Stuck[]> {
        const going = await this.going();
        const now = Date.now();
        const present = new Set(going.map(keyOfSeen));
        for (const key of this.since.keys()) if (!present.has(key)) this.since.delete(key);
        for (const each of going) if (!this.since.has(keyOfSeen(each))) this.since.set(keyOfSeen(each), now);
        if (this.options.clearFinalizers) await this.clearDead(going);
        const late = going.filter((each) => this.age(each) > this.options.objectTimeout);
        this.tell(going);
        return late.length > 0 ? this.explain(going, late) : [];
    }

    /** Explains why what is being deleted now is still there, however short that is. */
    async explainAll(): Promise<Stuck[]> {
        const going = await this.going();
        return this.explain(going, going);
    }

    /** Clears what may be cleared, without waiting. @returns how many objects that was */
    async clearNow(): Promise<number> {
        const before = this.cleared.length;
        await this.clearDead(await this.going(), 0);
        return this.cleared.length - before;
    }

    private age(seen: Seen): number {
        return Date.now() - (this.since.get(keyOfSeen(seen)) ?? Date.now());
    }

    /** Everything of the stack that is being deleted. */
    private async going(): Promise<Seen[]> {
        const { kube, namespaces, clusterWide, discovery } = this.scope;
        const whole = Date.now() - this.surveyed > surveyInterval;
        const inside = await Promise.all(
            namespaces.map(async (namespace) => {
                const kinds = whole ? discovery.collections : (this.busy.get(namespace) ?? []);
                const found = await objectsIn(kube, namespace, kinds);
                if (whole) this.busy.set(namespace, kindsOf(found, kinds));
                return found;
            }),
        );
        if (whole) this.surveyed = Date.now();
        const outer = await Promise.all(
            [...namespaces.map(asNamespace), ...clusterWide].map(async (identity) => {
                const metadata = await kube.metadata(identity);
                return metadata ? [{ identity, metadata }] : [];
            }),
        );
        return [...inside.flat(), ...outer.flat()].filter(({ metadata }) => metadata.deletionTimestamp);
    }

    private async clearDead(going: Seen[], grace = this.options.grace): Promise<void> {
        const { kube, namespaces } = this.scope;
        for (const seen of going) {
            const { identity, metadata } = seen;
            const asked = Date.now() - Date.parse(metadata.deletionTimestamp ?? "");
            const ours = identity.namespace !== undefined && namespaces.includes(identity.namespace);
            if (!ours || !isKnown(metadata.finalizers) || asked < grace) continue;
            const finalizers = await removeFinalizers(kube, identity).catch((error: unknown) => {
                // Somebody else was at it, or a webhook of the dead operator is asked about it: told when its time is over.
                if (!(error instanceof KubeError)) throw error;
                this.refused.set(keyOfSeen(seen), error.message);
                return [];
            });
            if (finalizers.length === 0) continue;
            this.refused.delete(keyOfSeen(seen));
            this.cleared.push(`${nameOf(identity)}: ${finalizers.join(", ")}`);
            this.options.print?.(
                `  ! ${nameOf(identity)}: cleared ${finalizers.join(", ")}, whose controller doesn't run`,
            );
        }
    }

    private tell(going: Seen[]): void {
        const [longest] = [...going].sort((one, other) => this.age(other) - this.age(one));
        if (!longest || this.age(longest) < 5_000) return;
        const more = going.length > 1 ? ` and ${going.length - 1} more` : "";
        this.options.note?.(`waits for ${nameOf(longest.identity)}${more} to go`);
    }

    /** The reasons; a namespace that only waits for what is in it is left out. */
    private async explain(going: Seen[], late: Seen[]): Promise<Stuck[]> {
        const { kube, namespaces, stack } = this.scope;
        const isLate = (namespace?: string) =>
            late.some(({ identity }) => identity.kind === "Namespace" && identity.name === namespace);
        const suspects = new Map(
            [...late, ...going.filter(({ identity }) => isLate(identity.namespace))].map((each) => [
                keyOfSeen(each),
                each,
            ]),
        );
        const found: Stuck[] = [];
        const explained = new Set<string>();
        const inOrder = [...suspects.values()].sort((one, other) => rank(one) - rank(other));
        for (const each of inOrder) {
            const live = await kube.get(each.identity);
            if (!live?.metadata.deletionTimestamp) continue;
            const seconds = this.age(each) / 1000;
            if (live.kind === "Namespace") {
                const reasons = await terminating(live, seconds, {
                    kube,
                    explained: explained.has(live.metadata.name),
                });
                if (reasons) found.push(reasons);
                continue;
            }
            const { namespace } = each.identity;
            const ours = namespace !== undefined && namespaces.includes(namespace);
            const told = await diagnose(live, seconds, { kube, stack, ours });
            found.push(withRefusal(told, this.refused.get(keyOfSeen(each))));
            if (namespace) explained.add(namespace);
        }
        return found;
    }
}

/** Adds that it could not be cleared although that was asked for; the flag again wouldn't help. */
function withRefusal(stuck: Stuck, refusal: string | undefined): Stuck {
    if (!refusal || !stuck.clearable) return stuck;
    return {
        ...stuck,
        ...{ clearable: false, why: `${stuck.why}; clearing was refused: ${refusal}` },
        fix: "a webhook of an operator that is gone: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
    };
}

/** Namespaces last: what is in them explains them. */
function rank({ identity }: Seen): number {
    return identity.kind === "Namespace" ? 1 : 0;
}

function kindsOf(found: Seen[], kinds: Collection[]): Collection[] {
    const present = new Set(found.map(({ identity }) => `${identity.apiVersion}/${identity.kind}`));
    return kinds.filter(({ apiVersion, kind }) => present.has(`${apiVersion}/${kind}`));
}

function asNamespace(name: string): Identity {
    return { apiVersion: "v1", kind: "Namespace", name };
}

function keyOfSeen({ identity, metadata }: Seen): string {
    return `${keyOf(identity)}#${metadata.uid}`;
}

/** Tells whether a look failed because the server was away for a moment, which the next one may not. */
export function isPassing(error: unknown): boolean {
    return error instanceof UserError || (error instanceof KubeError && (error.status === 429 || error.status >= 500));
}
