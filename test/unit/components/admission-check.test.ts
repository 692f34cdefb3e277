import assert from "node:assert/strict";

import { ApiProgram } from "../../support/api-program";

const program = new ApiProgram("components/operators/admission_check.py");

const refused = {
    status: 422,
    body: {
        kind: "Status",
        message:
            'admission webhook "vcluster.cnpg.io" denied the request: Cluster.cluster.cnpg.io "admission-check" is invalid',
    },
};
const unreachable = {
    status: 500,
    body: { kind: "Status", message: 'failed calling webhook "vcluster.cnpg.io": connect: connection refused' },
};

/** Tests of CloudNativePG's webhook check against the answers of an API server. */
describe("the check of CloudNativePG's webhook", function () {
    this.timeout(60_000);
    before(() => program.start());
    after(() => program.stop());

    const check = (seconds: string, env: Record<string, string> = {}) =>
        program.run({ CHECK_NAMESPACE: "cnpg-system", API_SECONDS: seconds, ...env });

    it("ends well when the webhook itself refuses, after a try that didn't reach it; nothing is ever made", async () => {
        let asked = 0;
        program.reply = () => (asked++ === 0 ? unreachable : refused);
        const { exitCode, all } = await check("20");
        assert.equal(exitCode, 0, all);
        assert.equal(asked, 2);
        for (const { path, headers, method } of program.server.asked) {
            assert.equal(path, "/apis/postgresql.cnpg.io/v1/namespaces/cnpg-system/clusters?dryRun=All");
            assert.equal(headers.authorization, "Bearer the-token");
            assert.equal(method, "POST");
        }
    });

    it("says why when the webhook is never reached", async () => {
        program.reply = () => unreachable;
        const { exitCode, all } = await check("0.1");
        assert.equal(exitCode, 1);
        assert.match(all, /doesn't answer after 4 attempts in \d+ s: failed calling webhook .*connection refused/);
    });

    it("isn't content with an API server that takes anything, or refuses for another reason", async () => {
        program.reply = () => ({ status: 201 });
        assert.match((await check("0.1")).all, /the webhook isn't asked/);
        program.reply = () => ({
            status: 403,
            body: { message: 'clusters.postgresql.cnpg.io is forbidden: User "x"' },
        });
        const { exitCode, all } = await check("0.1");
        assert.equal(exitCode, 1);
        assert.match(all, /is forbidden/);
    });

    it("says so when there is no API server", async () => {
        const { exitCode, all } = await check("0.1", { KUBERNETES_SERVICE_PORT: "1" });
        assert.equal(exitCode, 1);
        assert.match(all, /the API server can't be reached/);
    });
});
