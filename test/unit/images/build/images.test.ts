import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { imageNames } from "../../../../config/images";
import { archiveOf, imageFailure } from "../../../../images/build/buildah";
import { baseArguments, compilesGo } from "../../../../images/build/containerfile";
import { imageRequest } from "../../../../images/build";
import { mountsUnder } from "../../../../images/build/mounts";
import { UserError } from "../../../../lib/errors";

describe("sandbox images", () => {
    it("finds the bases that a Containerfile lets be replaced", () => {
        const text = "# c\nARG GO_BASE=golang:1\nARG VERSION=2\nARG BASE\nFROM ${GO_BASE} AS a\nARG LATER_BASE=x\n";
        assert.deepEqual(baseArguments(text), ["GO_BASE", "BASE"]);
        assert.equal(compilesGo(text), true);
        assert.equal(compilesGo("ARG BASE=x\nFROM ${BASE}\n"), false);
    });

    for (const name of imageNames) {
        it(`${name} takes every base from an argument, so that it can be built without a registry`, () => {
            const text = readFileSync(imageRequest(name, "r").containerfile, "utf8");
            const args = baseArguments(text);
            const stages: string[] = [];
            for (const [, base = "", stage] of text.matchAll(/^FROM (\S+)(?: AS (\S+))?/gm)) {
                assert.ok(stages.includes(base) || args.some((arg) => base === `\${${arg}}`), `FROM ${base}`);
                if (stage) stages.push(stage);
            }
        });
    }

    it("keeps images of the same content under another registry apart, because an archive holds the full name", () => {
        const file = (registry: string) => basename(archiveOf(imageRequest("kafka", registry)));
        assert.match(file("localhost/data-platform"), /^kafka-[\d.]+-[0-9a-f]{12}\.tar$/);
        assert.match(file("ghcr.io:443/acme"), /^ghcr\.io_443_acme_kafka-[\d.]+-[0-9a-f]{12}\.tar$/);
    });

    it("names the image, the log and the last lines when a build fails", () => {
        const evidence = Array.from({ length: 30 }, (_, index) => `line ${index}`);
        const error = imageFailure(
            "kafka",
            "/x/image-kafka.log",
            new UserError("failed with exit code 1", { evidence }),
        );
        assert.ok(error instanceof UserError);
        assert.match(
            error.render(),
            /image kafka cannot be built\n {2}where: {3}\/x\/image-kafka\.log\n {2}\| line 15/,
        );
        assert.match(error.render(), /\| line 29\n/);
    });

    it("tells a full disk from a faulty image", () => {
        const evidence = ["write /var/tmp/x: no space left on device"];
        const error = imageFailure("kafka", "/x.log", new UserError("failed", { evidence }));
        assert.ok(error instanceof UserError);
        assert.match(error.message, /the disk ran full while trying to build image kafka/);
    });

    it("finds the mounts below a directory, the deepest first", () => {
        const line = (path: string) => `36 35 98:0 / ${path} rw,noatime master:1 - ext3 /dev/root rw`;
        const mountinfo = ["/", "/a", "/ab", "/a/b", "/a/b/c\\040d"].map(line).join("\n");
        assert.deepEqual(mountsUnder(mountinfo, "/a"), ["/a/b/c d", "/a/b"]);
    });
});
