import { join } from "node:path";

import { outputDir, repoRoot } from "../../lib/paths";

/** Name of the cluster, and of the stack in it. */
export const names = { cluster: "data-platform", stack: "kind", context: "kind-data-platform" };

/** Places of all that belongs to it; no place but these is written to. */
export const at = (dir = join(outputDir, "kind")) => ({
    dir,
    config: join(dir, "cluster.yaml"),
    kubeconfig: join(dir, "kubeconfig"),
    state: join(dir, "state"),
    passphrase: join(dir, "passphrase"),
    stackFile: join(repoRoot, `Pulumi.${names.stack}.yaml`),
});
export type Layout = ReturnType<typeof at>;
