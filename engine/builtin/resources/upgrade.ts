import { UserError } from "../../../lib/errors";
import { Context } from "../context";
import { Helm } from "../../../helm/release/helm";
import { ReleaseInputs } from "../../../helm/release/inputs";
import { podDiagnostics } from "../../../kubernetes/wait/diagnostics";
import { interrupted } from "../../../kubernetes/wait/ready";
import { podsOf, watched } from "./watch";

/** Seconds for which nothing about an uninstall may change: a pod may take its time to end. */
const uninstallStill = 300;

/**
 * Installs or upgrades a release. Helm would wait for a pod that can't come to anything, and gives up by the clock one that is only
 * slow; so its pods are watched, and Helm is stopped when waiting is in vain.
 *
 * @throws UserError with Helm's reason, and the pod that it hangs on
 */
export async function upgrade(helm: Pick<Helm, "upgrade">, inputs: ReleaseInputs, context: Context): Promise<void> {
    const { name, namespace, chart, timeout: still, skipAwait } = inputs;
    const what = { name, namespace, still, hopeful: !skipAwait };
    const { error, reason } = await watched(what, context, (signal) => helm.upgrade(inputs, signal));
    if (error !== undefined) {
        throw await failure(error, context, `Release ${namespace}/${name} did not come up`, reason, {
            where: `chart ${chart}, namespace ${namespace}`,
            ...{ name, namespace },
        });
    }
}

/** Uninstalls a release and waits until its objects are gone. @throws UserError with the pod that it hangs on */
export async function uninstall(
    helm: Pick<Helm, "uninstall">,
    { name, namespace }: { name: string; namespace: string },
    context: Context,
): Promise<void> {
    const what = { name, namespace, still: uninstallStill, hopeful: false };
    const { error, reason } = await watched(what, context, (signal) => helm.uninstall(name, namespace, signal));
    if (error !== undefined) {
        throw await failure(error, context, `Release ${namespace}/${name} was not removed`, reason, {
            where: `namespace ${namespace}`,
            ...{ name, namespace },
        });
    }
}

async function failure(
    error: unknown,
    context: Context,
    what: string,
    reason: string | undefined,
    { where, name, namespace }: { where: string; name: string; namespace: string },
): Promise<UserError> {
    if (context.signal.aborted) return interrupted();
    const { message, details } = error instanceof UserError ? error : new UserError(String(error));
    return new UserError(`${what}: ${reason ?? message}`, {
        where,
        evidence: [
            ...(details.evidence ?? []).map((line) => context.masker.text(line)),
            ...(await podDiagnostics(context, namespace, podsOf(name))),
        ],
        fix: "mend the cause, then run the same command again; it goes on from here",
    });
}
