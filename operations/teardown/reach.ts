import { KubeClient, KubeError } from "../../kubernetes/client";
import { interrupted } from "../../kubernetes/wait/ready";
import { UserError } from "../../lib/errors";
import type { TeardownPlan, TeardownTarget } from "./types";

/** Messages of a connection when there is nobody at the other end, no way to it, or nothing known of it. */
const nobody =
    /ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|no answer|hang up|timed? ?out|no kubeconfig|no (current )?context/i;

/**
 * Tells whether the cluster answers. One that answers but doesn't let us in, or whose certificate isn't the one that the kubeconfig knows,
 * is there: it doesn't count as gone.
 */
export async function reach({ kube, unreachable }: Pick<TeardownTarget, "kube" | "unreachable">): Promise<Cluster> {
    if (!kube) return unreachable === undefined ? { answers: false, gone: true, why: unknown } : silence(unreachable);
    try {
        return { answers: true, version: await kube.version() };
    } catch (error) {
        return silence(error);
    }
}

type Cluster = TeardownPlan["cluster"];
const unknown = "the kubeconfig has no way to it";

function silence(error: unknown): Cluster {
    if (error instanceof KubeError) {
        return { answers: false, gone: false, why: `it answers, but refuses us (${error.status}): ${error.message}` };
    }
    const why = error instanceof Error ? error.message : String(error);
    return { answers: false, gone: nobody.test(why), why };
}

/** Does something, and puts a refusal of the API server into words for people. @throws UserError */
export async function inWords<T>(stack: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
        return await work();
    } catch (error) {
        if (signal?.aborted && !(error instanceof UserError)) throw interrupted();
        if (!(error instanceof KubeError)) throw error;
        throw new UserError(`the cluster of the stack ${stack} refuses (${error.status}): ${error.message}`, {
            fix:
                error.status === 403
                    ? "log in as somebody who may delete what the stack has made, then run it again"
                    : "run it again; what is deleted already is remembered",
        });
    }
}

/** @throws UserError unless the cluster answers, or is gone and the person says so too */
export function requireReachable(
    stack: string,
    cluster: Cluster,
    { clusterGone = false, kube }: { clusterGone?: boolean; kube?: KubeClient },
): void {
    const where = kube ? `context ${kube.context}` : undefined;
    if (cluster.answers) {
        if (!clusterGone) return;
        throw new UserError(`the cluster of the stack ${stack} answers (${cluster.version}), so it isn't gone`, {
            where,
            fix: `leave --cluster-gone out: data-platform teardown --stack ${stack}; with it, all that is there would stay for good`,
        });
    }
    if (!cluster.gone) {
        throw new UserError(`the cluster of the stack ${stack} can't be used: ${cluster.why}`, {
            where,
            fix: "mend the way to it (log in again, another kubeconfig); it is there, so nothing of it is forgotten",
        });
    }
    if (clusterGone) return;
    throw new UserError(`the cluster of the stack ${stack} does not answer, and nothing was changed: ${cluster.why}`, {
        where,
        fix: `start it, or mend the way to it; if it is gone for good: data-platform teardown --stack ${stack} --cluster-gone --yes`,
    });
}
