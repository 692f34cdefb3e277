import { UserError } from "../../lib/errors";
import { Context } from "../context";
import { Helm } from "../helm/helm";
import { ReleaseInputs } from "../helm/inputs";
import { troubles } from "../wait/evidence";
import { doing, hopeless } from "../wait/hopeless";
import { interrupted, sleep } from "../wait/ready";

/** Milliseconds between two looks at the release's pods. */
const interval = 2_000;

/**
 * Installs or upgrades a release. Helm would wait to the end of its timeout for a pod that can't come to anything; so its pods
 * are watched, and Helm is stopped when waiting is in vain.
 *
 * @throws UserError with Helm's reason, and the pod that it hangs on
 */
export async function upgrade(helm: Helm, inputs: ReleaseInputs, context: Context): Promise<void> {
    const { name, namespace } = inputs;
    const stop = new AbortController();
    const either = AbortSignal.any([stop.signal, context.signal]);
    const watching = new AbortController();
    let reason: string | undefined;
    const watch = watchPods(inputs, context, AbortSignal.any([watching.signal, context.signal]), (found) => {
        reason = found;
        stop.abort();
    });
    try {
        await helm.upgrade(inputs, either);
    } catch (error) {
        if (context.signal.aborted) throw interrupted();
        const { message, details } = error instanceof UserError ? error : new UserError(String(error));
        throw new UserError(`Release ${namespace}/${name} did not come up: ${reason ?? message}`, {
            where: `chart ${inputs.chart}, namespace ${namespace}`,
            evidence: [
                ...(details.evidence ?? []).map((line) => context.masker.text(line)),
                ...(await troubles(context, namespace, podsOf(inputs))),
            ],
            fix: "mend the cause, then run the same command again; it goes on from here",
        });
    } finally {
        watching.abort();
        await watch;
    }
}

async function watchPods(
    inputs: ReleaseInputs,
    { kube, progress }: Context,
    signal: AbortSignal,
    giveUp: (reason: string) => void,
): Promise<void> {
    const { name, namespace, skipAwait } = inputs;
    const started = Date.now();
    try {
        for (;;) {
            await sleep(interval, signal);
            const pods = await kube.list("v1", "Pod", { namespace, labels: podsOf(inputs), signal });
            progress(`Release ${name}`, doing(pods) || "waiting for Helm");
            const reason = skipAwait ? undefined : hopeless(pods, started);
            if (reason) return giveUp(reason);
        }
    } catch {
        // Stopped, or the server is away for a moment: Helm itself reports what matters.
    }
}

/** The pods of a release, by the label that every chart gives them. */
function podsOf({ name }: ReleaseInputs): string {
    return `app.kubernetes.io/instance=${name}`;
}
