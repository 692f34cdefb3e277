import { Watcher } from "../../../kubernetes/wait/watcher";
import { KubeObject } from "../../../kubernetes/client";
import { podActivity, terminalFailure } from "../../../kubernetes/wait/pod-failures";
import { eventSigns, logSign, Movement, podSigns } from "../../../kubernetes/wait/movement";
import { lastDiagnostics, sleep } from "../../../kubernetes/wait/ready";

/** Milliseconds between two looks at the release's pods. */
const interval = 2_000;

export interface Watched {
    name: string;
    namespace: string;
    /** Seconds for which nothing about its pods may change, nor happen to them. */
    still: number;
    /** Give up on pods that can't come to anything. */
    hopeful: boolean;
    /** Milliseconds between two looks. @default 2 s */
    every?: number;
}

/** Has Helm's work watched: when waiting for it is in vain, it is stopped by its signal, and `reason` says why. */
export async function watched(
    what: Watched,
    watcher: Watcher,
    work: (signal: AbortSignal) => Promise<void>,
): Promise<{ error?: unknown; reason?: string }> {
    const stop = new AbortController();
    const over = new AbortController();
    let reason: string | undefined;
    const watch = look(what, watcher, AbortSignal.any([over.signal, watcher.signal]), (found) => {
        reason = found;
        stop.abort();
    });
    try {
        await work(AbortSignal.any([stop.signal, watcher.signal]));
        return {};
    } catch (error) {
        return { error, reason };
    } finally {
        over.abort();
        await watch;
    }
}

async function look(
    { name, namespace, still, hopeful, every = interval }: Watched,
    watcher: Watcher,
    signal: AbortSignal,
    giveUp: (reason: string) => void,
): Promise<void> {
    const { kube, progress } = watcher;
    const started = Date.now();
    const movement = new Movement(still * 1000);
    while (!signal.aborted) {
        try {
            await sleep(every, signal);
            const [pods, events] = await Promise.all([
                kube.list("v1", "Pod", { namespace, labels: podsOf(name), signal }),
                kube.list("v1", "Event", { namespace, signal }),
            ]);
            const busy = podActivity(pods);
            progress(`Release ${name}`, busy || "waiting for Helm");
            const said = logSign(await lastDiagnostics(pods.filter(isBusy), watcher));
            const reason = hopeful ? terminalFailure(pods, started) : undefined;
            if (reason) return giveUp(reason);
            if (movement.stands([...podSigns(pods), ...eventSigns(about(events, name)), said])) {
                return giveUp(`${movement.words}${busy ? `: ${busy}` : ""}`);
            }
        } catch {
            // Stopped, or the server is away for a moment: Helm itself reports what matters, and what isn't seen isn't counted.
        }
    }
}

/** The pods of a release, by the label that every chart gives them. */
export function podsOf(name: string): string {
    return `app.kubernetes.io/instance=${name}`;
}

/** Tells whether what a pod says may tell how far it has got: one that serves goes on talking. */
function isBusy({ status }: KubeObject): boolean {
    const conditions = (status?.conditions as { type: string; status: string }[] | undefined) ?? [];
    return !conditions.some(({ type, status: is }) => type === "Ready" && is === "True");
}

/** Events of a release's objects, whose names all begin with its own. */
function about(events: KubeObject[], name: string): KubeObject[] {
    return events.filter(({ involvedObject }) =>
        ((involvedObject as { name?: string } | undefined)?.name ?? "").startsWith(name),
    );
}
