import * as pulumi from "@pulumi/pulumi";

import type { TaskTemplate } from "../../components";
import type { DeclareWorkload, Platform } from "./platform";

// One line each, which `data-platform new workload` adds.
// prettier-ignore
const workloads: DeclareWorkload[] = [
];

/** Declares the team's own workloads; gives the tasks of all of them. */
export function ownWorkloads(platform: Platform, opts: pulumi.ComponentResourceOptions): TaskTemplate[] {
    return workloads.flatMap((declare) => declare(platform, opts));
}
