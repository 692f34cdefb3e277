import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { heldToLock } from "../../../images/inventory/check";
import { type Lock, type LockedImage, readLock } from "../../../images/inventory/lock";
import { loginAt } from "../../../images/inventory/login";
import { mirrorList } from "../../../images/inventory/mirror";
import { digestOf, NoDigest } from "../../../images/inventory/registry";
import { Registry } from "../../support/registry";

const digest = (character: string) => `sha256:${character.repeat(64)}`;
/** The committed lock as it is once registries were asked. */
const filled = (): Lock => {
    const lock = readLock();
    const fill = (list: LockedImage[]) => list.map((each) => ({ ...each, digest: digest("a") }));
    return { ...lock, upstream: fill(lock.upstream), bases: fill(lock.bases) };
};

describe("images of others are held to the lock", function () {
    this.timeout(120_000);
    const config = (images: object) => ({
        "data-platform:profile": "dev",
        "data-platform:images": JSON.stringify({ registry: "r.example.com/x", ...images }),
    });
    const program = join(__dirname, "../fixtures/upstream-image.ts");
    const image = "quay.io/strimzi/operator";
    const lockOf = (found: string | null): Lock => ({
        ...{ about: "", ours: [], bases: [] },
        upstream: [{ image, tag: "1.2.0", digest: found, stacks: ["dev"], usedBy: ["jobs"] }],
    });
    const held = (lock: Lock, ask: (name: string) => Promise<string>, images: object = {}) =>
        heldToLock({ stack: "dev", config: config(images), program, lock, ask });
    const answers = (found: string) => () => Promise.resolve(found);

    it("one whose tag stands for what the lock has may be released", async () => {
        assert.deepEqual(await held(lockOf(digest("a")), answers(digest("a"))), {
            images: 1,
            problems: [],
            notes: [],
        });
    });

    it("one without a digest, one that isn't in the lock, and one that has changed may not", async () => {
        const problems = async (lock: Lock, found = digest("a")) => (await held(lock, answers(found))).problems;
        assert.deepEqual(await problems(lockOf(null)), [`${image}:1.2.0 has no digest in images.lock.json`]);
        assert.deepEqual(await problems({ ...lockOf(null), upstream: [] }), [
            `${image}:1.2.0 is not in images.lock.json`,
        ]);
        assert.deepEqual(await problems(lockOf(digest("a")), digest("b")), [
            `${image}:1.2.0 stands for ${digest("b")} now; images.lock.json has ${digest("a")}`,
        ]);
    });

    it("what ours are built over has to be in it, too", async () => {
        const base = { image: "docker.io/library/debian", tag: "13", digest: null, stacks: [], usedBy: ["etl"] };
        const { problems } = await held({ ...lockOf(digest("a")), bases: [base] }, answers(digest("a")));
        assert.deepEqual(problems, [
            "docker.io/library/debian:13, which ours are built over, has no digest in images.lock.json",
        ]);
    });

    it("is asked where the stack pulls it from; what can't be reached may be within the cluster's reach only", async () => {
        const asked: string[] = [];
        const refuse = (status?: number) => (name: string) => {
            asked.push(name);
            return Promise.reject(new NoDigest(`${name} has no digest`, {}, status));
        };
        const mirror = "m.example.com/y";
        const unreachable = await held(lockOf(digest("a")), refuse(), { mirror });
        assert.deepEqual(unreachable.problems, []);
        assert.deepEqual(unreachable.notes, [`${mirror}/strimzi/operator:1.2.0 has no digest`]);
        assert.equal((await held(lockOf(digest("a")), refuse(404), { mirror })).problems.length, 1);
        // Upstream's own registry has to answer.
        assert.equal((await held(lockOf(digest("a")), refuse())).problems.length, 1);
        assert.deepEqual(asked, [
            `${mirror}/strimzi/operator:1.2.0`,
            `${mirror}/strimzi/operator:1.2.0`,
            `${image}:1.2.0`,
        ]);
    });

    it("prod: every image of others is in the lock, and none is overlooked", async () => {
        const { images, problems } = await heldToLock({ stack: "prod", lock: filled(), ask: answers(digest("a")) });
        assert.deepEqual(problems, []);
        const none = await heldToLock({ stack: "prod", lock: { ...filled(), upstream: [] }, offline: true });
        assert.ok(images > 5 && none.problems.length === images, `${images}`);
    });

    it("what is copied to a mirror is what the lock has; the copy has the tag", async () => {
        const list = await mirrorList({ stack: "prod", lock: filled(), mirror: "m.example.com/y" });
        const operator = list.images.find(({ target }) => target.startsWith("m.example.com/y/strimzi/operator:"));
        assert.equal(operator?.source, `quay.io/strimzi/operator@${digest("a")}`);
        assert.ok(list.images.every(({ target }) => !target.includes("@") && /:[\w.-]+$/.test(target)));
        assert.deepEqual(list.elsewhere, []);
    });
});

describe("logins at registries", () => {
    let registry: Registry;
    let dir: string;
    const before = process.env.DOCKER_CONFIG;
    beforeEach(async () => {
        registry = await Registry.serve();
        dir = mkdtempSync(join(tmpdir(), "login-"));
        process.env.DOCKER_CONFIG = dir;
    });
    afterEach(async () => {
        rmSync(dir, { recursive: true });
        if (before === undefined) delete process.env.DOCKER_CONFIG;
        else process.env.DOCKER_CONFIG = before;
        await registry.close();
    });
    const auth = Buffer.from("bob:secret").toString("base64");
    const config = (auths: object) => writeFileSync(join(dir, "config.json"), JSON.stringify({ auths }));

    it("that Docker has are used where a registry wants one, and nowhere else", async () => {
        const image = `${registry.address}/x/etl:1`;
        registry.has(image, digest("a"));
        registry.only = `Basic ${auth}`;
        await assert.rejects(digestOf(image), /wants a sign-in/);
        config({ [registry.address]: { auth } });
        assert.equal(await digestOf(image), digest("a"));
        // It is sent when it is asked for.
        assert.deepEqual(registry.asked.slice(-2), [
            "HEAD /v2/x/etl/manifests/1",
            `HEAD /v2/x/etl/manifests/1 Basic ${auth}`,
        ]);
        assert.equal(await loginAt("other.example.com"), undefined);
    });

    it("are found under Docker's own name for its registry, and what is no login is none", async () => {
        config({ "https://index.docker.io/v1/": { auth }, "r.example.com": { auth: "a b\r\nX: y" }, helper: {} });
        assert.equal(await loginAt("docker.io"), `Basic ${auth}`);
        assert.equal(await loginAt("r.example.com"), undefined);
        assert.equal(await loginAt("helper"), undefined);
        writeFileSync(join(dir, "config.json"), "{");
        assert.equal(await loginAt("docker.io"), undefined);
    });
});
