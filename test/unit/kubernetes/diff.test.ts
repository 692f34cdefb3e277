import assert from "node:assert/strict";
import { stripVTControlCharacters as plain } from "node:util";

import { Change } from "../../../engine/builtin/change";
import { declared, diff, within } from "../../../kubernetes/diff";
import { masked, Masker } from "../../../kubernetes/mask";
import { renderChange, renderCounts, renderTree } from "../../../engine/builtin/tree";

describe("differences between objects", () => {
    it("name each field, and items of a list by their name", () => {
        const before = {
            spec: {
                containers: [
                    { name: "a", image: "a:1" },
                    { name: "b", env: [{ name: "X", value: "1" }] },
                ],
            },
        };
        const after = {
            spec: {
                containers: [
                    { name: "b", env: [{ name: "X", value: "2" }] },
                    { name: "a", image: "a:1" },
                ],
            },
        };
        assert.deepEqual(diff(before, after), [{ path: "spec.containers[b].env[X].value", before: "1", after: "2" }]);
    });

    it("tell added from removed and from null", () => {
        assert.deepEqual(diff({ a: 1 }, { b: null }), [
            { path: "a", before: 1 },
            { path: "b", after: null },
        ]);
    });

    it("show another order of the same items, and lists without names by position", () => {
        const [one, other] = [{ name: "a" }, { name: "b" }];
        assert.deepEqual(diff({ list: [one, other] }, { list: [other, one] }), [
            { path: "list", before: [one, other], after: [other, one] },
        ]);
        assert.deepEqual(diff({ args: ["-x", "1"] }, { args: ["-x", "2"] }), [
            { path: "args[1]", before: "1", after: "2" },
        ]);
        assert.deepEqual(diff([{ name: "a" }, { name: "a" }], [{ name: "a" }]), [
            { path: "[1]", before: { name: "a" } },
        ]);
    });

    it("quote keys with dots", () => {
        assert.deepEqual(diff({ labels: { "a.b/c": "1" } }, { labels: {} }), [{ path: 'labels."a.b/c"', before: "1" }]);
    });

    it("leave out what the server and its controllers add", () => {
        const live = {
            kind: "Job",
            metadata: {
                name: "x",
                uid: "1",
                resourceVersion: "2",
                managedFields: [],
                labels: { app: "x", "batch.kubernetes.io/job-name": "x", "controller-uid": "1" },
                annotations: { "deployment.kubernetes.io/revision": "3" },
            },
            status: { succeeded: 1 },
        };
        assert.deepEqual(declared(live), {
            kind: "Job",
            metadata: { name: "x", labels: { app: "x" }, annotations: {} },
        });
    });

    it("look only at what is declared where defaults were filled in", () => {
        const live = {
            spec: { replicas: 1, template: { containers: [{ name: "a", image: "a:1", pullPolicy: "Always" }] } },
        };
        const wanted = { spec: { template: { containers: [{ name: "a", image: "a:2" }] } } };
        assert.deepEqual(diff(within(live, wanted), wanted), [
            { path: "spec.template.containers[a].image", before: "a:1", after: "a:2" },
        ]);
        const more = { spec: { template: { containers: [{ name: "a", image: "a:1" }, { name: "b" }] } } };
        assert.deepEqual(diff(within(live, more), more), [
            { path: "spec.template.containers[b]", after: { name: "b" } },
        ]);
    });
});

