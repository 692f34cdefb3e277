import { z } from "zod";

import { timeZone } from "../../config/texts";
import { cron } from "../../config/units";
import { objectNameProblem } from "../../config/values/names";
import { accepted, isRefused } from "../declarations";
import { repeated } from "../declarations/declaration";
import { handle } from "../declarations/types";
import type { TaskTemplatesArgs } from "./templates";

const type = z.object({
    namespace: handle("a namespace"),
    tasks: z.array(z.object({ name: z.string(), manifest: handle("the manifest of a pod") })),
    rules: handle("the rules of what tasks may start"),
    schedule: z.object({ cron, timeZone }).optional(),
});

/** Tells whether the templates of a DAG's tasks can be made; they can't, too, where a task was refused. */
export function acceptsTemplates(name: string, args: TaskTemplatesArgs): boolean {
    const possible = accepted<TaskTemplatesArgs>({
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
    });
    return possible && !isRefused();
}
