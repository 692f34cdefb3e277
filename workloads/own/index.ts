import * as pulumi from "@pulumi/pulumi";

import { ownWorkloads, type TaskTemplate } from "../../components";
import type { PlatformConfig } from "../../config/schema";
import type { DeclaredWorkload, Platform } from "./platform";

// One line each, which `data-platform new workload` adds.
// prettier-ignore
const workloads: DeclaredWorkload[] = [
];

/** Declares the team's own workloads as far as the stack has them; gives the tasks of all of them. */
export function declareOwnWorkloads(
    from: PlatformConfig["workloads"]["own"],
    platform: Omit<Platform, "own">,
    opts: pulumi.ComponentResourceOptions,
): TaskTemplate[] {
    const own = ownWorkloads(
        from,
        workloads.map(({ name }) => name),
    );
    return workloads
        .filter(({ name }) => own[name].enabled)
        .flatMap(({ name, declare }) => declare({ ...platform, own: own[name] }, opts));
}
