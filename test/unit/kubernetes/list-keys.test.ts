import assert from "node:assert/strict";

import { compare as previewed } from "../../../helm/release/compare";
import { diff } from "../../../kubernetes/diff";
import type { Manifest } from "../../../kubernetes/objects";
import { compare } from "../../../render/diff/compare";

/** A list before and after, and the fields that differ, below the list. */
type Case = [what: string, before: unknown[], after: unknown[], fields: string[]];

const inContainer: Record<string, Case[]> = {
    env: [["by name", [{ name: "A", value: "1" }], [{ name: "B" }, { name: "A", value: "2" }], ["[A].value", "[B]"]]],
    ports: [
        [
            "by number and protocol, which is TCP",
            [
                { containerPort: 53, protocol: "UDP", name: "dns" },
                { containerPort: 53, name: "tcp" },
            ],
            [
                { containerPort: 53, protocol: "TCP", name: "new" },
                { containerPort: 53, protocol: "UDP", name: "dns" },
            ],
            ["[53].name", "[53].protocol"],
        ],
        ["not by name", [{ containerPort: 80, name: "a" }], [{ containerPort: 81, name: "a" }], ["[80]", "[81]"]],
    ],
    volumeMounts: [
        [
            "by path: one volume may be mounted twice",
            [
                { name: "v", mountPath: "/a" },
                { name: "v", mountPath: "/b" },
            ],
            [
                { name: "v", mountPath: "/b" },
                { name: "v", mountPath: "/c" },
            ],
            ["[/a]", "[/c]"],
        ],
    ],
    volumeDevices: [["by path", [{ devicePath: "/a", name: "v" }], [{ devicePath: "/a", name: "w" }], ["[/a].name"]]],
    envFrom: [
        ["by place", [{ configMapRef: { name: "a" } }], [{ configMapRef: { name: "b" } }], ["[0].configMapRef.name"]],
        [
            "at the end",
            [{ configMapRef: { name: "a" } }],
            [{ configMapRef: { name: "a" } }, { secretRef: { name: "b" } }],
            ["[1]"],
        ],
        [
            "whole, when one goes from the middle",
            [{ configMapRef: { name: "a" } }, { secretRef: { name: "b" } }],
            [{ secretRef: { name: "b" } }],
            [""],
        ],
    ],
    args: [["whole, when one comes", ["a"], ["a", "b"], [""]]],
};

const container = (field: string, items: unknown[]): Manifest => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "demo" },
    spec: { template: { spec: { containers: [{ name: "web", [field]: items }] } } },
});

const service = (port: number, name: string): Manifest => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "demo" },
    spec: { ports: [{ port, name, targetPort: name }] },
});

const side = (name: string, manifest: Manifest) => ({
    name,
    objects: new Map([["web.yaml", manifest]]),
    releases: [],
    missing: [],
});

/** The differing fields as a preview shows them, and as a pull request's comment does. */
function both(before: Manifest, after: Manifest) {
    const [{ fields: preview }] = previewed([before], [after]);
    const [{ fields: comment }] = compare(side("a", before), side("b", after)).components[0].objects;
    return { preview, comment };
}

describe("items of a list", () => {
    for (const [field, cases] of Object.entries(inContainer)) {
        for (const [what, before, after, fields] of cases) {
            it(`${field} are matched ${what}; in a preview and in a comment alike`, () => {
                const { preview, comment } = both(container(field, before), container(field, after));
                assert.deepEqual(
                    preview.map(({ path }) => path),
                    fields.map((each) => `spec.template.spec.containers[web].${field}${each}`),
                );
                assert.deepEqual(comment, preview);
            });
        }
    }

    it("ports of a Service are matched by number; in a preview and in a comment alike", () => {
        const { preview, comment } = both(service(80, "http"), service(80, "web"));
        assert.deepEqual(
            preview.map(({ path }) => path),
            ["spec.ports[80].name", "spec.ports[80].targetPort"],
        );
        assert.deepEqual(comment, preview);
    });

    it("without the keys, or with the same twice, are matched by place", () => {
        const ports = (...items: object[]) => ({ spec: { ports: items } });
        assert.deepEqual(
            diff(ports({ name: "a" }), ports({ name: "b" })).map(({ path }) => path),
            ["spec.ports[0].name"],
        );
        assert.deepEqual(
            diff(ports({ port: 1 }, { port: 1 }), ports({ port: 1 }, { port: 1, protocol: "TCP" })).map(
                ({ path }) => path,
            ),
            ["spec.ports[1].protocol"],
        );
    });
});
