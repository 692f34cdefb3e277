import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { attest, billOf, sign, verifyAll } from "../../../images/build/signatures";
import { renderError } from "../../../lib/errors";

const digest = (character: string) => `sha256:${character.repeat(64)}`;
const signer = { identity: "https://github.com/acme/platform/.github/workflows/images.yml@refs/heads/main" };
const [etl, kafka] = ["localhost:5001/x/etl:1-aa", "ghcr.io/acme/x/kafka:2-bb"];

describe("signatures of images", () => {
    let dir: string;
    let path: string | undefined;
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "signatures-"));
        mkdirSync(join(dir, "bin"));
        path = process.env.PATH;
        process.env.PATH = join(dir, "bin");
    });
    afterEach(() => {
        process.env.PATH = path;
        rmSync(dir, { recursive: true });
    });
    /** A program that notes how it was called, and goes on with a script of bash. */
    const program = (name: string, script = "") => {
        const file = join(dir, "bin", name);
        writeFileSync(file, `#!/bin/bash\necho "${name} $*" >>"${join(dir, "calls")}"\n${script}\n`);
        chmodSync(file, 0o755);
    };
    const calls = () =>
        existsSync(join(dir, "calls")) ? readFileSync(join(dir, "calls"), "utf8").trimEnd().split("\n") : [];
    const told = (work: Promise<unknown>) => work.then(() => "", renderError);

    it("are made and asked for by digest, and under the image's very name", async () => {
        program("cosign");
        await sign(etl, digest("a"));
        await attest(etl, digest("a"), "bill.json");
        await verifyAll({ [etl]: digest("a") }, signer);
        assert.deepEqual(calls(), [
            `cosign sign --yes --annotations image=${etl} localhost:5001/x/etl@${digest("a")}`,
            `cosign attest --yes --type spdxjson --predicate bill.json localhost:5001/x/etl@${digest("a")}`,
            "cosign version",
            `cosign verify --certificate-identity ${signer.identity} --certificate-oidc-issuer https://token.actions.githubusercontent.com --annotations image=${etl} localhost:5001/x/etl@${digest("a")}`,
        ]);
    });

    it("of a list of platforms are those of each image in it, too", async () => {
        program("cosign");
        await sign(etl, digest("a"), true);
        assert.deepEqual(calls(), [
            `cosign sign --yes --recursive --annotations image=${etl} localhost:5001/x/etl@${digest("a")}`,
        ]);
    });

    it("that are missing are told with all images that lack one, and what was said of each", async () => {
        program("cosign", 'case "$*" in version) ;; *kafka*) echo "Error: no signatures found" >&2; exit 10 ;; esac');
        const said = await told(verifyAll({ [etl]: digest("a"), [kafka]: digest("b") }, signer));
        assert.match(said, /^1 of 2 images have no signature that counts/);
        assert.ok(said.includes(`| ${kafka}@${digest("b")}: Error: no signatures found`), said);
        assert.ok(said.includes(`signed by ${signer.identity}`) && !said.includes(`| ${etl}`), said);
    });

    it("of no images are none: an empty list isn't taken for a good one", async () => {
        program("cosign");
        assert.match(await told(verifyAll({}, signer)), /there is no image to verify/);
    });

    it("can't be had without cosign, nor what is in an image without syft", async () => {
        assert.match(
            await told(verifyAll({ [etl]: digest("a") }, signer)),
            /cosign is not there.*\n {2}fix: {5}install/,
        );
        assert.match(await told(billOf(etl, digest("a"), "x.json")), /syft is not there/);
        program("syft");
        await billOf(kafka, digest("b"), "x.json");
        assert.deepEqual(calls(), [
            `syft scan registry:ghcr.io/acme/x/kafka@${digest("b")} --quiet --output spdx-json=x.json`,
        ]);
    });
});
