import { ObjectDiff } from "./model";
import { Environment } from "./report";

/** A change of one object, and every environment that has the same. */
export interface SharedChange {
    /** Environment that shows it. */
    environment: string;
    /** Of which it holds as well. */
    others: string[];
    /** The namespace, or `cluster`. */
    component: string;
    system?: string;
    diff: ObjectDiff;
}

/**
 * Every change once: one that several environments have alike, but for the environment's own name in it, is the first one's, in
 * the order given.
 */
export function sharedChanges(environments: Environment[]): SharedChange[] {
    const changes = new Map<string, SharedChange>();
    for (const { stack, diff, state } of environments) {
        for (const { name: component, system, objects } of diff?.components ?? []) {
            for (const object of objects) {
                // The whole of an environment that comes or goes is like nothing else.
                const key = `${state === "compared" ? "" : stack}\0${keyOf(stack, component, object)}`;
                const same = changes.get(key);
                if (same && same.environment !== stack) same.others.push(stack);
                else
                    changes.set(same ? `${key}\0${changes.size}` : key, {
                        environment: stack,
                        others: [],
                        component,
                        system,
                        diff: object,
                    });
            }
        }
    }
    return [...changes.values()];
}

/** Key of changes that are alike: what happens, to what, and each field of it. Lines around it may differ. */
function keyOf(
    stack: string,
    component: string,
    { operation, kind, name, namespace, formerName, fields, risks }: ObjectDiff,
): string {
    const own = new RegExp(`(?<![A-Za-z0-9])${escaped(stack)}(?![A-Za-z0-9])`, "g");
    const codes = risks.map(({ code }) => code);
    return JSON.stringify([component, operation, kind, namespace, name, formerName, fields, codes]).replace(own, "\0");
}

function escaped(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\-]/g, "\\$&");
}
