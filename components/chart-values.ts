import * as pulumi from "@pulumi/pulumi";

import { isObject } from "../config/merge";
import { ownValues } from "../config/own-values";

type Values = Record<string, unknown>;

/**
 * Values for a chart in the project, without each null that would take nothing away: where a chart has no such value of its own Helm
 * hands the null on to the templates, and `cpu: null` in a pod is a limit of nothing.
 *
 * @param source The chart's directory, as the config has it.
 */
export function withoutVainNulls(values: Values, source: string): Values {
    return hasNull(values) ? kept(values, ownValues(source)) : values;
}

function hasNull(values: Values): boolean {
    return Object.values(values).some((value) => value === null || (isGroup(value) && hasNull(value)));
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
