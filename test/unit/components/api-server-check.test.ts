import assert from "node:assert/strict";

import { ApiProgram } from "../../support/api-program";
import { TlsService } from "../../support/tls-service";

const program = new ApiProgram("components/api_server_check.py");

describe("the check of the way to the API server", function () {
    this.timeout(60_000);
    before(() => program.start());
    after(() => program.stop());

    const check = (env: Record<string, string> = {}) =>
        program.run({
            API_SECONDS: "0.2",
            CHECK_ALLOWED: "kubernetes.apiServer: addresses 10.0.0.5/32",
            ...env,
        });

    it("is content with any answer of the API server's own: that it refuses means that it was reached", async () => {
        for (const status of [200, 403]) {
            program.reply = () => ({ status, body: {} });
            const { exitCode, all } = await check();
            assert.equal(exitCode, 0, all);
            assert.match(all, /a pod reaches the API server .* by kubernetes.apiServer: addresses 10.0.0.5\/32/);
        }
    });

    it("fails plainly where nobody answers: what was allowed, what is missing, and what to do", async () => {
        const { exitCode, all } = await check({ KUBERNETES_SERVICE_PORT: "1" });
        assert.equal(exitCode, 1);
        assert.match(
            all,
            /^no pod gets to the API server at 127.0.0.1:1 by kubernetes.apiServer: addresses 10.0.0.5\/32/,
        );
        assert.match(all, /refused.* after 4 attempts in \d+ s.*doctor. proposes them.*networkPlugin to cilium/s);
    });

    it("isn't content with a server of another authority", async () => {
        const other = await new TlsService("127.0.0.1", () => ({ status: 200, body: {} })).start();
        try {
            const { exitCode, all } = await check({ KUBERNETES_SERVICE_PORT: new URL(other.address().url).port });
            assert.equal(exitCode, 1);
            assert.match(all, /certificate verify failed/i);
        } finally {
            await other.stop();
        }
    });
});
