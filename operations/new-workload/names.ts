import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { labelNameProblem } from "../../config/values/names";
import { UsageError } from "../../lib/errors";

/** Forms of a workload that can be begun. */
export const kinds = ["task", "cronjob", "service", "spark"] as const;

export type Kind = (typeof kinds)[number];

/** Characters of a name: every form of a workload takes as many, and a line of a program with the name twice is short enough. */
const most = 40;

/** A workload's names: as Kubernetes, Python and TypeScript write them. */
export interface Names {
    /** Name of the declaration, the folder, the image and the DAG: `daily-report`. */
    name: string;
    /** Python file without its ending: `daily_report`. */
    module: string;
    /** Constant of the declaration: `dailyReport`. */
    constant: string;
}

/**
 * The names of a new workload.
 *
 * @param root the checkout
 * @param others names that the sample's workloads have
 * @throws UsageError for a name that can't be, or that something has already
 */
export function namesOf(root: string, name: string, others: string[]): Names {
    const problem = labelNameProblem(name, { most, letterFirst: true });
    if (problem) throw new UsageError(`the name of a workload ${problem}`, { where: JSON.stringify(name) });
    const taken = [...others, ...folders(root), ...reserved];
    if (taken.includes(name)) {
        throw new UsageError(`the name "${name}" is taken`, {
            allowed: `any but ${[...new Set(taken)].sort().join(", ")}`,
        });
    }
    const words = name.split(/-+/);
    return {
        name,
        module: words.join("_"),
        // A word of the language's own, such as `delete`, is none with this behind it.
        constant: `${words.map((word, at) => (at === 0 ? word : word[0].toUpperCase() + word.slice(1))).join("")}Workload`,
    };
}

/** Names in workloads/ that mean something else: the DAG of the sample, and the files beside the declarations. */
const reserved = ["flights", "index", "platform"];

const folders = (root: string) =>
    existsSync(join(root, "workloads"))
        ? readdirSync(join(root, "workloads"), { withFileTypes: true })
              .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
              .map((entry) => entry.name)
        : [];
