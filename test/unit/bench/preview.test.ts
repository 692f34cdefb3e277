import assert from "node:assert/strict";

import { bytesOf, preview, stateBytes } from "../../../bench/preview";
import { UserError } from "../../../lib/errors";
import { collectRequests } from "../../../program/collect";

describe("a preview, its program started the way Pulumi's engine starts it", function () {
    this.timeout(180_000);

    it("registers what an evaluation without an engine does, and loads no compiler", async () => {
        // What comes of each file is kept by now.
        await preview("sandbox");
        const { registered, packages, ...used } = await preview("sandbox");
        const { requests } = await collectRequests({ stack: "sandbox", offline: true });
        const names = (of: { type: string; name: string }[]) => of.map(({ type, name }) => `${type} ${name}`).sort();
        assert.deepEqual(names(registered.filter(({ type }) => type !== "pulumi:pulumi:Stack")), names(requests));
        for (const compiler of ["typescript", "ts-node", "@npmcli/arborist", "source-map-support"]) {
            assert.ok(!packages.includes(compiler), `${compiler} is loaded`);
        }
        assert.ok(packages.includes("@pulumi/pulumi") && used.cpu > 0 && used.modules > packages.length);
        const { all, definitions } = bytesOf(registered);
        assert.ok(all > definitions && definitions >= 0);
        assert.ok(stateBytes(registered) > all);
    });

    it("names the line of the source where a program fails", async () => {
        await assert.rejects(preview("dev", "test/unit/fixtures/fails.ts"), (error: UserError) => {
            const said = error.details.evidence?.join("\n") ?? "";
            assert.match(said, /nobody knows Kafka/);
            assert.match(said, /test\/unit\/fixtures\/fails\.ts:8:11/);
            return true;
        });
    });

    it("tells once of all CRDs that can't be read, whoever waits for them", async () => {
        const address = (name: string) => [`https://127.0.0.1:1/${name}-1.2.3.yaml`];
        const crds = { certManager: address("certificates"), sparkOperator: address("applications") };
        await assert.rejects(
            preview("sandbox", ".", { "data-platform:crds": JSON.stringify(crds) }),
            (error: UserError) => {
                const said = (error.details.evidence ?? []).filter((line) => /problem|can't be read/.test(line));
                assert.equal(said.length, 3, said.join("\n"));
                assert.match(said[0], /has 2 problems; nothing was changed/);
                return true;
            },
        );
    });
});
