import { UserError } from "../../lib/errors";
import { Watcher } from "./watcher";
import { Identity, identityOf, KubeObject, nameOf } from "../client";
import { podDiagnostics, conditionsAndEvents } from "./diagnostics";
import { podActivity, admissionFailure, terminalFailure } from "./pod-failures";
import { logSign, Movement, podSigns } from "./movement";
import { readiness } from "./readiness";

/** Milliseconds that Pulumi's provider gives an object by default. */
export const defaultTimeout = 600_000;

/** Milliseconds between two looks at pods, which are many. */
const podInterval = 2_000;

export interface WaitOptions {
    /**
     * Milliseconds for which nothing may change: neither the object nor what its pods do. What the annotation
     * pulumi.com/timeoutSeconds says counts so, too, where Pulumi's provider counts it from the beginning.
     * @default 10 minutes
     */
    timeout?: number;
}

/**
 * Waits until an object is ready.
 *
 * @param object the object as it was just seen; if that is ready already, nothing is asked of the server
 * @throws UserError that says which pod it hangs on, with its last events and log lines; sooner than the timeout where waiting
 *     is in vain.
 */
export async function untilReady(object: KubeObject, context: Watcher, options: WaitOptions = {}): Promise<KubeObject> {
    const { kube, progress } = context;
    const asked = Number(object.metadata.annotations?.["pulumi.com/timeoutSeconds"] ?? 0) * 1000;
    const movement = new Movement(asked || (options.timeout ?? defaultTimeout));
    const identity = identityOf(object);
    const which = nameOf(identity);
    const started = Date.now();
    let podsSeen = 0;
    let activity = "";
    let signs: string[] = [];
    for (let live: KubeObject | undefined = object, pause = 100; ; pause = Math.min(pause * 1.5, 1_000)) {
        if (!live)
            throw new UserError(`${which} was deleted by somebody else while it was waited for`, { where: which });
        const current = await statusOf(live, context);
        if (current.state === "ready") return live;
        const seen = live;
        const fail = async (why: string) => {
            throw new UserError(`${which} did not become ready: ${why}`, {
                where: which,
                evidence: isSelfReporting(seen)
                    ? await conditionsAndEvents(seen, context)
                    : await podDiagnostics(context, identity.namespace, selectorOf(object)),
                fix: `mend the cause, then run the same command again; to look: ${inspectCommand(kube.kubeconfig, identity)}`,
            });
        };
        if (current.state === "failed") await fail(current.why);
        if (Date.now() - podsSeen > podInterval) {
            podsSeen = Date.now();
            const pods = await checkPods(object, context, started);
            if (pods.reason) await fail(pods.reason);
            ({ activity, signs } = pods);
        }
        progress(which, activity || `waiting for ${(current as { for?: string }).for ?? "it"}`);
        const missing = current.state === "waiting" ? current.for : undefined;
        if (movement.stands([...signs, `waiting for ${missing}`])) {
            await fail(`${movement.words}${missing ? `, still waiting for ${missing}` : ""}`);
        }
        await sleep(pause, context.signal);
        live = await kube.get(identity, context.signal);
    }
}

async function statusOf(object: KubeObject, { kube, signal }: Watcher) {
    const current = readiness(object);
    const { selector, clusterIP, type } = (object.spec ?? {}) as {
        selector?: object;
        clusterIP?: string;
        type?: string;
    };
    // Like the provider: a Service that leads nowhere isn't ready.
    const leads = object.kind === "Service" && object.apiVersion === "v1" && selector && clusterIP !== "None";
    if (current.state !== "ready" || !leads || type === "ExternalName" || skipped(object)) return current;
    const slices = await kube.list("discovery.k8s.io/v1", "EndpointSlice", {
        namespace: object.metadata.namespace,
        labels: `kubernetes.io/service-name=${object.metadata.name}`,
        signal,
    });
    const endpoints = slices.flatMap(
        ({ endpoints }) => (endpoints as { conditions?: { ready?: boolean } }[] | null) ?? [],
    );
    return endpoints.some(({ conditions }) => conditions?.ready !== false)
        ? current
        : ({ state: "waiting", for: "a pod that is ready behind it" } as const);
}

/** Tells whether its controller's own words decide, and not its pods. */
function isSelfReporting({ metadata }: KubeObject): boolean {
    return metadata.annotations?.["pulumi.com/waitFor"] !== undefined;
}

