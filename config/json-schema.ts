import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { profiles } from "./profiles";
import { schema } from "./schema";
import { inSecretGroup, isSecret } from "./secret";
import { kindOf } from "./texts";

type Json = Record<string, unknown>;

/** A value that `pulumi config set --secret` has encrypted. */
const encrypted: Json = {
    type: "object",
    properties: { secure: { type: "string", description: "Cipher of the value." } },
    required: ["secure"],
    additionalProperties: false,
};

/** Types that a text may have in YAML where it is clear what is meant: config/coerce.ts. */
const alsoGiven: Record<string, string[] | undefined> = {
    cpu: ["string", "number"],
    kafkaValue: ["string", "number", "boolean"],
};

/** Keys of a stack file that are Pulumi's own. */
const engine: Json = {
    secretsprovider: { type: "string", description: "What encrypts the secrets: written by `pulumi stack init`." },
    encryptedkey: {
        type: "string",
        description: "Key of the secrets, encrypted by a cloud's service: written by Pulumi.",
    },
    encryptionsalt: { type: "string", description: "Salt of the secrets' passphrase: written by Pulumi." },
    environment: {
        description:
            "Pulumi ESC. Only the Pulumi CLI can ask it, so that everything else refuses a stack file with it.",
    },
};

/**
 * The JSON Schema of a stack file (`Pulumi.<stack>.yaml`), for editors. Nothing but the profile is required, because the
 * profile has a default for nearly all; the program itself checks the whole.
 */
export function stackFileSchema(project = "data-platform"): Json {
    const whole = z.toJSONSchema(schema, {
        override: ({ zodSchema, jsonSchema }) => {
            if (isSecret(zodSchema)) {
                delete jsonSchema.type;
                jsonSchema.anyOf = [{ type: "string" }, encrypted];
            }
            const types = alsoGiven[kindOf(zodSchema) ?? ""];
            if (types && jsonSchema.type === "string") jsonSchema.type = types as never;
        },
    }) as { properties: Record<string, Json> };
    const properties = Object.fromEntries(
        Object.entries(whole.properties).map(([key, value]) => [`${project}:${key}`, optional(value, [key])]),
    );
    return {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        title: "Stack config of data-platform",
        description:
            "Defaults are those of the profile dev; other profiles have some of their own: docs/configuration.md.",
        type: "object",
        properties: {
            config: {
                type: "object",
                description: "The stack's config, by key with the project's prefix.",
                properties,
                required: [`${project}:profile`],
                // Keys of a team's own providers may stand beside ours; an unknown one of ours, and what nothing reads, may not.
                patternProperties: { [`^(?!(${project}|kubernetes):)[^:]+:.+$`]: {} },
                additionalProperties: false,
            },
            ...engine,
        },
        // They hold what others refer to.
        patternProperties: { "^x-": {} },
        additionalProperties: false,
        required: ["config"],
    };
}

/** A copy in which no key of a group is required and each has its default. Entries of a list stay as they are: they have none. */
function optional(value: Json, path: string[]): Json {
    const { properties, ...rest } = value;
    const usual = path.reduce<unknown>((at, key) => (at as Json | undefined)?.[key], profiles.dev);
    if (!properties) return usual === undefined || inSecretGroup(path) ? value : { ...value, default: usual };
    delete rest.required;
    const inner = Object.entries(properties as Record<string, Json>).map(([key, item]) => [
        key,
        optional(item, [...path, key]),
    ]);
    return { ...rest, properties: Object.fromEntries(inner) };
}

/** Path of the generated file; not "schema.json", which Node would take for the module "./schema". */
export const schemaFile = join(__dirname, "stack-file.schema.json");

/** The file's exact text. */
export function schemaText(): string {
    return `${JSON.stringify(stackFileSchema(), null, 2)}\n`;
}

if (require.main === module) writeFileSync(schemaFile, schemaText());
