import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ApiProgram } from "../../../support/api-program";

const program = new ApiProgram("components/ingress/ca_bundle.py");
const certificate = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";

describe("the job that copies the CA", function () {
    this.timeout(60_000);
    let dir: string;
    before(async () => {
        dir = await mkdtemp(join(tmpdir(), "ca-bundle-"));
        await writeFile(join(dir, "ca.crt"), certificate);
        await program.start();
    });
    beforeEach(() => void program.server.asked.splice(0));
    after(async () => {
        await program.stop();
        await rm(dir, { recursive: true });
    });

    const copy = (env: Record<string, string> = {}) =>
        program.run({
            API_SECONDS: "0.1",
            BUNDLE_NAMESPACE: "prod-tracking",
            BUNDLE_KIND: "ConfigMap",
            BUNDLE_NAME: "platform-ca",
            BUNDLE_KEY: "ca.crt",
            CA_FILE: join(dir, "ca.crt"),
            ...env,
        });
    const asked = () => program.server.asked.map(({ method, path, body }) => [method, path, body]);

    it("makes the ConfigMap", async () => {
        program.reply = () => ({ body: {} });
        const { exitCode, all } = await copy();
        assert.equal(exitCode, 0, all);
        const made = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "platform-ca" } };
        assert.deepEqual(asked(), [
            ["POST", "/api/v1/namespaces/prod-tracking/configmaps", { ...made, data: { "ca.crt": certificate } }],
        ]);
    });

    it("gives one that is there the key, of a Secret too", async () => {
        program.reply = ({ method }) =>
            method === "POST"
                ? { status: 409, body: { message: 'secrets "platform-ca-bundle" already exists' } }
                : { body: {} };
        const secret = { BUNDLE_KIND: "Secret", BUNDLE_NAME: "platform-ca-bundle", BUNDLE_KEY: "tls.crt" };
        const { exitCode, all } = await copy(secret);
        assert.equal(exitCode, 0, all);
        assert.deepEqual(asked()[1], [
            "PATCH",
            "/api/v1/namespaces/prod-tracking/secrets/platform-ca-bundle",
            { stringData: { "tls.crt": certificate } },
        ]);
    });

    it("says at last what was wrong", async () => {
        program.reply = () => ({ status: 403, body: { message: "configmaps is forbidden" } });
        const refused = await copy();
        assert.equal(refused.exitCode, 1);
        assert.match(refused.all, /ConfigMap prod-tracking\/platform-ca got no CA in 4 attempts in \d+ s: .*forbidden/);
        assert.match((await copy({ CA_FILE: join(dir, "none") })).all, /the CA's certificate can't be read/);
        assert.match((await copy({ KUBERNETES_SERVICE_PORT: "1" })).all, /the API server can't be reached/);
    });
});
