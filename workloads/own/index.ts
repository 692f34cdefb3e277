import * as pulumi from "@pulumi/pulumi";

import { ownWorkloads } from "../../components";
import type { PlatformConfig } from "../../config/schema";
import type { DeclaredWorkload, Platform } from "./platform";
import { teamTemplates } from "./teams";

// One line each, which `data-platform new workload` adds.
// prettier-ignore
const workloads: DeclaredWorkload[] = [
];

/**
 * Declares the team's own workloads as far as the stack has them; gives the names of the ConfigMaps with templates of their tasks, which
 * the orchestrator mounts.
 */
export function declareOwnWorkloads(
    from: PlatformConfig["workloads"]["own"],
    { orchestration, ...platform }: Omit<Platform, "own"> & Pick<Parameters<typeof teamTemplates>[1], "orchestration">,
    opts: pulumi.ComponentResourceOptions,
): string[] {
    const own = ownWorkloads(
        from,
        workloads.map(({ name }) => name),
    );
    const declared = workloads
        .filter(({ name }) => own[name].enabled)
        .map(({ name, team, declare }) => ({
            name,
            team,
            schedule: own[name].args,
            tasks: declare({ ...platform, own: own[name] }, opts),
        }));
    return teamTemplates(declared, { orchestration, rules: platform.spark.rules }, opts);
}
