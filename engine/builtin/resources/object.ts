import { randomBytes } from "node:crypto";

import { ResourceRequest } from "../../../program/program";
import { UserError } from "../../../lib/errors";
import { Context, entryOf, Made, ResourceHandler } from "../context";
import { declared, diff, within, FieldChange } from "../../../kubernetes/diff";
import { Identity, identityOf, KubeError, KubeObject, nameOf, unknownKind } from "../../../kubernetes/client";
import { ResourceState } from "../state";
import { sleep, untilGone, untilReady } from "../../../kubernetes/wait/ready";
import { refusal } from "./refusal";

/** Milliseconds that a deletion may take. */
const deletionLimit = { Namespace: 300_000, other: 120_000 };

/** Milliseconds for which a kind may not be served yet whose CRD was made before. */
const kindLimit = 10_000;

/** Kinds that can't be deleted and made anew without losing what they hold. */
const statefulKinds = [
    "StatefulSet",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "CustomResourceDefinition",
    "Namespace",
];

/** Kubernetes objects, by server-side apply. */
export const object: ResourceHandler = {
    async apply(request: ResourceRequest, context: Context): Promise<Made> {
        const entry = context.state.get(request.urn);
        const wanted = declarationOf(request, entry?.object);
        try {
            const made = await reconcile(request, wanted, entry, context);
            return { ...made, fields: context.masker.fields(wanted.kind, made.fields ?? []) };
        } catch (error) {
            throw error instanceof KubeError ? refusal(error, identityOf(wanted), context) : error;
        }
    },

    async delete(entry: ResourceState, context: Context): Promise<void> {
        for (const identity of [...(entry.superseded ?? []), ...(entry.object ? [entry.object] : [])]) {
            await deleteAndWait(identity, context);
        }
    },
};

/** An object as the program hands it over: the name may be left to the engine. */
interface Declaration {
    apiVersion: string;
    kind: string;
    metadata?: Partial<KubeObject["metadata"]>;
    stringData?: Record<string, string>;
    data?: Record<string, string>;
}

/** Deletes an object and waits until it has gone. */
export async function deleteAndWait(identity: Identity, context: Context): Promise<void> {
    await context.kube.delete(identity);
    const limit = identity.kind === "Namespace" ? deletionLimit.Namespace : deletionLimit.other;
    await untilGone(identity, context, limit);
}

/** The object as the program declares it, in the form in which it is applied. */
export function declarationOf({ name, inputs }: ResourceRequest, known?: Identity): KubeObject {
    const { metadata, stringData, data, ...rest } = inputs as unknown as Declaration;
    // A key of `stringData` that is taken away again would stay on the server: only `data` is owned key by key.
    const encoded = Object.entries(stringData ?? {}).map(([key, value]) => [
        key,
        Buffer.from(value).toString("base64"),
    ]);
    const all = { ...data, ...(Object.fromEntries(encoded) as Record<string, string>) };
    return {
        ...rest,
        metadata: { ...metadata, name: metadata?.name ?? known?.name ?? `${name}-${randomBytes(4).toString("hex")}` },
        ...(data || stringData ? { data: all } : {}),
    };
}

async function reconcile(
    request: ResourceRequest,
    wanted: KubeObject,
    entry: ResourceState | undefined,
    context: Context,
): Promise<Made> {
    const identity = identityOf(wanted);
    context.declared.add(nameOf(identity));
    let live = await context.kube.get(identity, context.signal);
    if (live?.metadata.deletionTimestamp) {
        if (!context.preview) await untilGone(identity, context, deletionLimit.Namespace);
        live = undefined;
    }
    if (entry?.object && nameOf(entry.object) !== nameOf(identity))
        return rename(request, wanted, entry, live, context);
    if (live && !entry?.object) assertOwned(request, live, context);
    // A job that failed stays failed; to try again it has to be made anew.
    const failed = live?.kind === "Job" && hasFailed(live);
    if (live && failed) return replace(request, wanted, live, context, ["the job failed the last time"]);
    try {
        return await apply(request, wanted, live, context);
    } catch (error) {
        if (!live || !(error instanceof KubeError) || !isImmutable(error)) throw error;
        if (statefulKinds.includes(wanted.kind)) {
            throw new UserError(
                `${nameOf(identity)} can't be changed in this way, and is not replaced because of what it holds`,
                {
                    where: request.urn,
                    evidence: [error.message],
                    fix: "take the change back, or save what it holds, delete it by hand and run the same command again",
                },
            );
        }
        return replace(request, wanted, live, context, []);
    }
}

