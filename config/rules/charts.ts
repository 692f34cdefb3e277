import { existsSync } from "node:fs";
import { resolve } from "node:path";

import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { upstream } from "../sections/charts";
import { problem, Rule } from "./rule";

/** Charts of the project that are missing. */
export const chartsExist: Rule = ({ charts }) =>
    Object.entries(charts).flatMap(([chart, source]) =>
        problem(
            source.startsWith("./") && !existsSync(resolve(__dirname, "../..", source, "Chart.yaml")),
            `charts.${chart}`,
            `there is no chart in ${source} (a directory with a Chart.yaml, relative to the project)${
                source.startsWith("./.sandbox/") ? "; the sandbox prepares it: make sandbox" : ""
            }`,
        ),
    );

/** Rules across keys, which no single type expresses. */
export function chartRules({ charts, chartVersions }: PlatformConfig): Problem[] {
    return (Object.keys(upstream) as (keyof typeof upstream)[])
        .filter((name) => chartVersions[name] !== undefined && charts[name].startsWith("./"))
        .map((name) => ({
            key: `chartVersions.${name}`,
            message: `is for a chart out of a repository, and charts.${name} is the directory ${charts[name]}, which carries its own version; leave it out`,
        }));
}
