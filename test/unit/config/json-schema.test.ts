import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { schemaFile, schemaText } from "../../../config/json-schema";

describe("the JSON Schema of stack files", () => {
    it("is the one that config/schema.ts makes (make schema writes it anew)", () => {
        assert.equal(readFileSync(schemaFile, "utf8"), schemaText());
    });

    it("describes every key", () => {
        const { properties } = (
            JSON.parse(schemaText()) as { properties: { config: { properties: Record<string, object> } } }
        ).properties.config;
        for (const [key, value] of Object.entries(properties))
            assert.ok("description" in value, `${key} has no description`);
    });
});
