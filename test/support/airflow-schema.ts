type Schema = Record<string, unknown>;

const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/** Every key of a value, as a path; entries of a list as `[]`. */
export function paths(value: unknown, path = ""): string[] {
    if (Array.isArray(value)) return value.flatMap((item) => paths(item, `${path}[]`));
    if (!isObject(value) || Object.keys(value).length === 0) return [path];
    return Object.entries(value).flatMap(([key, inner]) => paths(inner, path ? `${path}.${key}` : key));
}

/**
 * Keys that a chart's schema doesn't know, or has with another type. Stricter than the schema itself: a group with keys of its own takes no
 * further ones, even where it leaves that open, because the chart would ignore them.
 */
export function unknownKeys(root: Schema, value: unknown, schema: Schema = root, path = ""): string[] {
    const at = resolved(root, schema);
    const problems = typeProblem(at, value, path);
    if (problems.length) return problems;
    if (Array.isArray(value)) {
        return value.flatMap((item) => (isObject(at.items) ? unknownKeys(root, item, at.items, `${path}[]`) : []));
    }
    if (!isObject(value)) return [];
    const known = (at.properties ?? {}) as Record<string, Schema>;
    const others = at.additionalProperties;
    return Object.entries(value).flatMap(([key, inner]) => {
        const here = path ? `${path}.${key}` : key;
        if (key in known) return unknownKeys(root, inner, known[key], here);
        if (isObject(others)) return unknownKeys(root, inner, others, here);
        // An object without any keys of its own takes what it is given: resources, labels.
        return Object.keys(known).length === 0 && others !== false ? [] : [`${here} is unknown`];
    });
}

function resolved(root: Schema, schema: Schema): Schema {
    const { $ref: reference } = schema;
    if (typeof reference !== "string") return schema;
    const target = reference
        .replace(/^#\//, "")
        .split("/")
        .reduce<unknown>((found, key) => (found as Schema)[key], root);
    return resolved(root, target as Schema);
}

function typeProblem({ type, enum: choice, const: only }: Schema, value: unknown, path: string): string[] {
    if (Array.isArray(choice) && !choice.includes(value)) return [`${path} is ${JSON.stringify(value)}`];
    if (only !== undefined && only !== value) return [`${path} is ${JSON.stringify(value)}`];
    if (type === undefined) return [];
    const types = (Array.isArray(type) ? type : [type]) as string[];
    const actual = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
    const fits = types.some((each) => each === actual || (each === "integer" && Number.isInteger(value)));
    return fits ? [] : [`${path} is ${actual}, wanted ${types.join(" or ")}`];
}
