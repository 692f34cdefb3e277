import { containerfile, program, programTest, service, serviceTest } from "./program";
import { dag, declarations } from "./declarations";
import type { Kind, Names } from "./names";
import { sparkJob, sparkTest } from "./spark";

/** A file to be made, by its path in the checkout. */
export interface NewFile {
    path: string;
    text: string;
}

/**
 * All files of a new workload: program, image, test, DAG and declaration, as its kind has them.
 *
 * No Python file has the workload's bare name: one called `queue` would stand before the library's of that name.
 */
export function filesOf(kind: Kind, names: Names): NewFile[] {
    const { name, module } = names;
    const folder = `workloads/${name}`;
    const test = `workloads/tests/test_own_${module}.py`;
    const inPod = (text: string, tests: string): NewFile[] => [
        { path: `${folder}/main.py`, text },
        { path: `${folder}/Containerfile`, text: containerfile() },
        { path: test, text: tests },
    ];
    const inDag = (operator: "PodTask" | "SparkTask"): NewFile => ({
        path: `workloads/dags/own_${module}.py`,
        text: dag(operator, names),
    });
    const made: Record<Kind, () => NewFile[]> = {
        cronjob: () => inPod(program(names), programTest(names)),
        service: () => inPod(service(names), serviceTest(names)),
        task: () => [...inPod(program(names), programTest(names)), inDag("PodTask")],
        spark: () => [
            { path: `workloads/spark/own_${module}.py`, text: sparkJob(names) },
            { path: test, text: sparkTest(names) },
            inDag("SparkTask"),
        ],
    };
    return [...made[kind](), { path: `workloads/own/${name}.ts`, text: declarations[kind](names) }];
}
