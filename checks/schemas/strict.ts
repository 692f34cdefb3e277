import { isRecord } from "../../kubernetes/objects";

/** A schema of OpenAPI v3, or of a CRD. */
export type Schema = Record<string, unknown>;

/** Keys whose value is one schema, a list of schemas, or a map of schemas. */
const one = ["items", "additionalProperties", "not"];
const several = ["allOf", "anyOf", "oneOf"];

/** Keys that kubeconform has no use for. `format` too: a masked value of a Secret is no base64. */
const dropped = ["description", "default", "example", "format", "nullable", "externalDocs"];

/**
 * The same schema as plain JSON Schema in which a field that nobody defined is an error, as it is to `kubectl apply --validate`.
 *
 * @param rename what becomes of a reference
 */
export function strict(schema: Schema, rename: (reference: string) => string = (same) => same): Schema {
    return converted(schema, rename, true);
}

function converted(schema: Schema, rename: (reference: string) => string, close: boolean): Schema {
    const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
    const result: Schema = {};
    for (const [key, value] of Object.entries(schema)) {
        if (key.startsWith("x-kubernetes-") || dropped.includes(key)) continue;
        if (key === "$ref") result.$ref = rename(String(value));
        else if (key === "properties" && isRecord(value))
            result.properties = Object.fromEntries(
                Object.entries(value).map(([name, each]) => [name, converted(each as Schema, rename, close)]),
            );
        // What stands in a condition only adds to the fields beside it; closed, it would forbid those.
        else if (several.includes(key) && Array.isArray(value))
            result[key] = value.map((each: Schema) => converted(each, rename, false));
        else if (one.includes(key) && isRecord(value)) result[key] = converted(value, rename, close && key !== "not");
        else result[key] = value;
    }
    if (schema["x-kubernetes-int-or-string"] === true && !several.some((key) => schema[key]))
        return { anyOf: [{ type: "integer" }, { type: "string" }] };
    if (close && isRecord(schema.properties) && schema.additionalProperties === undefined && !open)
        result.additionalProperties = false;
    return result;
}

/** The names that a schema refers to, directly. */
export function references(value: unknown): string[] {
    if (Array.isArray(value)) return value.flatMap(references);
    if (!isRecord(value)) return [];
    const own = typeof value.$ref === "string" ? [value.$ref] : [];
    return [...own, ...Object.entries(value).flatMap(([key, item]) => (key === "$ref" ? [] : references(item)))];
}
