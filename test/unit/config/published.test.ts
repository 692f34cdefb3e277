import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { imageContext, imageNames, imageRef } from "../../../config/images";
import { type Published, publishedFile, publishedRegistry, readPublished } from "../../../config/published";
import { publishedRules } from "../../../config/published-rules";
import { publishedFrom, tableOf } from "../../../images/build/published";
import { textOf } from "../../../images/inventory/lock";
import { renderError } from "../../../lib/errors";
import { configProblems } from "../../support/config-problems";

const digest = `sha256:${"a".repeat(64)}`;
const registry = "ghcr.io/acme/data-platform";
const both = ["linux/amd64", "linux/arm64"] as const;
const released = imageNames.filter((name) => name !== "minio" && !name.startsWith("workload-"));
const digests = () =>
    Object.fromEntries(released.map((name) => [imageRef(name, { registry, platforms: both }), digest]));

describe("published images", () => {
    let dir: string;
    let file: string;
    const write = (published: Published | string) =>
        writeFileSync(file, typeof published === "string" ? published : textOf(published));
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "published-"));
        file = join(dir, "published.json");
        write(publishedFrom(digests(), "v1.2.3", both));
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    const kafka = () => `${registry}/kafka:${imageContext("kafka").content}-amd64-arm64@${digest}`;

    it("are what a release has pushed, all of them, from the same sources", () => {
        const published = publishedFrom(digests(), "v1.2.3", both);
        assert.deepEqual(Object.keys(published.images), released);
        assert.match(textOf(published), /"platforms": \["linux\/amd64", "linux\/arm64"\]/);
        const table = tableOf(published);
        assert.ok(table.includes(`| kafka | 4.3.1 | \`${kafka()}\` | docker.io/library/debian:`), table);
        const rest = digests();
        Reflect.deleteProperty(rest, kafka().split("@")[0]);
        assert.throws(
            () => publishedFrom(rest, "v1.2.3", both),
            (error) => /not all images[\s\S]*\| kafka:4\.3\.1-\w+-amd64-arm64/.test(renderError(error)),
        );
    });

    it("are taken by digest where a stack has no registry, by way of its mirror, for its platforms", () => {
        assert.equal(imageRef("kafka", { published: file }), kafka());
        assert.equal(publishedRegistry({ published: file }), registry);
        assert.equal(
            imageRef("kafka", { published: file, mirror: "r.example.com:5000/m" }),
            kafka().replace("ghcr.io", "r.example.com:5000/m"),
        );
        assert.equal(imageRef("kafka", { published: file, platforms: ["linux/arm64"] }), kafka());
        write({ ...publishedFrom(digests(), "v1.2.3", both), platforms: ["linux/amd64"] });
        assert.throws(
            () => imageRef("kafka", { published: file, platforms: ["linux/arm64"] }),
            /kafka is neither published nor built/,
        );
    });

    it("what has changed comes from the stack's registry, or is refused with both ways out", () => {
        const published = publishedFrom(digests(), "v1.2.3", both);
        published.images.etl.content = "0.1.0-other";
        write(published);
        assert.equal(imageRef("kafka", { published: file, registry: "r.example.com/x" }), kafka());
        const own = `r.example.com/x/etl:${imageContext("etl").tag}`;
        assert.equal(imageRef("etl", { published: file, registry: "r.example.com/x" }), own);
        assert.throws(
            () => imageRef("etl", { published: file }),
            /etl is neither published nor built[\s\S]*images\.registry[\s\S]*make images STACK=<stack> PUSH=1; or go back/,
        );
        const config = { images: { published: file }, objectStore: { kind: "minio", image: "silo" } };
        const [told] = publishedRules(config as never);
        assert.match(told.message, /^is missing; it must be a text: either .*make images.*, and etl have changed/);
    });

    it("a stack's own registry, and what it has just built, come first", () => {
        assert.equal(imageRef("kafka", "r.example.com/x"), `r.example.com/x/kafka:${imageContext("kafka").tag}`);
        const recorded = join(dir, "digests.json");
        const own = `r.example.com/x/kafka:${imageContext("kafka").tag}`;
        writeFileSync(recorded, JSON.stringify({ [own]: digest }));
        const images = { registry: "r.example.com/x", published: file, digests: recorded };
        assert.equal(imageRef("kafka", images), `${own}@${digest}`);
    });

    it("today there are none, which a stack without a registry is told", () => {
        assert.match(readPublished(publishedFile).problem ?? "", /no release of this version has published images/);
        const problems = configProblems({ profile: "dev" });
        assert.match(
            String(problems["images.registry"]),
            /^is missing; it must be a text: either the registry .*make images.*docs\/images\.md.*no release/,
        );
        const named = configProblems({
            profile: "dev",
            images: { registry: "r.example.com/x", published: "images/none.json" },
        });
        assert.match(String(named["images.published"]), /there is no images\/none\.json/);
    });

    it("a file that isn't one is told by what brings it back", () => {
        for (const text of ["{", "[]", "null", '{"platforms": [], "images": {"kafka": {"content": "x"}}}']) {
            write(text);
            assert.match(readPublished(file).problem ?? "", /git checkout/, text);
        }
    });
});
