import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { repoRoot } from "../../sandbox/lib/paths";
import { Reply, TlsService } from "../lib/tls-service";

const program = join(repoRoot, "components/api_server_check.py");

describe("the check of the way to the API server", function () {
    this.timeout(60_000);
    let account: string;
    let server: TlsService;
    let reply: Reply;
    before(async () => {
        account = mkdtempSync(join(tmpdir(), "api-server-check-"));
        server = await new TlsService("127.0.0.1", (asked) => reply(asked)).start();
        writeFileSync(join(account, "ca.crt"), server.ca);
        writeFileSync(join(account, "token"), "the-token\n");
    });
    after(async () => {
        await server.stop();
        rmSync(account, { recursive: true });
    });

    const check = (port = new URL(server.address().url).port) =>
        execa("python3", ["-c", `import runpy; runpy.run_path(${JSON.stringify(program)}, run_name="__main__")`], {
            reject: false,
            all: true,
            env: {
                API_ACCOUNT: account,
                API_SECONDS: "0.2",
                CHECK_ALLOWED: "kubernetes.apiServer: addresses 10.0.0.5/32",
                KUBERNETES_SERVICE_HOST: "127.0.0.1",
                KUBERNETES_SERVICE_PORT: port,
                no_proxy: "127.0.0.1",
            },
        });

    it("is content with any answer of the API server's own: that it refuses means that it was reached", async () => {
        for (const status of [200, 403]) {
            reply = () => ({ status, body: {} });
            const { exitCode, all } = await check();
            assert.equal(exitCode, 0, all);
            assert.match(all, /a pod reaches the API server .* by kubernetes.apiServer: addresses 10.0.0.5\/32/);
        }
    });

    it("fails plainly where nobody answers: what was allowed, what is missing, and what to do", async () => {
        const { exitCode, all } = await check("1");
        assert.equal(exitCode, 1);
        assert.match(
            all,
            /^no pod gets to the API server at 127.0.0.1:1 by kubernetes.apiServer: addresses 10.0.0.5\/32/,
        );
        assert.match(all, /refused.* after 0 s.*doctor. proposes them.*networkPlugin to cilium/s);
    });

    it("isn't content with a server of another authority", async () => {
        const other = await new TlsService("127.0.0.1", () => ({ status: 200, body: {} })).start();
        try {
            const { exitCode, all } = await check(new URL(other.address().url).port);
            assert.equal(exitCode, 1);
            assert.match(all, /certificate verify failed/i);
        } finally {
            await other.stop();
        }
    });
});
