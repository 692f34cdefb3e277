import { describeTroubles, diagnose } from "../diagnose";
import { Watcher } from "./watcher";
import { KubeObject } from "../client";
import { conditionsOf, describeCondition } from "./wait-for";

/** Describes the pods of a namespace that are in trouble: which, their last events and log lines. Secrets masked. */
export async function podDiagnostics(
    { kube, masker }: Watcher,
    namespace?: string,
    selector?: string,
): Promise<string[]> {
    if (!namespace) return [];
    // The failure itself is to be told even if nothing more can be found out about it.
    const lines = await diagnose(kube.kubeconfig, namespace, selector).then(describeTroubles, (error: Error) => [
        `(no more could be found out: ${error.message.split("\n")[0]})`,
    ]);
    return lines.map((line) => masker.text(line));
}

/** Describes an object by its operator's words: the object's conditions and its last events. Secrets masked. */
export async function conditionsAndEvents(object: KubeObject, { kube, masker, signal }: Watcher): Promise<string[]> {
    const { namespace = "default", name, uid } = object.metadata;
    const events = await kube.list("v1", "Event", { namespace, signal }).catch(() => []);
    const about = events
        .filter(({ involvedObject }) => {
            const { uid: id, name: called } = (involvedObject ?? {}) as { uid?: string; name?: string };
            return id === uid || (!id && called === name);
        })
        .map(({ type, reason, message }) =>
            [type, reason, message].filter((each) => typeof each === "string").join(" "),
        );
    return [...conditionsOf(object).map(describeCondition), ...about.slice(-5)].map((line) => masker.text(line));
}
