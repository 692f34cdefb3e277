import { z } from "zod";

import { isObject } from "./merge";
import { isSecret } from "./secret";
import { kindOf } from "./texts";

/** Texts that are a number whichever way it is written: `0.50` and `0.5` are the same amount of CPU. */
const amounts = ["cpu", "kafkaValue"];

/**
 * A value as the type wants it, where it is clear which one is meant: `pulumi config set --path` makes numbers and booleans of what looks
 * like one, and YAML does so of what has no quotes; quotes make texts of both.
 *
 * - A whole number where a text is wanted is its digits. Not another one: 1.10 has become 1.1 by now.
 * - Any number is its text where the text is an amount, and a boolean too where it is a setting of Kafka's.
 * - `"5"` and `"true"` are a number and a boolean where those are wanted.
 */
export function coerced(type: z.core.$ZodType, value: unknown): unknown {
    if (type instanceof z.ZodOptional) return coerced(type.unwrap(), value);
    if (type instanceof z.ZodObject && isObject(value)) {
        const shape = type.shape as Record<string, z.core.$ZodType | undefined>;
        return mapped(value, (each, key) =>
            Object.hasOwn(shape, key) ? coerced(shape[key] as z.core.$ZodType, each) : each,
        );
    }
    if (type instanceof z.ZodRecord && isObject(value)) return mapped(value, (each) => coerced(type.valueType, each));
    if (type instanceof z.ZodArray && Array.isArray(value)) return value.map((each) => coerced(type.element, each));
    if (type instanceof z.ZodString && !isSecret(type)) return textOf(kindOf(type) ?? "", value);
    if (typeof value !== "string") return value;
    if (type instanceof z.ZodNumber) return /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/.test(value) ? Number(value) : value;
    if (type instanceof z.ZodBoolean && (value === "true" || value === "false")) return value === "true";
    return value;
}

function textOf(kind: string, value: unknown): unknown {
    if (typeof value === "boolean") return kind === "kafkaValue" ? String(value) : value;
    if (typeof value !== "number") return value;
    return Number.isSafeInteger(value) || amounts.includes(kind) ? String(value) : value;
}

function mapped(group: Record<string, unknown>, of: (value: unknown, key: string) => unknown): Record<string, unknown> {
    return Object.fromEntries(Object.entries(group).map(([key, value]) => [key, of(value, key)]));
}
