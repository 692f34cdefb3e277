import { z } from "zod";

import { parse } from "../../config/parse";
import { schema } from "../../config/schema";
import { kindOf } from "../../config/texts";
import { quantity } from "../../config/units";
import { isRecord } from "../../kubernetes/objects";
import { readStackConfig, stackFile } from "../../program/stack-config";

/** Other spellings of the values of a kind of text. */
const spellings: Record<string, (value: string) => string> = {
    cpu: (value) => (value.endsWith("m") ? String(quantity(value)) : `${Number(value) * 1000}m`),
    bytes: inSmallerUnits,
    size: inSmallerUnits,
    duration: (value) => `${Number.parseInt(value, 10) * 60}m`,
};

function inSmallerUnits(value: string): string {
    return /^\d+[GT]i$/.test(value) ? `${quantity(value) / 2 ** 20}Mi` : `${quantity(value) / 2 ** 10}Ki`;
}

/** Keys that have been spelled in another way, and their values before. */
type Found = Map<string, string>;

/** A stack's whole config, its defaults included, in which every quantity and every length of time is spelled in another way. */
export function respelled(stack: string): { config: Record<string, string>; found: Found } {
    const { values } = readStackConfig(stackFile(stack));
    const prefix = "data-platform:";
    const raw = Object.fromEntries(
        Object.entries(values)
            .filter(([key]) => key.startsWith(prefix))
            .map(([key, value]) => [key.slice(prefix.length), json(value)]),
    );
    const found: Found = new Map();
    const whole = respell(schema, parse(raw, stack), "", found) as Record<string, unknown>;
    const config = Object.entries(whole).map(([key, value]) => [
        prefix + key,
        typeof value === "string" ? value : JSON.stringify(value),
    ]);
    return { config: { ...values, ...(Object.fromEntries(config) as Record<string, string>) }, found };
}

function json(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}

function respell(type: z.core.$ZodType, value: unknown, path: string, found: Found): unknown {
    if (type instanceof z.ZodOptional) return respell(type.unwrap() as z.ZodType, value, path, found);
    if (type instanceof z.ZodArray && Array.isArray(value)) {
        return value.map((item, index) => respell(type.element as z.ZodType, item, `${path}[${index}]`, found));
    }
    if ((type instanceof z.ZodObject || type instanceof z.ZodRecord) && isRecord(value)) {
        const inner = (key: string) =>
            (type instanceof z.ZodObject
                ? (type.shape as Record<string, z.ZodType>)[key]
                : type.valueType) as z.ZodType;
        return Object.fromEntries(
            Object.entries(value).map(([key, item]) => [
                key,
                respell(inner(key), item, path ? `${path}.${key}` : key, found),
            ]),
        );
    }
    const spell = spellings[kindOf(type) ?? ""];
    if (!spell || typeof value !== "string") return value;
    found.set(path, value);
    return spell(value);
}
