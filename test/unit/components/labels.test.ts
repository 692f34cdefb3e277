import assert from "node:assert/strict";

import { labelValue, versionOf } from "../../../components/labels";

const valid = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

describe("labels", () => {
    it("a value is the text itself where Kubernetes takes it", () => {
        for (const text of ["1", "4.1.1-0123456789ab", "a".repeat(63), "", "A_b.c-d9"])
            assert.equal(labelValue(text), text);
    });

    it("a value can be made of any other text, and of two texts two values", () => {
        const texts = [
            "_1.0",
            "1.0_",
            `${"a".repeat(62)}-`,
            "a".repeat(64),
            "ü",
            "a b",
            "a/b",
            "-",
            "sha256:ab",
            "💥".repeat(99),
        ];
        const values = texts.map(labelValue);
        for (const value of values) assert.match(value, valid);
        assert.equal(new Set(values).size, texts.length);
        assert.notEqual(labelValue(`${"a".repeat(63)}b`), labelValue(`${"a".repeat(63)}c`));
    });

    it("a version is an image's tag or digest", () => {
        const digest = "0123456789abcdef".repeat(4);
        assert.equal(versionOf("registry.example.com:5000/etl:1.2"), "1.2");
        assert.equal(versionOf("registry.example.com:5000/etl"), undefined);
        assert.equal(versionOf("etl"), undefined);
        assert.equal(versionOf(`etl:1.2@sha256:${digest}`), digest.slice(0, 63));
        assert.equal(versionOf(`etl@sha256:${digest}`), digest.slice(0, 63));
        assert.match(labelValue(versionOf("etl:_x") ?? ""), valid);
    });
});
