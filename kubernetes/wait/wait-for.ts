import { isDeepStrictEqual } from "node:util";

import { UserError } from "../../lib/errors";
import { KubeObject, nameOf, identityOf } from "../client";
import { valuesAt } from "./jsonpath";

export interface Condition {
    type: string;
    status: string;
    reason?: string;
    message?: string;
    observedGeneration?: number;
}

/** The conditions in an object's status. */
export function conditionsOf({ status }: KubeObject): Condition[] {
    return (status?.conditions as Condition[] | undefined) ?? [];
}

/** A condition as a person reads it, e.g. `Ready is False (DoesNotExist: the Secret does not exist)`. */
export function describeCondition({ type, status, reason, message }: Condition): string {
    const why = [reason, message].filter(Boolean).join(": ");
    return `${type} is ${status}${why ? ` (${why})` : ""}`;
}

/**
 * Condition of the annotation pulumi.com/waitFor that an object doesn't meet, or undefined when it meets all. As Pulumi's provider reads
 * it: `condition=Type[=Status]`, `jsonpath={.a.b}[=value]`, or a JSON list of those.
 *
 * @throws UserError for one that is neither, which would be waited for in vain
 */
export function unmetCondition(object: KubeObject, asked: string): string | undefined {
    for (const wish of wishesIn(asked)) {
        const open = wish.startsWith("condition=")
            ? lacksCondition(object, wish.slice("condition=".length))
            : wish.startsWith("jsonpath=")
              ? lacksValue(object, wish.slice("jsonpath=".length))
              : notUnderstood(object, wish);
        if (open) return open;
    }
    return undefined;
}

function wishesIn(asked: string): string[] {
    try {
        const list = JSON.parse(asked) as unknown;
        return Array.isArray(list) ? list.map(String) : [asked];
    } catch {
        return [asked];
    }
}

function lacksCondition(object: KubeObject, wish: string): string | undefined {
    const [type = "", status = "True"] = wish.split(/=(.*)/, 2);
    const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
    const found = conditionsOf(object).find((each) => same(each.type, type));
    if (!found) return `the condition ${type}`;
    // What is said of an earlier version of the object.
    if (isBefore(object, found.observedGeneration)) return `its controller to notice the change`;
    return same(found.status, status) ? undefined : `the condition ${type}=${status}; ${describeCondition(found)}`;
}

function lacksValue(object: KubeObject, wish: string): string | undefined {
    const [, path, value] = /^\{?([^{}]*)\}?(?:=(.*))?$/s.exec(wish.includes("}") ? wish : unbraced(wish)) ?? [];
    const found = path ? valuesAt(object, path) : undefined;
    if (!found) return notUnderstood(object, `jsonpath=${wish}`);
    if (isBefore(object)) return "its controller to notice the change";
    const wanted = (each: unknown) => value === undefined || each === value || isDeepStrictEqual(each, parsed(value));
    if (found.length > 0 && found.every(wanted)) return undefined;
    const now = found.length > 0 ? `; it is ${found.map((each) => JSON.stringify(each)).join(", ")}` : "";
    return `${path}${value === undefined ? "" : ` = ${value}`}${now}`;
}

/** Without braces a path ends at its first `=` that is not inside a filter. */
function unbraced(wish: string): string {
    const [, path = "", rest = ""] = /^((?:\[[^\]]*\]|[^=[])*)(=.*)?$/s.exec(wish) ?? [];
    return `{${path}}${rest}`;
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}

function isBefore({ metadata, status }: KubeObject, observed = status?.observedGeneration): boolean {
    return typeof observed === "number" && observed < (metadata.generation ?? 0);
}

function notUnderstood(object: KubeObject, wish: string): never {
    throw new UserError(`${nameOf(identityOf(object))}: pulumi.com/waitFor can't be understood: ${wish}`, {
        allowed: "condition=Type[=Status], jsonpath={.path}[=value], or a JSON list of those",
    });
}
