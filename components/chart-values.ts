import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

import { isObject } from "../config/merge";

type Values = Record<string, unknown>;

/**
 * Values for a chart in the project, without each null that would take nothing away: where a chart has no such value of its own Helm
 * hands the null on to the templates, and `cpu: null` in a pod is a limit of nothing.
 *
 * @param source The chart's directory, as the config has it.
 */
export function withoutVainNulls(values: Values, source: string): Values {
    const file = join(resolve(__dirname, "..", source), "values.yaml");
    return kept(values, existsSync(file) ? (parse(readFileSync(file, "utf8")) as unknown) : undefined);
}

function kept(values: Values, usual: unknown): Values {
    const of = (key: string) => (isObject(usual) ? usual[key] : undefined);
    return Object.fromEntries(
        Object.entries(values)
            .filter(([key, value]) => value !== null || (of(key) !== undefined && of(key) !== null))
            .map(([key, value]) => [key, isGroup(value) ? kept(value, of(key)) : value]),
    );
}

function isGroup(value: unknown): value is Values {
    return isObject(value) && !pulumi.Output.isInstance(value);
}
