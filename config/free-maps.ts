import { z } from "zod";

import { holdsSecret } from "./secret-words";
import { labelValue, line, metadataKey, problemOf, text } from "./texts";

// Maps whose keys are somebody else's: each key could be one that is meant for a secret.

const marked = z.registry<{ reason: "free map" }>();

/** Tells whether it is one of these maps. */
export function isFreeMap(type: z.core.$ZodType): boolean {
    return marked.get(type) !== undefined;
}

/** Description of the problem, with its place in the map. */
interface Found {
    path: string[];
    message: string;
}

const looks =
    "looks like a secret, and this stands in the clear in the state and in the cluster; remove it from the stack file, put it into a Secret, and name that";

/** Helm takes it for an order to leave out what the chart, or the platform, has there. */
const empty = "has no value; give it one, or take the key out";

/** Keys of settings and values: a line of a file or a key of YAML. */
const settingKey = /^[A-Za-z0-9_][A-Za-z0-9_./-]{0,252}$/;

/** Everything in a map that can't be: keys with odd characters, values of several lines, secrets. */
export function problemsIn(value: unknown, path: string[] = []): Found[] {
    if (Array.isArray(value)) return value.flatMap((each, index) => problemsIn(each, [...path, String(index)]));
    if (typeof value === "object" && value !== null) {
        return Object.entries(value).flatMap(([key, inner]) =>
            settingKey.test(key)
                ? problemsIn(inner, [...path, key])
                : [{ path, message: "has a key that isn't letters, digits and . _ / - only" }],
        );
    }
    if (value === null && path.length > 0) return [{ path, message: empty }];
    if (typeof value !== "string" && typeof value !== "number") return [];
    const key = path.filter((each) => !/^\d+$/.test(each)).at(-1) ?? "";
    if (holdsSecret(key, String(value))) return [{ path, message: looks }];
    const message = typeof value === "string" ? problemOf(value) : undefined;
    if (message) return [{ path, message }];
    return typeof value === "string" ? problemsIn(embedded(value)).map((inner) => ({ ...inner, path })) : [];
}

/** A map or a list that is written as a text of JSON, such as Airflow's `backend_kwargs`. */
function embedded(value: string): unknown {
    if (!/^\s*[[{]/.test(value)) return undefined;
    try {
        return JSON.parse(value) as unknown;
    } catch {
        return undefined;
    }
}

function checked<T extends z.ZodRecord>(type: T): T {
    const whole = type.superRefine((map, context) => {
        for (const { path, message } of problemsIn(map)) context.addIssue({ code: "custom", path, message });
    });
    marked.add(whole, { reason: "free map" });
    return whole;
}

/** Values of any depth. */
export const freeMap = checked(z.record(z.string(), z.unknown()));

/** Annotations of Kubernetes' objects. */
export const annotations = checked(z.record(metadataKey, line));

/** Labels of Kubernetes' objects. */
export const labels = z.record(metadataKey, labelValue);

/** Variables of an environment. */
export const settings = checked(
    z.record(
        text(
            "variable",
            /^[A-Za-z_][A-Za-z0-9_.-]*$/,
            'must be the name of an environment variable, such as "MODE": letters, digits and underscores, no digit first',
        ),
        line,
    ),
);
