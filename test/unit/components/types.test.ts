import assert from "node:assert/strict";

import { readFileSync } from "node:fs";
import { join } from "node:path";

import type * as k8s from "@pulumi/kubernetes";

import { SecretRef } from "../../../components/contracts";
import { EtlArgs } from "../../../components/etl";
import { MlflowArgs } from "../../../components/mlflow";
import { SparkJobsArgs } from "../../../components/spark/jobs";
import { repoRoot } from "../../../lib/paths";

const login = new SecretRef("login", "jobs", ["username", "password"], {} as k8s.core.v1.Secret, "1", {});

/** `tsc` fails where a line below `@ts-expect-error` has no mistake. */
describe("what the compiler refuses", () => {
    it("a Secret is asked for a key that it has", () => {
        const { valueFrom } = login.key("password");
        assert.deepEqual(valueFrom, { secretKeyRef: { name: "login", key: "password" } });
        // @ts-expect-error no key of it
        login.key("token");
    });

    it("a workload's environment takes only a key that a Secret was asked for", () => {
        const env: EtlArgs["secretEnv"] = { PASSWORD: login.key("password") };
        assert.deepEqual(Object.keys(env), ["PASSWORD"]);
        // @ts-expect-error no key of it
        const wrong: EtlArgs["secretEnv"] = { TOKEN: login.key("token") };
        // @ts-expect-error nobody has looked whether there is such a key
        const unseen: EtlArgs["secretEnv"] = { TOKEN: { secret: login, key: "token" } };
        assert.ok(wrong && unseen);
    });

    it("a component is given what it takes and nothing more", () => {
        // @ts-expect-error it holds no data
        const tracking: Partial<MlflowArgs> = { protect: true };
        // @ts-expect-error it has no password
        const spark: Partial<SparkJobsArgs> = { credentials: {} };
        assert.ok(tracking && spark);
    });

    it("index.ts hands on by name: what is spread, the compiler doesn't look at", () => {
        const [program] = readFileSync(join(repoRoot, "index.ts"), "utf8").split("export const");
        assert.doesNotMatch(program, /\.\.\./);
    });
});
