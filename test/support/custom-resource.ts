/** As much of a structural schema of Kubernetes as matters here. */
export interface Schema {
    type?: string;
    properties?: Record<string, Schema>;
    items?: Schema;
    required?: string[];
    enum?: unknown[];
    minimum?: number;
    pattern?: string;
    additionalProperties?: Schema;
    "x-kubernetes-preserve-unknown-fields"?: boolean;
    "x-kubernetes-int-or-string"?: boolean;
}

/** A custom resource definition, as far as its schema goes. */
export interface Definition {
    spec: { versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
}

/** Reasons for which an API server would refuse a custom resource, and fields that it would drop without a word; a sentence each. */
export function objections(definition: Definition, version: string, object: object): string[] {
    const found = definition.spec.versions.find(({ name }) => name === version);
    if (!found) return [`the definition has no version ${version}`];
    return differences(found.schema.openAPIV3Schema, JSON.parse(JSON.stringify(object)), "");
}

function differences(schema: Schema, value: unknown, path: string): string[] {
    const here = (what: string) => [`${path || "the object"} ${what}`];
    if (schema["x-kubernetes-int-or-string"]) return [];
    if (schema.enum && !schema.enum.includes(value)) return here(`is none of ${schema.enum.join(", ")}`);
    switch (schema.type) {
        case "object":
            if (typeof value !== "object" || value === null || Array.isArray(value)) return here("is no object");
            return members(schema, value as Record<string, unknown>, path);
        case "array":
            if (!Array.isArray(value)) return here("is no list");
            return value.flatMap((item, index) => differences(schema.items ?? {}, item, `${path}[${index}]`));
        case "integer":
            if (!Number.isInteger(value)) return here("is no whole number");
            return schema.minimum !== undefined && (value as number) < schema.minimum ? here("is too small") : [];
        case undefined:
            return [];
        default:
            if (typeof value !== schema.type) return here(`is no ${schema.type}`);
            return schema.pattern !== undefined && !new RegExp(schema.pattern).test(String(value))
                ? here(`doesn't match ${schema.pattern}`)
                : [];
    }
}

function members(schema: Schema, value: Record<string, unknown>, path: string): string[] {
    const missing = (schema.required ?? []).filter((key) => !(key in value)).map((key) => `${path}.${key} is missing`);
    const wrong = Object.entries(value).flatMap(([key, member]) => {
        const known = schema.properties?.[key] ?? schema.additionalProperties;
        if (known) return differences(known, member, `${path}.${key}`);
        const open = schema["x-kubernetes-preserve-unknown-fields"] || !schema.properties;
        return open ? [] : [`${path}.${key} is unknown`];
    });
    return [...missing, ...wrong];
}