describe("masking", () => {
    const secret = "correct-horse-battery/staple";

    it("hides a secret that was learnt in every form, wherever it stands", () => {
        const masker = new Masker();
        masker.learn({ nested: [secret] });
        for (const form of [secret, Buffer.from(secret).toString("base64"), encodeURIComponent(secret)]) {
            assert.equal(masker.text(`x ${form} y`), `x ${masked} y`);
        }
        assert.deepEqual(masker.value({ url: `http://u:${secret}@h`, n: 1 }), { url: `http://u:${masked}@h`, n: 1 });
    });

    it("does not take an ordinary word for a secret because a secret path covers it", () => {
        const masker = new Masker();
        masker.learn({ username: "land", password: secret });
        assert.equal(masker.text("land 12 rows"), "land 12 rows");
    });

    it("leave names that anybody may know, though they stand in a Secret", () => {
        const masker = new Masker();
        masker.learn({ host: "postgresql.sandbox-database.svc", password: "0123456789abcdef" });
        assert.equal(
            masker.text("postgresql.sandbox-database.svc:5432 0123456789abcdef"),
            "postgresql.sandbox-database.svc:5432 (secret)",
        );
    });

    it("hides a Secret's contents and annotations even if they were never learnt, and nothing else of it", () => {
        const fields = new Masker().fields("Secret", [
            { path: "data.password", before: "b25l", after: "dHdv" },
            { path: "stringData.password", after: "new" },
            { path: 'metadata.annotations."last-applied"', before: "x" },
            { path: "metadata.labels.app", before: "a", after: "b" },
        ]);
        assert.deepEqual(fields, [
            { path: "data.password", before: masked, after: masked },
            { path: "stringData.password", after: masked },
            { path: 'metadata.annotations."last-applied"', before: masked },
            { path: "metadata.labels.app", before: "a", after: "b" },
        ]);
    });
});

describe("the tree of changes", () => {
    const change = (name: string, rest: Partial<Change>): Change => ({
        ...{
            urn: name,
            type: "kubernetes:core/v1:ConfigMap",
            name,
            operation: "same",
            fields: [],
            objects: [],
            notes: [],
        },
        ...rest,
    });
    const groups = [
        { urn: "store", type: "data-platform:storage:Minio", name: "minio" },
        { urn: "stream", type: "data-platform:streaming:Kafka", name: "kafka" },
    ];

    it("groups by component and shows only what changes", () => {
        const changes = [
            change("same", { parent: "store" }),
            change("settings", {
                parent: "stream",
                operation: "update",
                fields: [
                    { path: "data.heap", before: "1g", after: "2g" },
                    { path: "data.new", after: 1 },
                    { path: "data.old", before: 1 },
                    { path: "data.secret", before: masked, after: masked },
                ],
            }),
            change("gone", { operation: "delete", parent: "not declared any more" }),
        ];
        assert.equal(
            plain(renderTree(changes, groups)),
            [
                "  kafka data-platform:streaming:Kafka",
                "  ~ ConfigMap settings",
                '      ~ data.heap: "1g" => "2g"',
                "      + data.new: 1",
                "      - data.old: 1",
                "      ~ data.secret: another (secret)",
                "- ConfigMap gone",
            ].join("\n"),
        );
        assert.equal(plain(renderCounts(changes)), "1 to update, 1 to delete, 1 unchanged");
        assert.match(
            plain(renderTree(changes, groups, { all: true })),
            /minio data-platform:storage:Minio\n\s+ConfigMap same/,
        );
    });

    it("shows the objects of a Release and the lines of a file that differ", () => {
        const before = "first\nsecond\nthird\n";
        const after = "first\n2nd\nthird\n";
        const release = change("kafka", {
            type: "kubernetes:helm.sh/v3:Release",
            operation: "update",
            notes: ["the last upgrade failed"],
            objects: [
                { object: "ConfigMap kafka", operation: "update", fields: [{ path: "data.file", before, after }] },
                { object: "Service kafka", operation: "same", fields: [] },
                { object: "Job kafka-setup", operation: "create", fields: [] },
            ],
        });
        assert.equal(
            plain(renderTree([release], [])),
            [
                "~ Release kafka",
                "    i the last upgrade failed",
                "    ~ ConfigMap kafka",
                "        ~ data.file:",
                "            - second",
                "            + 2nd",
                "    + Job kafka-setup",
            ].join("\n"),
        );
    });

    it("cuts long values and says what was done in one line", () => {
        const long = change("x", { operation: "update", fields: [{ path: "a", before: "y".repeat(500), after: "z" }] });
        assert.ok(
            plain(renderTree([long], [], { width: 40 }))
                .split("\n")
                .every((line) => line.length < 80),
        );
        assert.equal(plain(renderChange(long)), "~ ConfigMap x updated");
    });
});
