import type { KubeClient } from "../client";
import type { Masker } from "../mask";

/** Context of watching something happen in the cluster. */
export interface Watcher {
    kube: KubeClient;
    masker: Masker;
    /** Aborted when the person presses Ctrl-C. */
    signal: AbortSignal;
    /** Says what something that isn't done yet waits for. */
    progress: (which: string, text: string) => void;
}
