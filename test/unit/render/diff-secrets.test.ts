import assert from "node:assert/strict";

import { compare } from "../../../render/diff/compare";
import { redacted, redactedText } from "../../../render/diff/redact";
import { readable } from "../../../render/diff/embedded";
import { Manifest } from "../../../kubernetes/objects";
import { object, side } from "../../support/report";

const settings = (data: Record<string, unknown>, kind = "ConfigMap") => object("dev", kind, "c", { data });
const shown = (manifest: Manifest) => redacted(undefined, manifest)[1] as Manifest;
const pem = (what: string, inside: string) => `-----BEGIN ${what}-----\n${inside}\n-----END ${what}-----`;

describe("what looks like a secret in a comparison", () => {
    it("is masked by its key, in settings, in the environment and in the values of a chart", () => {
        const pod = object("dev", "Pod", "p", {
            spec: {
                containers: [
                    {
                        env: [
                            { name: "DB_PASSWORD", value: "hunter2" },
                            { name: "LEVEL", value: "info" },
                        ],
                    },
                ],
            },
        });
        assert.deepEqual((shown(pod).spec as typeof pod.spec & { containers: unknown[] }).containers, [
            {
                env: [
                    { name: "DB_PASSWORD", value: "(masked)" },
                    { name: "LEVEL", value: "info" },
                ],
            },
        ]);
        const keys = [
            "rootPassword",
            "AWS_SECRET_ACCESS_KEY",
            "auth.token",
            "sentry-dsn",
            "apiKey",
            "client_secret",
            "fernetKey",
        ];
        for (const key of keys) assert.deepEqual(shown(settings({ [key]: "abc123" })).data, { [key]: "(masked)" }, key);
        const values = object("dev", "Release", "r", {
            spec: { values: { auth: { password: "abc" }, existingSecret: "minio-root" } },
        });
        assert.deepEqual((shown(values).spec as { values: unknown }).values, {
            auth: { password: "(masked)" },
            existingSecret: "minio-root",
        });
    });

    it("is masked within longer texts: assignments, addresses, keys in PEM, well-known tokens", () => {
        const cases: [string, string][] = [
            ["a = 1\npassword = hunter2\nb = 2", "a = 1\npassword = (masked)\nb = 2"],
            ["server --db-password hunter2 --verbose", "server --db-password (masked) --verbose"],
            ['{"user": "a", "token": "abc def"}', '{"user": "a", "token": "(masked)"}'],
            [
                "postgresql://app:hunter2@db:5432/app?sslmode=require",
                "postgresql://app:(masked)@db:5432/app?sslmode=require",
            ],
            [`x\n${pem("EC PRIVATE KEY", "MHcCAQEE")}\ny`, "x\n(masked EC PRIVATE KEY)\ny"],
            [`caBundle: ${Buffer.from(pem("CERTIFICATE", "MIIB")).toString("base64")}`, "caBundle: (masked PEM)"],
            [`key ghp_${"a".repeat(36)} there`, "key (masked) there"],
        ];
        for (const [text, expected] of cases) assert.equal(redactedText(text), expected);
    });

    it("is not what only says where a secret is", () => {
        const plain = {
            PASSWORD_FILE: "/run/secrets/password",
            passwordKey: "password",
            secretName: "minio-root",
            TOKEN: "$(API_TOKEN)",
            password: "${PASSWORD}",
            "token.url": "https://auth.example.com/token",
            tokenSeconds: "3600",
            script: 'mc alias set x "$secret"\n    secret:\n      secretName: a\n--no-password --set x',
        };
        assert.deepEqual(shown(settings(plain)).data, plain);
    });

    it("still shows that it is another one, and not how long it is", () => {
        const pair = (before: string, after: string) =>
            compare(
                side("a", [settings({ password: before, same: "x" })]),
                side("b", [settings({ password: after, same: "y" })]),
            ).components[0].objects[0];
        const [one, other] = [pair("short", "another"), pair("a much longer one", "b")];
        const paths = one.fields.map(({ path, after }) => [path, after]);
        assert.deepEqual(paths, [
            ["data.password", "(masked, new value)"],
            ["data.same", "y"],
        ]);
        assert.deepEqual(one, other);
        assert.deepEqual(
            pair("x", "x").fields.map(({ path }) => path),
            ["data.same"],
        );
        assert.doesNotMatch(JSON.stringify([one, other]), /short|longer|another/);
    });

    it("doesn't take ages to find in a text that was made to take ages", () => {
        const texts = [
            "a-".repeat(20_000),
            "password".repeat(20_000),
            "eyJ-".repeat(10_000),
            "a.b+c".repeat(30_000),
            "--a ".repeat(30_000),
            "-----BEGIN A-----".repeat(5_000),
        ];
        const begun = process.cpuUsage();
        texts.forEach(redactedText);
        assert.ok(process.cpuUsage(begun).user < 20_000_000, "20 s of the processor");
    });
});

describe("values whose lines can't be compared", () => {
    it("are laid out when they are JSON in one line, and nothing of them is lost", () => {
        const json = JSON.stringify({ title: "x".repeat(80), panels: [{ id: 1 }] });
        const laidOut = readable(settings({ dashboard: json })).data as { dashboard: string };
        assert.ok(laidOut.dashboard.includes('\n  "panels": [\n'));
        for (const text of [
            `{"a": 12345678901234567890, "b": "${"x".repeat(80)}"}`,
            `{"a": 1, "a": 2, "b": "${"x".repeat(80)}"}`,
            `{${"x".repeat(90)}`,
        ]) {
            assert.deepEqual(readable(settings({ text })).data, { text });
        }
    });

    it("are told by number and checksum when they are bytes", () => {
        const { binaryData } = readable(
            object("dev", "ConfigMap", "c", { binaryData: { x: Buffer.from("abc").toString("base64") } }),
        ) as { binaryData?: unknown };
        assert.deepEqual(binaryData, { x: "<3 bytes, sha256 ba7816bf8f01>" });
    });
});

describe("what one side only could reach", () => {
    it("is not compared: definitions are not gone because their address couldn't be reached", () => {
        const definition = (name: string) =>
            object("dev", "CustomResourceDefinition", name, { spec: { versions: [] } });
        const missing = [{ key: "crds.strimzi", what: "definitions", address: "https://x", reason: "no" }];
        const { summary } = compare(
            side("before", [definition("a"), definition("b")]),
            side("after", [definition("a")], { missing }),
        );
        assert.deepEqual([summary.removed, summary.unchanged], [0, 1]);
        assert.deepEqual(summary.skipped, [
            { what: "definitions of crds.strimzi", reason: "they could not be reached in after" },
        ]);
        assert.equal(compare(side("before", [definition("b")]), side("after", [])).summary.removed, 1);
    });
});
