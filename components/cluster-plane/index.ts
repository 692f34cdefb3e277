import * as pulumi from "@pulumi/pulumi";

import { LoadedConfig } from "../../config/load";
import { ClusterPlane } from "../contracts";
import { Namespaces } from "../namespaces";
import { InstalledClusterPlane } from "./installed";
import { SharedClusterPlane } from "./shared";

export { makePriorityClasses } from "./priority-classes";

/** The cluster add-ons: made by this stack, or by another one on the same cluster, as `cluster.mode` says. */
export function createClusterPlane(
    name: string,
    args: { config: LoadedConfig; namespaces: Namespaces },
    opts: pulumi.ComponentResourceOptions,
): ClusterPlane {
    return args.config.cluster.mode === "shared"
        ? new SharedClusterPlane(name, args, opts)
        : new InstalledClusterPlane(name, args, opts);
}
