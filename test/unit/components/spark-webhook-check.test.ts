import assert from "node:assert/strict";

import { ApiProgram } from "../../support/api-program";

const program = new ApiProgram("components/spark/webhook_check.py");

describe("the check of the Spark operator's webhook", function () {
    this.timeout(60_000);
    before(() => program.start());
    beforeEach(() => void program.server.asked.splice(0));
    after(() => program.stop());

    const check = (seconds = "0.1") => program.run({ CHECK_NAMESPACE: "jobs", API_SECONDS: seconds });

    it("is content with what the webhook fills in, and makes nothing", async () => {
        program.reply = () => ({ status: 201, body: { spec: { mode: "cluster" } } });
        const { exitCode, all } = await check();
        assert.equal(exitCode, 0, all);
        assert.deepEqual(
            program.server.asked.map(({ method, path }) => [method, path]),
            [["POST", "/apis/sparkoperator.k8s.io/v1beta2/namespaces/jobs/sparkapplications?dryRun=All"]],
        );
    });

    it("tells of a webhook that isn't asked", async () => {
        program.reply = ({ body }) => ({ status: 201, body });
        const { exitCode, all } = await check();
        assert.equal(exitCode, 1);
        assert.match(all, /without asking the Spark operator's webhook.*namespace jobs/);
    });

    it("tells what the API server says of one that is down", async () => {
        const message = 'failed calling webhook "mutate": connection refused';
        program.reply = () => ({ status: 500, body: { message } });
        const { exitCode, all } = await check();
        assert.equal(exitCode, 1);
        assert.ok(all.includes(`the API server refuses an application: ${message}`), all);
    });
});
