import { z } from "zod";

import { timeZone } from "../../config/texts";
import { cron } from "../../config/units";
import { objectNameProblem } from "../../config/values/names";
import { accepted, type Declaration, isRefused, problemsOf } from "../declarations";
import { claim } from "../declarations/collector";
import { ArgumentProblem, entries, repeated } from "../declarations/declaration";
import { handle } from "../declarations/types";
import type { TaskTemplatesArgs } from "./templates";

const type = z.object({
    namespace: handle("a namespace"),
    tasks: z.array(z.object({ name: z.string(), manifest: handle("the manifest of a pod") })),
    rules: handle("the rules of what tasks may start"),
    schedule: z.object({ cron, timeZone }).optional(),
    schedules: z.record(z.string(), z.object({ cron, timeZone })).optional(),
});

/** Tells whether the templates of a DAG's tasks can be made; they can't, too, where a task was refused. */
export function acceptsTemplates(name: string, args: TaskTemplatesArgs): boolean {
    const declaration: Declaration<TaskTemplatesArgs> = {
        kind: "TaskTemplates",
        name,
        args,
        nameProblem: objectNameProblem,
        type,
        rules: [
            {
                of: ["tasks"],
                problems: ({ tasks }) =>
                    repeated(tasks, {
                        of: (task) => task.name,
                        argument: (index) => `tasks[${index}].name`,
                        message: (task) => `"${task}" is there twice, and a DAG knows its tasks by their names`,
                    }),
            },
        ],
        names: (own, { namespace }) => [`${namespace.name}: ConfigMap ${own}`],
    };
    const alone = problemsOf(declaration).length === 0;
    const possible = accepted(declaration, alone ? elsewhere(name, args) : []);
    return possible && !isRefused();
}

/** Tasks that other templates have already, whoever's they are. */
function elsewhere(name: string, { namespace, tasks }: TaskTemplatesArgs): ArgumentProblem[] {
    return entries(tasks).flatMap(([task, index]) =>
        claim(`TaskTemplates ${JSON.stringify(name)}`, [`${namespace.name}: task ${task.name}`]).map(({ owner }) => ({
            argument: `tasks[${index}].name`,
            message: `"${task.name}" is a task of ${owner} already, and a DAG finds tasks by their names, whoever's they are; rename one of both`,
        })),
    );
}
