import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { schema } from "./schema";

type Json = Record<string, unknown>;

/**
 * The JSON Schema of a stack file (`Pulumi.<stack>.yaml`), for editors. Nothing but the profile is required, because the
 * profile has a default for nearly all; the program itself checks the whole.
 */
export function stackFileSchema(project = "data-platform"): Json {
    const whole = z.toJSONSchema(schema) as { properties: Record<string, Json> };
    const properties = Object.fromEntries(
        Object.entries(whole.properties).map(([key, value]) => [`${project}:${key}`, optional(value)]),
    );
    return {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        title: "Stack config of data-platform",
        type: "object",
        properties: {
            config: {
                type: "object",
                properties,
                required: [`${project}:profile`],
                // Keys of providers (`kubernetes:…`, `pulumi:…`) may stand beside ours; an unknown one of ours may not.
                patternProperties: { [`^(?!${project}:)[^:]+:.+$`]: {} },
                additionalProperties: false,
            },
        },
        required: ["config"],
    };
}

/** A copy in which no key of a group is required. Entries of a list stay as they are: they have no defaults to fall back on. */
function optional(value: Json): Json {
    const { properties, ...rest } = value;
    if (!properties) return value;
    delete rest.required;
    const inner = Object.entries(properties as Record<string, Json>).map(([key, item]) => [key, optional(item)]);
    return { ...rest, properties: Object.fromEntries(inner) };
}

/** Path of the generated file; not "schema.json", which Node would take for the module "./schema". */
export const schemaFile = join(__dirname, "stack-file.schema.json");

/** The file's exact text. */
export function schemaText(): string {
    return `${JSON.stringify(stackFileSchema(), null, 2)}\n`;
}

if (require.main === module) writeFileSync(schemaFile, schemaText());
