import * as pulumi from "@pulumi/pulumi";

import { type OwnWorkload, type TaskTemplate, TaskTemplates } from "../../components";
import type { LaunchRules, NamespaceRef } from "../../components/contracts";
import { refuse } from "../../components/declarations/collector";
import { labelNameProblem } from "../../config/values/names";

/** A workload that has been declared. */
export interface Declared {
    name: string;
    /** Team whose it is. @default own */
    team?: string;
    /** Schedule of the stack file, if it has one. */
    schedule: Pick<OwnWorkload["args"], "schedule" | "timeZone">;
    /** Tasks that DAGs may start. */
    tasks: TaskTemplate[];
}

/** Hands the templates over to the orchestrator, those of each team in a ConfigMap of its own; gives the ConfigMaps' names. */
export function teamTemplates(
    declared: Declared[],
    { orchestration, rules }: { orchestration: NamespaceRef; rules: LaunchRules },
    opts: pulumi.ComponentResourceOptions,
): string[] {
    const teams = new Map<string, Declared[]>();
    for (const each of declared.filter(({ tasks }) => tasks.length > 0)) {
        const { team = "own" } = each;
        teams.set(team, [...(teams.get(team) ?? []), each]);
    }
    return [...teams].map(([team, all]) => {
        const name = `${team}-tasks`;
        // A volume has its name as well, which takes no dots.
        const wrong = labelNameProblem(name);
        if (wrong) refuse([{ declaration: `workload "${all[0].name}"`, argument: "team", message: wrong }]);
        const given = all.flatMap(({ name, schedule: { schedule: cron, timeZone = "Etc/UTC" } }) =>
            cron === undefined ? [] : [[name, { cron, timeZone }] as const],
        );
        const schedules = given.length > 0 ? Object.fromEntries(given) : undefined;
        new TaskTemplates(
            name,
            { namespace: orchestration, rules, tasks: all.flatMap(({ tasks }) => tasks), schedules },
            opts,
        );
        return name;
    });
}
