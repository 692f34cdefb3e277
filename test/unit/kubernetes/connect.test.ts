import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, Server } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { stringify } from "yaml";

import { kubeconfigFiles, layered } from "../../../kubernetes/kubeconfig-files";
import { connect } from "../../../kubernetes/connect";
import { UserError } from "../../../lib/errors";

describe("connecting to a cluster", () => {
    let dir: string;
    const write = (name: string, document: unknown) => {
        const file = join(dir, name);
        writeFileSync(file, typeof document === "string" ? document : stringify(document));
        return file;
    };
    const config = (name: string, server: string, user: Record<string, unknown> = {}) => ({
        ...{ apiVersion: "v1", kind: "Config", "current-context": name },
        clusters: [{ name, cluster: { server } }],
        users: [{ name, user }],
        contexts: [{ name, context: { cluster: name, user: name } }],
    });
    const failure = async (work: Promise<unknown>): Promise<UserError> => {
        const error: unknown = await work.then(
            () => assert.fail("it went well"),
            (reason: unknown) => reason,
        );
        assert.ok(error instanceof UserError, String(error));
        return error;
    };

    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "connect-"));
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    it("lays kubeconfigs over each other as kubectl does: the first one's holds", async () => {
        const files = [write("a", config("a", "https://a")), write("b", config("b", "https://b"))];
        const shadow = write("c", { ...config("a", "https://other"), "current-context": "b" });
        const empty = write("empty", "");
        const read = kubeconfigFiles([...files, shadow, empty, join(dir, "missing")].join(delimiter));
        assert.deepEqual(read, [...files, shadow]);
        const whole = await layered(read);
        assert.equal(whole.currentContext, "a");
        assert.equal(whole.getCurrentCluster()?.server, "https://a");
        assert.deepEqual(
            whole.contexts.map(({ name }) => name),
            ["a", "b"],
        );
    });

    it("says which file is missing, can't be read, or lacks the context, and which there are", async () => {
        assert.match((await failure(connect({ kubeconfig: join(dir, "none") }))).message, /there is no kubeconfig/);
        const broken = write("broken", "clusters: [");
        assert.match((await failure(connect({ kubeconfig: broken }))).message, /can't be read/);
        const file = write("a", config("a", "https://127.0.0.1:1"));
        const error = await failure(connect({ kubeconfig: file, context: "b" }));
        assert.match(error.render(), /"b" is no context of the kubeconfig\n.*\n {2}allowed: a\n/);
    });

    it("tells one that isn't there from one that doesn't answer, in the time that it is given", async () => {
        const gone = write("gone", config("gone", "https://127.0.0.1:1"));
        assert.match((await failure(connect({ kubeconfig: gone }))).message, /does not answer: .*ECONNREFUSED/);
        const mute: Server = createServer(() => undefined).listen(0, "127.0.0.1");
        await new Promise((resolve) => mute.once("listening", resolve));
        try {
            const { port } = mute.address() as AddressInfo;
            const file = write("mute", config("mute", `https://127.0.0.1:${port}`));
            const error = await failure(connect({ kubeconfig: file, timeoutMs: 300 }));
            assert.match(error.message, /no answer within 0.3 s/);
            assert.match(error.render(), /context mute/);
        } finally {
            mute.close();
        }
    });

    it("logs in by a program, tells it what is wanted, and shows its reason when it can't", async () => {
        const login = write(
            "login",
            `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" > ${dir}/info\necho 'session has run out' >&2\nexit 1\n`,
        );
        chmodSync(login, 0o755);
        const exec = { apiVersion: "client.authentication.k8s.io/v1", command: login, interactiveMode: "Never" };
        const file = write("exec", config("exec", "https://127.0.0.1:1", { exec }));
        const error = await failure(connect({ kubeconfig: file }));
        assert.match(error.message, /can't log in to the cluster: session has run out/);
        assert.match(error.render(), /kubectl get --raw/);
        const missing = write(
            "missing",
            config("m", "https://127.0.0.1:1", { exec: { ...exec, command: "/no/such" } }),
        );
        assert.match((await failure(connect({ kubeconfig: missing }))).message, /can't log in .*ENOENT/);
    });
});
