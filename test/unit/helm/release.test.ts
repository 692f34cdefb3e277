import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";

import { ResourceRequest } from "../../../program/program";
import { compare, isHook, isSame, objectsOf } from "../../../helm/release/compare";
import { releaseInputs, templateArgs, upgradeArgs } from "../../../helm/release/inputs";
import { decode } from "../../../helm/release/storage";
import { UserError } from "../../../lib/errors";

function request(inputs: Record<string, unknown>): ResourceRequest {
    return {
        ...{ urn: "urn", type: "kubernetes:helm.sh/v3:Release", name: "kafka", custom: true, secretPaths: [] },
        ...{ dependencies: [], retainOnDelete: false, protect: false, deleteBeforeReplace: true },
        inputs: { name: "kafka", namespace: "streaming", chart: "./charts/kafka", compat: "true", ...inputs },
    };
}

describe("Releases for Helm", () => {
    it("become arguments; values never do", () => {
        const inputs = releaseInputs(
            request({
                ...{ values: { password: "x" }, timeout: 600, maxHistory: 5, cleanupOnFail: true, atomic: false },
                description: "chart 0123456789ab",
            }),
        );
        assert.deepEqual(upgradeArgs(inputs), [
            ...["upgrade", "--install", "kafka", "./charts/kafka", "--namespace", "streaming", "--values", "-"],
            ...["--timeout", "720h", "--history-max", "5", "--description", "chart 0123456789ab"],
            ...["--wait", "--cleanup-on-fail"],
        ]);
        const capabilities = { version: "v1.36.3", apis: ["v1", "v1/Pod"] };
        assert.deepEqual(templateArgs(inputs, true, capabilities), [
            ...["template", "kafka", "./charts/kafka", "--namespace", "streaming", "--values", "-"],
            ...["--dry-run=server", "--kube-version", "v1.36.3", "--api-versions", "v1,v1/Pod", "--is-upgrade"],
        ]);
    });

    it("follow the provider's defaults, repositories and skipAwait", () => {
        const inputs = releaseInputs(
            request({ chart: "airflow", version: "1.22.0", repositoryOpts: { repo: "https://x" }, skipAwait: true }),
        );
        assert.equal(inputs.timeout, 300);
        const args = upgradeArgs(inputs).join(" ");
        assert.match(args, /airflow .*--version 1\.22\.0 --repo https:\/\/x/);
        assert.ok(!args.includes("--wait") && !args.includes("--description"));
    });

    it("hand null on, which takes a chart's default away", () => {
        const values = { replicas: null, pods: [{ note: null, name: "a" }] };
        assert.deepEqual(releaseInputs(request({ values })).values, values);
    });

    it("with inputs that would be ignored are refused, all named", () => {
        assert.throws(
            () => releaseInputs(request({ postrender: "x", repositoryOpts: { repo: "r", password: "p" } })),
            (error: UserError) => error.message.includes("postrender, repositoryOpts.password"),
        );
    });

    const manifest = (kind: string, name: string, rest = {}) => ({
        apiVersion: "v1",
        kind,
        metadata: { name },
        ...rest,
    });

    it("are compared object by object", () => {
        const deployed = [
            manifest("ConfigMap", "a", { data: { x: "1" } }),
            manifest("Service", "gone"),
            manifest("Secret", "s"),
        ];
        const rendered = [
            manifest("Secret", "s"),
            manifest("ConfigMap", "a", { data: { x: "2" } }),
            manifest("Job", "new"),
        ];
        assert.deepEqual(compare(deployed, rendered), [
            { object: "ConfigMap a", operation: "update", fields: [{ path: "data.x", before: "1", after: "2" }] },
            { object: "Job new", operation: "create", fields: [] },
            { object: "Secret s", operation: "same", fields: [] },
            { object: "Service gone", operation: "delete", fields: [] },
        ]);
    });

    it("are the same only if values, version, description and every object are", () => {
        const revision = { config: { nodes: 1 }, chart: { name: "kafka", version: "1.0.0" }, description: "chart a" };
        const same = compare([manifest("Secret", "s")], [manifest("Secret", "s")]);
        assert.ok(isSame(revision, { values: { nodes: 1 } }, same));
        assert.ok(isSame(revision, { values: { nodes: 1, gone: undefined } }, same));
        assert.ok(!isSame(revision, { values: { nodes: 2 } }, same));
        assert.ok(!isSame(revision, { values: { nodes: 1 }, version: "1.0.1" }, same));
        assert.ok(isSame(revision, { values: { nodes: 1 }, description: "chart a" }, same));
        assert.ok(!isSame(revision, { values: { nodes: 1 }, description: "chart b" }, same));
        assert.ok(!isSame(revision, { values: { nodes: 1 } }, compare([], [manifest("Secret", "s")])));
    });

    it("are read from Helm's own Secrets", () => {
        const stored = {
            version: 3,
            info: { status: "deployed" },
            chart: { metadata: { name: "kafka", version: "1.0.0", appVersion: "4.3.1" } },
            config: { nodes: 1 },
            manifest: "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
            hooks: [
                {
                    manifest:
                        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: h\n  annotations:\n    helm.sh/hook: post-install\n",
                },
            ],
        };
        const packed = gzipSync(JSON.stringify(stored)).toString("base64");
        const revision = decode({
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "sh.helm.release.v1.kafka.v3", namespace: "streaming" },
            data: { release: Buffer.from(packed).toString("base64") },
        });
        assert.equal(revision.revision, 3);
        assert.equal(revision.status, "deployed");
        assert.deepEqual(revision.chart, { name: "kafka", version: "1.0.0", appVersion: "4.3.1" });
        assert.equal(revision.stored.name, "sh.helm.release.v1.kafka.v3");
        const objects = objectsOf(revision);
        assert.deepEqual(
            objects.map(({ kind }) => kind),
            ["ConfigMap", "Pod"],
        );
        assert.deepEqual(objects.map(isHook), [false, true]);
    });
});
