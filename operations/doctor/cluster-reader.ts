import { Limit } from "../../lib/limit";
import { type Identity, type KubeClient, KubeError, type KubeObject } from "../../kubernetes/client";
import { pluralOf } from "./objects";

/** Milliseconds that each question may take: long enough for a busy server, short enough for one that is off. */
export const requestTimeoutMs = 30_000;

/** Questions that are under way at a time. */
const atOnce = 8;

/** A question that was not answered: not in time, or not to this account. */
export class Unanswered extends Error {}

/** The cluster, as far as it is only read: each question once, within its bound, and few at a time. */
export class CachedReader {
    private readonly limit = new Limit(atOnce);
    private readonly lists = new Map<string, Promise<KubeObject[]>>();

    constructor(readonly kube: KubeClient) {}

    /** The server's version, e.g. `v1.34.2`. @throws Unanswered */
    version(): Promise<string> {
        return this.ask("the version", (signal) => this.kube.version(signal));
    }

    /** Objects of a kind; none where the kind isn't known. @throws Unanswered */
    list(apiVersion: string, kind: string, options: { namespace?: string; labels?: string } = {}) {
        const key = JSON.stringify([apiVersion, kind, options]);
        let found = this.lists.get(key);
        if (!found) {
            const what = `${pluralOf(kind)}${options.namespace ? ` in ${options.namespace}` : ""}`;
            found = this.ask(what, (signal) =>
                this.kube.list(apiVersion, kind, { ...options, signal }).catch((error: unknown) => {
                    if (error instanceof KubeError && error.status === 404) return [];
                    throw error;
                }),
            );
            found.catch(() => undefined);
            this.lists.set(key, found);
        }
        return found;
    }

    /** An object, or undefined where there is none. @throws Unanswered */
    get(identity: Identity): Promise<KubeObject | undefined> {
        return this.ask(`${identity.kind} ${identity.name}`, (signal) => this.kube.get(identity, signal));
    }

    /** Description of a kind by the server; undefined for one that it doesn't know. @throws Unanswered */
    kind(apiVersion: string, kind: string) {
        return this.ask(`the kind ${kind}`, () =>
            this.kube.kind(apiVersion, kind).catch((error: unknown) => {
                if (error instanceof KubeError && error.status === 404) return undefined;
                throw error;
            }),
        );
    }

    /** Every kind that objects in a namespace may have, by what the server calls many of it: `configmaps`, `issuers.cert-manager.io`. */
    async namespaced(): Promise<{ resource: string; apiVersion: string; kind: string }[]> {
        const kinds = await this.ask("the kinds that the cluster knows", () => this.kube.everyKind());
        return kinds
            .filter(({ kind: { namespaced, verbs } }) => namespaced && verbs.includes("list"))
            .map(({ apiVersion, kind: { kind, plural } }) => ({
                resource: apiVersion.includes("/") ? `${plural}.${apiVersion.split("/")[0]}` : plural,
                apiVersion,
                kind,
            }));
    }

    /** Posts a review, which is a question and changes nothing. @throws Unanswered */
    async review<T>(what: string, path: string, body: object): Promise<T> {
        const text = await this.ask(what, (signal) =>
            this.kube.http.send({ method: "POST", path, body, signal, retry: false }),
        );
        return JSON.parse(text) as T;
    }

    /** Any other question. @throws Unanswered */
    ask<T>(what: string, question: (signal: AbortSignal) => Promise<T>): Promise<T> {
        return this.limit.run(() => {
            const signal = AbortSignal.timeout(requestTimeoutMs);
            return inTime(what, question(signal), requestTimeoutMs);
        });
    }
}

/** An answer within its bound. @throws Unanswered with the reason for people */
export async function inTime<T>(what: string, question: Promise<T>, limit = requestTimeoutMs): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Unanswered(`${what}: no answer within ${limit / 1000} s`)), limit);
    });
    try {
        return await Promise.race([question, late]);
    } catch (error) {
        throw refused(what, error, limit) ?? error;
    } finally {
        clearTimeout(timer);
    }
}

function refused(what: string, error: unknown, limit: number): Unanswered | undefined {
    if (error instanceof KubeError) {
        const why = error.status === 403 ? "this account may not (403)" : `the server says ${error.message}`;
        return new Unanswered(`${what}: ${why}`);
    }
    if ((error as Error).name === "TimeoutError") return new Unanswered(`${what}: no answer within ${limit / 1000} s`);
    return undefined;
}
