import { repoRoot } from "../../lib/paths";
import { UsageError } from "../../lib/errors";
import type { CommandResult } from "../../lib/exit-codes";
import type { Kind } from "../../operations/new-workload/names";
import { newWorkload } from "../../operations/new-workload/write";
import { tasks } from "../../workloads/declaration";
import type { CommonFlags } from "../command";

export interface NewWorkloadFlags extends CommonFlags {
    kind: Kind;
}

/** Writes the files of a new workload, and says what comes next. */
export async function beginWorkload({ kind }: NewWorkloadFlags, args: string[]): Promise<CommandResult> {
    const [name, ...more] = args;
    if (more.length > 0) throw new UsageError(`nothing is done with ${more.join(" ")}`);
    const files = await newWorkload(
        repoRoot,
        kind,
        name,
        tasks.map((task) => task.name),
    );
    const text = [
        ...files.slice(0, -1).map((file) => `  + ${file}`),
        `  ~ ${files.at(-1)}`,
        "Next:",
        "  make golden             # the committed manifests, with the new objects",
        "  make lint test-unit test-workloads test-dags",
        "  make preview            # what it means for the sandbox; docs/own-workload.md says what to change",
    ].join("\n");
    return { text, json: { name, kind, files } };
}
