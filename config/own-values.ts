import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { parse } from "yaml";

/** The values that a chart in the project has of its own; none where it has no such file. */
export function ownValues(chart: string): Record<string, unknown> {
    const file = join(resolve(__dirname, ".."), chart, "values.yaml");
    const read = existsSync(file) ? (parse(readFileSync(file, "utf8")) as Record<string, unknown> | null) : null;
    return read ?? {};
}
