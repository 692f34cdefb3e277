import assert from "node:assert/strict";

import { digestOf, withoutEmpty } from "../../../../program/definitions/definition";
import { definitionsIn, parsedDocument } from "../../../../program/definitions/parsed";

const yaml = (spec: string) =>
    `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: a.x, creationTimestamp: null }\nspec: ${spec}\n`;

describe("CRDs of a document", () => {
    it("have no empty properties, which the server drops", () => {
        const schema = { type: "object", properties: { status: { type: "object", properties: {} } }, required: [] };
        const kept = { type: "object", properties: { status: { type: "object" } }, required: [] };
        assert.deepEqual(withoutEmpty({ versions: [{ schema }] }), { versions: [{ schema: kept }] });
    });

    it("have nothing of what the server writes", () => {
        const [only] = definitionsIn(yaml("{ group: x }") + "status: { conditions: [] }\n");
        assert.deepEqual(Object.keys(only), ["apiVersion", "kind", "metadata", "spec"]);
        assert.deepEqual(only.metadata, { name: "a.x" });
    });

    it("have the same digest in whatever order, and form, they are written", () => {
        const [one] = definitionsIn(yaml("{ group: x, scope: Cluster }"));
        const [other] = definitionsIn(JSON.stringify({ ...one, spec: { scope: "Cluster", group: "x" } }));
        assert.equal(digestOf(one), digestOf(other));
        assert.notEqual(digestOf(one), digestOf({ ...one, spec: { group: "y", scope: "Cluster" } }));
    });

    it("are the same when they come out of the cache", async () => {
        const text = yaml(`{ group: x${process.pid} }`);
        const { digests, definitions } = await parsedDocument(text);
        assert.deepEqual(await definitions(), definitionsIn(text));
        assert.deepEqual(digests, { "a.x": digestOf(definitionsIn(text)[0]) });
    });

    it("are nothing else", () => {
        assert.throws(() => definitionsIn("kind: Secret\n"), /holds something else.*Secret/);
        assert.throws(() => definitionsIn("<html></html>\n"), /holds something else/);
        assert.deepEqual(definitionsIn(""), []);
    });
});
