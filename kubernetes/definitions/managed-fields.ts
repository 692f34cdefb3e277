import { isRecord, listAt, mapAt } from "../objects";

/** The name under which the fields of CRDs are owned on the server. */
export const definitionsManager = "data-platform";

/** Managers of before: Pulumi's provider has one for each resource, the built-in engine one for all that it makes. */
const predecessors = /^(pulumi-kubernetes|data-platform-sandbox)/;

/** One owner of an object's fields, as `metadata.managedFields` has it. */
export interface ManagedFields {
    manager: string;
    operation: "Apply" | "Update";
    apiVersion?: string;
    time?: string;
    fieldsType?: string;
    fieldsV1?: Fields;
    subresource?: string;
}

/** A tree of fields: `{"f:spec": {"f:versions": {}}}`. */
type Fields = Record<string, unknown>;

/** The field that cert-manager, and other controllers, write into a CRD which is converted by a webhook. */
const injected = ["f:spec", "f:conversion", "f:webhook", "f:clientConfig", "f:caBundle"];

/** The owners of an object's fields. */
export function managedFields(metadata: object): ManagedFields[] {
    return listAt(metadata, "managedFields") as unknown as ManagedFields[];
}

/** Those who have a part of a CRD's specification beside us: its makers of before, or whoever has changed it since. */
export function foreignManagers(metadata: object): string[] {
    const foreign = managedFields(metadata).filter((each) => !isOurs(each) && specOf(each).taken !== undefined);
    return [...new Set(foreign.map(({ manager }) => manager))];
}

/**
 * The owners of a CRD's fields once we have the whole specification, and all that our predecessors had: what is ours and isn't
 * declared any more goes with the next apply, whoever put it there. Labels and annotations of others stay theirs, and so does what
 * a controller injects.
 *
 * @returns nothing where nobody has to give anything up
 */
export function takenOver(metadata: object): ManagedFields[] | undefined {
    const all = managedFields(metadata);
    const kept: ManagedFields[] = [];
    let ours = all.find(isOurs);
    let changed = false;
    for (const each of all.filter((one) => one !== ours)) {
        const { taken, left } = predecessors.test(each.manager) ? wholeOf(each) : specOf(each);
        if (left) kept.push({ ...each, fieldsV1: left });
        if (!taken) continue;
        changed = true;
        ours = {
            ...(ours ?? { ...each, manager: definitionsManager, operation: "Apply" }),
            fieldsV1: ours ? merged(ours.fieldsV1 ?? {}, taken) : taken,
        };
    }
    return changed && ours ? [ours, ...kept] : undefined;
}

function isOurs({ manager, operation, subresource }: ManagedFields): boolean {
    return manager === definitionsManager && operation === "Apply" && !subresource;
}

interface Split {
    /** Fields that are taken over. */
    taken?: Fields;
    /** Fields that stay with their owner. */
    left?: Fields;
}

function wholeOf(entry: ManagedFields): Split {
    return entry.subresource ? { left: entry.fieldsV1 } : { taken: entry.fieldsV1 };
}

/** The part of an owner's fields that is the specification. */
function specOf({ subresource, fieldsV1 = {} }: ManagedFields): Split {
    const { "f:spec": spec, ...others } = fieldsV1;
    if (subresource || !isRecord(spec)) return { left: fieldsV1 };
    const bundle = mapAt(fieldsV1, ...injected.slice(0, -1))["f:caBundle"];
    const taken = without({ "f:spec": spec }, injected);
    const left = bundle === undefined ? others : merged(others, nested(injected, bundle));
    return {
        ...(taken ? { taken } : {}),
        ...(Object.keys(left).length > 0 ? { left } : {}),
    };
}

/** Fields without the one at a path, and without what was there for it alone. */
function without(fields: Fields, [first, ...rest]: string[]): Fields | undefined {
    const inner = fields[first];
    if (inner === undefined) return fields;
    const others = Object.fromEntries(Object.entries(fields).filter(([key]) => key !== first));
    const kept = rest.length > 0 && isRecord(inner) ? without(inner, rest) : undefined;
    // `.` alone is the map itself, which goes with the last thing in it.
    const isLeft = kept !== undefined && Object.keys(kept).some((key) => key !== ".");
    const all = isLeft ? { ...others, [first]: kept } : others;
    return Object.keys(all).length > 0 ? all : undefined;
}

function nested([first, ...rest]: string[], value: unknown): Fields {
    return { [first]: rest.length > 0 ? nested(rest, value) : value };
}

function merged(one: Fields, other: Fields): Fields {
    const entries = Object.entries(other).map(([key, value]): [string, unknown] => {
        const known = one[key];
        return [key, isRecord(known) && isRecord(value) ? merged(known, value) : value];
    });
    return { ...one, ...Object.fromEntries(entries) };
}
