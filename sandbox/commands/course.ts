import { join } from "node:path";

import { cacheDir } from "../../lib/paths";
import type { Course } from "../../lib/progress";
import { sandboxStack } from "./options";

/** Steps of `run` on a machine where nothing is there but the cache, with their seconds on 2 cores. */
const typical = {
    "Start the cluster": 20,
    [`Update the stack ${sandboxStack}`]: 90,
    "Run the DAG flights": 150,
    "Compare with pandas": 5,
    "Ask MLflow for the model": 5,
};

/** Course of `run`. Builds of programs and images come before and beside it, where something has changed. */
export function course(): Course {
    return { steps: Object.keys(typical), typical, file: join(cacheDir(), "seconds.json") };
}
