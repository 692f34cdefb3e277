import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import { passwordOverrides, secretVersionOf } from "../../../components/rotation";

const own = { "tracking.train": "a-password-of-our-own" };

describe("round of passwords", () => {
    let made: { name: string; type: string }[];

    /** A round where the generated key is this one. */
    async function round(key: string, passwords: Record<string, string>, rotation = 1) {
        made = [];
        await pulumi.runtime.setMocks({
            newResource: ({ name, type }) => {
                made.push({ name, type });
                return { id: name, state: { result: key } };
            },
            call: () => ({}),
        });
        const output = pulumi.output(secretVersionOf("mlflow", rotation, passwords, {}));
        const value = await new Promise<string>((resolve) => output.apply(resolve));
        return { value, secret: await pulumi.isSecret(output) };
    }

    it("is the rotation alone where all passwords are generated, without a key", async () => {
        assert.deepEqual(await round("k", {}, 3), { value: "3", secret: false });
        assert.deepEqual(made, []);
    });

    it("is another one with another password, another user and another rotation; else the same", async () => {
        const one = await round("k", own);
        assert.match(one.value, /^1-[0-9a-f]{8}$/);
        assert.deepEqual(made, [{ name: "mlflow-round-key", type: "random:index/randomPassword:RandomPassword" }]);
        assert.deepEqual(await round("k", { ...own }), one);
        const others = [
            await round("k", { "tracking.train": "another-password-of-ours" }),
            await round("k", { "tracking.score": own["tracking.train"] }),
            await round("k", own, 2),
        ];
        assert.equal(new Set([one, ...others].map(({ value }) => value)).size, 4);
    });

    it("tells nothing without the key: of one password any sum may come, and none is a plain hash", async () => {
        const sums: string[] = [];
        for (const key of ["k", "l", "m"]) sums.push((await round(key, own)).value);
        assert.equal(new Set(sums).size, 3);
        const hash = createHash("sha256")
            .update(JSON.stringify(Object.entries(own)))
            .digest("hex");
        assert.ok(!sums.some((sum) => hash.startsWith(sum.slice(2, 6))));
    });

    it("stands in the clear, though the key doesn't: charts and annotations need it in a preview", async () => {
        assert.equal((await round("k", own)).secret, false);
    });

    it("looks at one system's passwords", () => {
        assert.deepEqual(passwordOverrides({ ...own, "database.airflow": "x" }, "tracking"), own);
        assert.deepEqual(passwordOverrides(undefined, "tracking"), {});
    });
});