function skipped({ metadata }: KubeObject): boolean {
    return metadata.annotations?.["pulumi.com/skipAwait"] === "true";
}

/** Looks at the pods behind a workload: whether they can still come to something, and what they do. */
async function checkPods(
    object: KubeObject,
    watcher: Watcher,
    since: number,
): Promise<{ reason?: string; activity: string; signs: string[] }> {
    const { kube, signal } = watcher;
    const { namespace, name } = object.metadata;
    const labels = selectorOf(object);
    if (!namespace || !labels) return { activity: "", signs: [] };
    const pods = await kube.list("v1", "Pod", { namespace, labels, signal });
    const reason =
        terminalFailure(pods, since) ?? (pods.length === 0 ? await whyNoPods(namespace, name, kube) : undefined);
    const said = object.kind === "Job" ? await lastDiagnostics(pods, watcher) : "";
    return { reason, activity: said || podActivity(pods), signs: [...podSigns(pods), logSign(said)] };
}

/** The last line that a running pod of a job has logged: how far it has got. */
export async function lastDiagnostics(pods: KubeObject[], { kube, masker }: Watcher): Promise<string> {
    const pod = pods.find(({ status }) => status?.phase === "Running");
    if (!pod) return "";
    const { namespace = "", name } = pod.metadata;
    const line = await kube.logs(namespace, name, { tailLines: 1 }).catch(() => "");
    return masker.text(line.trim()).slice(0, 120);
}

async function whyNoPods(namespace: string, name: string, kube: Watcher["kube"]): Promise<string | undefined> {
    return admissionFailure(await kube.list("v1", "Event", { namespace }), [name]);
}

/** The labels of the pods that belong to a workload, as a query. */
export function selectorOf({ kind, spec, metadata }: KubeObject): string | undefined {
    if (kind === "Job") return `batch.kubernetes.io/job-name=${metadata.name}`;
    const labels = (spec?.selector as { matchLabels?: Record<string, string> } | undefined)?.matchLabels;
    return (
        labels &&
        Object.entries(labels)
            .map(([key, value]) => `${key}=${value}`)
            .join(",")
    );
}

/**
 * Waits until an object is gone, or another one of the same name is there.
 *
 * @param timeout milliseconds for which nothing about it may change
 * @throws UserError that says what holds it
 */
export async function untilGone(
    identity: Identity,
    { kube, signal, progress }: Watcher,
    timeout: number,
): Promise<void> {
    const first = await kube.get(identity, signal);
    const movement = new Movement(timeout);
    for (
        let live = first, pause = 50;
        live && live.metadata.uid === first?.metadata.uid;
        pause = Math.min(pause * 1.5, 1_000)
    ) {
        if (movement.stands(remains(live))) {
            throw new UserError(
                `${nameOf(identity)} is still there after its deletion was asked for, and ${movement.words}`,
                {
                    where: nameOf(identity),
                    evidence: remains(live),
                    fix: "see what holds it (finalizers above), then run the same command again",
                },
            );
        }
        progress(nameOf(identity), "waiting until it is gone");
        await sleep(pause, signal);
        live = await kube.get(identity, signal);
    }
}

function remains({ metadata, spec, status }: KubeObject): string[] {
    const finalizers = [...(metadata.finalizers ?? []), ...((spec?.finalizers as string[] | undefined) ?? [])];
    const conditions = (status?.conditions as { status: string; message?: string }[] | undefined) ?? [];
    return [
        ...(finalizers.length > 0 ? [`finalizers: ${finalizers.join(", ")}`] : []),
        ...conditions.flatMap((each) => (each.status === "True" && each.message ? [each.message] : [])),
    ];
}

/** Sleeps, unless the person has had enough. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw interrupted();
    await new Promise<void>((resolve, reject) => {
        const stop = () => {
            clearTimeout(timer);
            reject(interrupted());
        };
        const timer = setTimeout(() => {
            signal.removeEventListener("abort", stop);
            resolve();
        }, milliseconds);
        signal.addEventListener("abort", stop, { once: true });
    });
}

/** Error of a command that the person stops. */
export function interrupted(): UserError {
    return new UserError("interrupted; what was made so far is remembered", {
        fix: "run the same command again to go on",
    });
}

function inspectCommand(kubeconfig: string, { kind, namespace, name }: Identity): string {
    return `kubectl --kubeconfig ${kubeconfig}${namespace ? ` -n ${namespace}` : ""} describe ${kind.toLowerCase()} ${name}`;
}
