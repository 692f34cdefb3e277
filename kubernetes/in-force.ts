import { AsyncLocalStorage } from "node:async_hooks";

import type { Watcher } from "./wait/watcher";

const inForce = new AsyncLocalStorage<Watcher>();

/**
 * Runs `work` with a cluster that it is to use: a program that an engine of ours evaluates uses the engine's own connection, and
 * tells its progress there. One that the Pulumi CLI runs has none, and connects by itself.
 */
export function withCluster<T>(cluster: Watcher, work: () => T): T {
    return inForce.run(cluster, work);
}

/** The cluster that an engine has given, if one has. */
export function clusterInForce(): Watcher | undefined {
    return inForce.getStore();
}
