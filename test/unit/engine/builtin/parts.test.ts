import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { stringify } from "yaml";

import { ResourceRequest } from "../../../../program/program";
import { KubeError } from "../../../../kubernetes/client";
import { parseWarnings } from "../../../../kubernetes/http";
import { readKubeconfig } from "../../../../kubernetes/kubeconfig";
import { handlerFor } from "../../../../engine/builtin/resources";
import { declarationOf } from "../../../../engine/builtin/resources/object";
import { randomText } from "../../../../engine/builtin/resources/random";
import { refusal } from "../../../../engine/builtin/resources/refusal";
import { Masker } from "../../../../kubernetes/mask";
import { checkProgram } from "../../../../engine/builtin/check";
import { Context } from "../../../../engine/builtin/context";
import { UserError } from "../../../../lib/errors";

describe("random texts", () => {
    it("have the length and the characters that are asked for", () => {
        for (let round = 0; round < 50; round++) {
            assert.match(randomText({ length: 32, special: false }), /^[A-Za-z0-9]{32}$/);
            assert.match(randomText({ length: 8, special: false, upper: false, lower: false }), /^\d{8}$/);
            const mixed = randomText({ length: 10, minSpecial: 3, minUpper: 2, overrideSpecial: "_" });
            assert.ok((mixed.match(/_/g) ?? []).length >= 3 && (mixed.match(/[A-Z]/g) ?? []).length >= 2, mixed);
        }
    });

    it("are never twice the same", () => {
        const texts = new Set(Array.from({ length: 1000 }, () => randomText({ length: 20 })));
        assert.equal(texts.size, 1000);
    });
});

describe("declarations", () => {
    const request = (inputs: Record<string, unknown>): ResourceRequest => ({
        ...{ urn: "urn", type: "kubernetes:core/v1:Secret", name: "logical", custom: true, secretPaths: [] },
        ...{ dependencies: [], retainOnDelete: false, protect: false, deleteBeforeReplace: false, inputs },
    });

    it("of Secrets have their text encoded, so that each key is owned", () => {
        const { data, stringData } = declarationOf(
            request({
                apiVersion: "v1",
                kind: "Secret",
                metadata: { name: "x" },
                data: { a: "YQ==" },
                stringData: { b: "b" },
            }),
        );
        assert.deepEqual(data, { a: "YQ==", b: "Yg==" });
        assert.equal(stringData, undefined);
    });

    it("without a name get one, which stays", () => {
        const first = declarationOf(request({ apiVersion: "v1", kind: "ConfigMap" }));
        assert.match(first.metadata.name, /^logical-[0-9a-f]{8}$/);
        const known = { apiVersion: "v1", kind: "ConfigMap", name: first.metadata.name };
        assert.equal(
            declarationOf(request({ apiVersion: "v1", kind: "ConfigMap" }), known).metadata.name,
            first.metadata.name,
        );
    });

    it("that only the Pulumi CLI can make are refused by name", () => {
        for (const [type, custom] of [
            ["kubernetes:helm.sh/v4:Chart", false],
            ["kubernetes:yaml/v2:ConfigGroup", false],
            ["kubernetes:core/v1:NamespacePatch", true],
            ["aws:s3/bucket:Bucket", true],
        ] as const) {
            assert.throws(
                () => handlerFor({ type, urn: "urn", custom }),
                new RegExp(`can't make ${type.replaceAll("/", "\\/")}`),
            );
        }
    });
});

describe("a look at the program before anything is built", () => {
    it("is content with the sandbox's stack, and says when there is no such stack", async () => {
        await checkProgram("sandbox");
        await assert.rejects(checkProgram("nosuch"), /there is no stack file Pulumi.nosuch.yaml/);
    });
});

describe("what the API server says", () => {
    it("in a Warning header is read", () => {
        const header = '299 - "would violate PodSecurity \\"restricted:latest\\"", 299 - "unknown field"';
        assert.deepEqual(parseWarnings(header), ['would violate PodSecurity "restricted:latest"', "unknown field"]);
    });

    it("when it refuses becomes an error for people, without repeating a secret", () => {
        const masker = new Masker();
        masker.learn("a-very-secret-password");
        const error = refusal(
            new KubeError(422, "Invalid", "x", [
                { field: "data.password", message: 'Invalid value: "a-very-secret-password"' },
            ]),
            { apiVersion: "v1", kind: "Secret", namespace: "n", name: "s" },
            { masker } as Context,
        );
        assert.equal(
            error.render(),
            [
                "the cluster refuses Secret n/s (Invalid)",
                "  where:   Secret n/s",
                '  | data.password: Invalid value: "(secret)"',
            ].join("\n"),
        );
    });
});

describe("kubeconfigs", () => {
    let dir: string;
    beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "kubeconfig-test-"))));
    afterEach(() => rmSync(dir, { recursive: true }));
    const write = (user: object, extra: object = {}): string => {
        const file = join(dir, "config");
        const config = {
            "current-context": "here",
            contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
            clusters: [
                { name: "c", cluster: { server: "https://127.0.0.1:6443/", "certificate-authority": "ca.crt" } },
            ],
            users: [{ name: "u", user }],
            ...extra,
        };
        writeFileSync(file, stringify(config));
        writeFileSync(join(dir, "ca.crt"), "CA");
        return file;
    };

    it("are read with files beside them and with data inside", () => {
        const file = write({
            "client-certificate-data": Buffer.from("CERT").toString("base64"),
            "client-key-data": "S0VZ",
        });
        const { server, ca, cert, key, context } = readKubeconfig(file);
        assert.deepEqual(
            [server, String(ca), String(cert), String(key), context],
            ["https://127.0.0.1:6443", "CA", "CERT", "KEY", "here"],
        );
    });

    it("that can't be used say why", () => {
        const failing = (file: string, message: RegExp) =>
            assert.throws(
                () => readKubeconfig(file),
                (error: UserError) => message.test(error.message),
            );
        failing(join(dir, "none"), /there is no kubeconfig/);
        failing(write({ exec: { command: "aws" } }), /logs in with a helper program/);
        failing(write({}, { "current-context": "gone" }), /"gone" names no cluster/);
        writeFileSync(join(dir, "bad"), "a: [");
        failing(join(dir, "bad"), /cannot read the kubeconfig/);
    });
});
