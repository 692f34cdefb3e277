import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { schemaFile, schemaText } from "../../../config/json-schema";
import { isObject } from "../../../config/merge";
import { profiles } from "../../../config/profiles";

describe("the JSON Schema of stack files", () => {
    it("is the one that config/schema.ts makes (make schema writes it anew)", () => {
        assert.equal(readFileSync(schemaFile, "utf8"), schemaText());
    });

    const whole = JSON.parse(schemaText()) as Shape;
    const { config, ...engine } = whole.properties ?? {};

    it("describes every key, of entries of lists and maps too", () => {
        const bare = everyKey(whole, []).filter(([, { description }]) => !description);
        assert.deepEqual(
            bare.map(([path]) => path),
            [],
        );
        assert.ok(everyKey(whole, []).length > 250);
    });

    it("has the default of each key that the profile dev has one for, and says whose it is", () => {
        assert.match(whole.description ?? "", /Defaults are those of the profile dev/);
        const defaults = new Map(everyKey(config, []).map(([path, { default: usual }]) => [path, usual]));
        for (const [path, value] of leaves(profiles.dev as unknown as Record<string, unknown>)) {
            assert.deepEqual(defaults.get(`data-platform:${path}`), value, path);
        }
    });

    it("takes an encrypted value wherever a secret may stand", () => {
        const { additionalProperties: password } = config.properties?.["data-platform:credentials"] ?? {};
        assert.deepEqual(
            (password as Shape).anyOf?.map(({ type, required }) => required?.[0] ?? type),
            ["string", "secure"],
        );
    });

    it("flags unknown keys, at the root too, and knows Pulumi's own", () => {
        assert.equal(whole.additionalProperties, false);
        assert.deepEqual(Object.keys(engine), ["secretsprovider", "encryptedkey", "encryptionsalt", "environment"]);
        const [foreign] = Object.keys(config.patternProperties ?? {});
        for (const [key, is] of [
            ["pulumi:tags", true],
            ["aws:region", true],
            ["kubernetes:context", false],
            ["data-platform:databse", false],
        ] as const) {
            assert.equal(new RegExp(foreign).test(key), is, key);
        }
    });

    it("takes a number where the program does", () => {
        const { type } =
            everyKey(config, []).find(([path]) => path === "data-platform:database.resources.requests.cpu")?.[1] ?? {};
        assert.deepEqual(type, ["string", "number"]);
    });
});

interface Shape {
    type?: string | string[];
    description?: string;
    default?: unknown;
    properties?: Record<string, Shape>;
    patternProperties?: Record<string, Shape>;
    additionalProperties?: Shape | boolean;
    items?: Shape;
    anyOf?: (Shape & { required?: string[] })[];
}

/** Every key of a schema by its path, those of entries too. */
function everyKey(shape: Shape, path: string[]): [string, Shape][] {
    const { properties = {}, items, additionalProperties } = shape;
    const inside = [items, additionalProperties].filter((each): each is Shape => typeof each === "object");
    return [
        ...Object.entries(properties).flatMap(([key, inner]): [string, Shape][] => [
            [[...path, key].join("."), inner],
            ...everyKey(inner, [...path, key]),
        ]),
        ...inside.flatMap((inner) => everyKey(inner, [...path, "*"])),
    ];
}

/** Every value that is no group. */
function leaves(group: Record<string, unknown>, path: string[] = []): [string, unknown][] {
    return Object.entries(group).flatMap(([key, value]): [string, unknown][] =>
        isObject(value)
            ? leaves(value, [...path, key])
            : value === undefined
              ? []
              : [[[...path, key].join("."), value]],
    );
}