/** Applies the declaration and waits until it has come true. In a preview the server only tells what would come of it. */
async function apply(
    request: ResourceRequest,
    wanted: KubeObject,
    live: KubeObject | undefined,
    context: Context,
): Promise<Made> {
    const { kube, state, preview, adopt, signal } = context;
    const notes: string[] = [];
    const entry: ResourceState = {
        ...entryOf(request),
        object: identityOf(wanted),
        superseded: state.get(request.urn)?.superseded,
    };
    const wasUnready = state.get(request.urn)?.unready === true;
    // Known before it is there: what is found after a crash is then known to be ours.
    if (!live && !preview) await state.put({ ...entry, pending: true });
    const force = preview || adopt || wanted.metadata.annotations?.["pulumi.com/patchForce"] === "true";
    const onWarning = (warning: string) => notes.push(warning);
    const applied = await whenKindIsServed(
        () => kube.apply(wanted, { dryRun: preview, force, signal, onWarning }),
        preview ? 0 : kindLimit,
        signal,
    ).catch((error: unknown) => {
        // Its namespace, or the CRD of its kind, is yet to be made in the same update.
        if (preview && !live && error instanceof KubeError && error.status === 404) return wanted;
        throw error;
    });
    const fields = live ? diff(declared(live), declared(applied)) : [];
    // Not the resource version: an empty list is applied anew each time, and the server counts that as a change.
    const changed = fields.length > 0;
    if (wasUnready) notes.push("it did not become ready the last time");
    const operation = !live ? "create" : changed || wasUnready ? "update" : "same";
    if (preview) return { operation, fields, notes, result: resultOf(request, applied) };
    await state.put({ ...entry, unready: true });
    const finished = await untilReady(applied, context, { timeout: runLimit(wanted) });
    await state.put(entry);
    return { operation, fields, notes, result: resultOf(request, finished) };
}

/** A CRD is established a moment before its kind is served. */
async function whenKindIsServed<T>(work: () => Promise<T>, limit: number, signal: AbortSignal): Promise<T> {
    const started = Date.now();
    for (;;) {
        try {
            return await work();
        } catch (error) {
            const missing = error instanceof KubeError && error.reason === unknownKind;
            if (!missing || Date.now() - started >= limit) throw error;
            await sleep(500, signal);
        }
    }
}

/** Another name or namespace: another object. The old one goes first or last, as the program says. */
async function rename(
    request: ResourceRequest,
    wanted: KubeObject,
    entry: ResourceState,
    live: KubeObject | undefined,
    context: Context,
): Promise<Made> {
    const old = entry.object as Identity;
    refuseIfProtected(request, old);
    if (live) assertOwned(request, live, context);
    const before = await context.kube.get(old, context.signal);
    if (!context.preview) {
        if (request.deleteBeforeReplace) await deleteAndWait(old, context);
        const superseded = request.deleteBeforeReplace ? entry.superseded : [...(entry.superseded ?? []), old];
        await context.state.put({ ...entryOf(request), object: identityOf(wanted), superseded, pending: true });
    }
    const made = await apply(request, wanted, live, context);
    return { ...made, operation: "replace", fields: changesTo(before, wanted) };
}

/** Deletes an object and makes it anew under the same name. */
async function replace(
    request: ResourceRequest,
    wanted: KubeObject,
    live: KubeObject,
    context: Context,
    why: string[],
): Promise<Made> {
    refuseIfProtected(request, identityOf(live));
    const fields = changesTo(live, wanted);
    if (context.preview)
        return { operation: "replace", fields, notes: why, result: resultOf(request, { ...live, ...wanted }) };
    await context.state.put({ ...entryOf(request), object: identityOf(wanted), pending: true });
    await deleteAndWait(identityOf(live), context);
    const made = await apply(request, wanted, undefined, context);
    return { ...made, operation: "replace", fields, notes: [...why, ...(made.notes ?? [])] };
}

/** Differences between a new object and the one that it replaces. */
function changesTo(before: KubeObject | undefined, wanted: KubeObject): FieldChange[] {
    if (!before) return [];
    const changes = diff(within(declared(before), wanted), wanted);
    // What is declared empty or false, the server leaves out.
    return changes.filter((change) => "before" in change || !isEmpty(change.after));
}

function isEmpty(value: unknown): boolean {
    return !value || (typeof value === "object" && Object.keys(value).length === 0);
}

/** Leaves alone what is there already and isn't known as ours, unless the program or the person says otherwise. */
function assertOwned({ urn, provider }: ResourceRequest, live: KubeObject, { state, adopt, providers }: Context): void {
    const identity = identityOf(live);
    const upsert = provider !== undefined && providers.get(provider)?.upsert;
    // The same object under another URN: it was moved within the program.
    if (adopt || upsert || state.owner(identity)) return;
    throw new UserError(`${nameOf(identity)} exists already and was not made by this stack`, {
        where: urn,
        fix: "delete it or give ours another name; to take it over as it is: --adopt",
    });
}

function refuseIfProtected({ urn, protect }: ResourceRequest, identity: Identity): void {
    if (!protect) return;
    throw new UserError(`${nameOf(identity)} would have to be replaced, but it is protected`, {
        where: urn,
        fix: "take the change back, or set `protect: false` in the stack file and run the same command again",
    });
}

function isImmutable({ reason, message }: KubeError): boolean {
    return (
        reason === "Invalid" &&
        /immutable|may not be (changed|updated)|updates to .* are forbidden|cannot (change|be changed)/i.test(message)
    );
}

function hasFailed({ status }: KubeObject): boolean {
    const conditions = (status?.conditions as { type: string; status: string }[] | undefined) ?? [];
    return conditions.some(({ type, status }) => type === "Failed" && status === "True");
}

/** A job is given the time that it may run itself, and a little more, so that its own end is what is reported. */
function runLimit({ kind, spec }: KubeObject): number | undefined {
    const seconds = kind === "Job" ? Number(spec?.activeDeadlineSeconds ?? 0) : 0;
    return seconds > 0 ? (seconds + 60) * 1000 : undefined;
}

function resultOf({ inputs }: ResourceRequest, live: KubeObject): Made["result"] {
    const { namespace, name } = live.metadata;
    return { id: namespace ? `${namespace}/${name}` : name, outputs: { ...inputs, ...live } };
}
