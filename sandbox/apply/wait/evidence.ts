import { describeTroubles, diagnose } from "../../cluster/diagnose";
import { Watcher } from "../context";

/** What is wrong with the pods of a namespace: which, their last events and log lines. Secrets masked. */
export async function troubles({ kube, masker }: Watcher, namespace?: string, selector?: string): Promise<string[]> {
    if (!namespace) return [];
    // The failure itself is to be told even if nothing more can be found out about it.
    const lines = await diagnose(kube.kubeconfig, namespace, selector).then(describeTroubles, (error: Error) => [
        `(no more could be found out: ${error.message.split("\n")[0]})`,
    ]);
    return lines.map((line) => masker.text(line));
}
