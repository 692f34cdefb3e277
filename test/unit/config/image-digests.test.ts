import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

import { imageValue } from "../../../components/image-value";
import { digestRules, digestsVariable, readDigests, withDigestsFile } from "../../../config/image-digests";
import { imageRef } from "../../../config/images";
import { renderStack } from "../../../render/manifests";
import { project, readStackConfig, stackFile } from "../../../program/stack-config";
import { prepareCharts } from "../../../tools/charts";
import { imageNames } from "../../../config/images";
import { imagesOfStack, inPod } from "../../../images/inventory/program";
import { imageSettings } from "../../../images/inventory/settings";
import { repoRoot } from "../../../lib/paths";

const digest = `sha256:${"a".repeat(64)}`;
const registry = "ghcr.io/acme/data-platform";

describe("digests of our images", function () {
    this.timeout(120_000);
    let dir: string;
    let file: string;
    before(() => {
        mkdirSync(join(repoRoot, ".sandbox"), { recursive: true });
        dir = mkdtempSync(join(repoRoot, ".sandbox", "digests-"));
        file = relative(repoRoot, join(dir, "digests.json"));
    });
    after(() => rmSync(dir, { recursive: true }));
    const write = (content: unknown) =>
        writeFileSync(join(repoRoot, file), typeof content === "string" ? content : JSON.stringify(content));
    const all = (at: string) => Object.fromEntries(imageNames.map((name) => [imageRef(name, at), digest]));

    it("an image is pulled by tag and digest where its build recorded one", () => {
        write(all(registry));
        const tagged = imageRef("etl", { registry });
        assert.equal(imageRef("etl", registry), tagged);
        assert.equal(imageRef("etl", { registry, digests: file }), `${tagged}@${digest}`);
    });

    it("one that the file lacks is refused, by its name, and with what to do", () => {
        write({ [imageRef("kafka", registry)]: digest });
        assert.throws(
            () => imageRef("etl", { registry, digests: file }),
            (error: Error) =>
                error.message.includes(`${imageRef("etl", registry)} has no digest`) &&
                error.message.includes(file) &&
                error.message.includes(`make images STACK=<stack> PUSH=1 DIGESTS=${file}`),
        );
        // The same image at another registry is another build.
        assert.throws(() => imageRef("kafka", { registry: "r.example.com/x", digests: file }), /has no digest/);
    });

    it("a file that holds something else is told with all that is wrong, under its key", () => {
        const of = (content: unknown) => {
            write(content);
            return readDigests(file).problems.join("\n");
        };
        assert.match(of("{"), /is no JSON/);
        assert.match(of([]), /holds no digests; allowed: a JSON object/);
        const several = of({
            [`${registry}/etl`]: digest,
            [`${registry}/kafka:1`]: "sha256:1",
            [`${registry}/x:1`]: 7,
        });
        assert.match(several, /"ghcr\.io\/acme\/data-platform\/etl" is no image's name with a tag/);
        assert.match(several, /kafka:1 has no digest[\s\S]*x:1 has no digest/);
        assert.deepEqual(
            digestRules({ images: { digests: "nowhere.json" } }).map(({ key }) => key),
            ["images.digests"],
        );
        assert.match(readDigests("nowhere.json").problems.join(), /there is no file nowhere\.json.*make images/);
        assert.deepEqual(digestRules({ images: {} }), []);
    });

    it("what a workflow has just built comes before the stack's own file", () => {
        const raw = { images: { registry, digests: "own.json" }, profile: "prod" };
        assert.deepEqual(withDigestsFile(raw, {}), raw);
        assert.deepEqual(withDigestsFile(raw, { [digestsVariable]: "built.json" }), {
            ...raw,
            images: { registry, digests: "built.json" },
        });
    });

    it("charts take both: the digest stays with the tag", () => {
        const parts = imageValue(`localhost:5001/x/kafka:4.3.1-01@${digest}`, "IfNotPresent");
        assert.deepEqual(parts, {
            repository: "localhost:5001/x/kafka",
            tag: `4.3.1-01@${digest}`,
            pullPolicy: "IfNotPresent",
        });
        assert.equal(imageValue("localhost:5001/x/kafka:4.3.1-01", "Never").tag, "4.3.1-01");
    });

    for (const stack of ["ephemeral", "prod"]) {
        it(`${stack}: every container of ours is rendered with its digest, and none without`, async () => {
            await prepareCharts();
            const { values } = readStackConfig(stackFile(stack));
            const { registry: own } = imageSettings({ stack });
            write(all(own));
            const key = `${project}:images`;
            const images = JSON.stringify({ ...(JSON.parse(values[key]) as object), digests: file });
            // Narrowed, so that the Job is there that proves the way to the API server.
            const kubernetes = JSON.stringify({ apiServer: { cidrs: ["10.0.0.5/32"] } });
            const tagged = { ...values, [`${project}:kubernetes`]: kubernetes };
            const config = { ...tagged, [key]: images };
            const { objects } = await renderStack({ stack, config, charts: "directories" });
            const text = JSON.stringify(objects.map(({ manifest }) => manifest));
            const named = [
                ...text.matchAll(new RegExp(`${own.replaceAll(".", "\\.")}/[\\w-]+:[\\w.-]+(@sha256:[0-9a-f]+)?`, "g")),
            ];
            const without = named.filter(([, found]) => found !== `@${digest}`).map(([name]) => name);
            assert.deepEqual([...new Set(without)], []);
            const pods = objects.flatMap(({ manifest }) => inPod(manifest)).filter((image) => image.startsWith(own));
            assert.ok(pods.length > 5 && pods.every((image) => image.endsWith(`@${digest}`)), pods.join("\n"));
            // What a stack uses is the same with and without.
            assert.deepEqual(await imagesOfStack({ stack, config }), await imagesOfStack({ stack, config: tagged }));
        });
    }
});
