import assert from "node:assert/strict";

import { parse } from "../../../config/parse";
import { gatewayProblems, namespaceProblems, storageProblems } from "../../../components/preflight";

const registry = { images: { registry: "registry.example.com/data-platform" } };
const config = (raw: Record<string, unknown>) => parse({ profile: "dev", ...registry, ...raw }, "dev");

describe("the look at the cluster before anything is changed", () => {
    const classes = [
        { name: "standard", isDefault: true },
        { name: "fast", isDefault: false },
    ];

    it("names a storage class that isn't there, by its key, and says which are", () => {
        const asked = config({ objectStore: { storageClass: "fats" }, eventStream: { storageClass: "fast" } });
        assert.deepEqual(storageProblems(asked, { storageClasses: classes }), [
            {
                key: "objectStore.storageClass",
                message:
                    '"fats" is no storage class of the cluster; there are standard, fast (kubectl get storageclass)',
            },
        ]);
    });

    it("asks for a class where the cluster has no default, but for no more than has volumes", () => {
        const found = storageProblems(config({}), { storageClasses: [{ name: "fast", isDefault: false }] });
        assert.deepEqual(
            found.map(({ key }) => key),
            ["objectStore.storageClass", "eventStream.storageClass", "database.storageClass"],
        );
        const external = config({
            database: { kind: "external", external: { host: "db.example.com" } },
            credentials: Object.fromEntries(
                ["airflow", "mlflow", "mlflow-auth"].map((app) => [`database.${app}`, "0123456789abcdef"]),
            ),
        });
        assert.equal(storageProblems(external, { storageClasses: [] }).length, 2);
    });

    it("holds nothing against anybody who may not list them", () => {
        assert.deepEqual(storageProblems(config({ objectStore: { storageClass: "x" } }), {}), []);
        assert.deepEqual(namespaceProblems(config({}), {}, "dev"), []);
    });

    it("doesn't touch a namespace of another stack, or of nobody it knows", () => {
        const there = new Map([
            ["dev-storage", "other"],
            ["dev-jobs", undefined],
            ["dev-streaming", "dev"],
            ["default", undefined],
        ]);
        const found = namespaceProblems(config({}), { namespaces: there }, "dev");
        assert.deepEqual(
            found.map(({ key }) => key),
            ["namespaces.prefix", "namespaces.prefix"],
        );
        assert.match(found[0].message, /dev-storage is there already and belongs to the stack other; choose another/);
        assert.match(found[1].message, /dev-jobs is there already and was not made by this program/);
    });

    it("wants the namespace of a Gateway to be there", () => {
        const hosts = { tracking: "mlflow.example.com" };
        const gateway = { className: "eg", namespace: "edge" };
        const wanted = config({ ingress: { hosts, gateway } });
        const namespaces = new Map([["default", undefined]]);
        const [found] = gatewayProblems(wanted, { namespaces });
        assert.equal(found.key, "ingress.gateway.namespace");
        assert.match(found.message, /"edge" is no namespace of the cluster/);
        assert.deepEqual(gatewayProblems(wanted, { namespaces: new Map([["edge", undefined]]) }), []);
        assert.deepEqual(gatewayProblems(wanted, {}), []);
        assert.deepEqual(gatewayProblems(config({ ingress: { gateway } }), { namespaces }), []);
    });

    it("names the stack that has the cluster plane, and lets one share it", () => {
        const namespaces = new Map([["cert-manager", "main"]]);
        const [found] = namespaceProblems(config({}), { namespaces }, "dev");
        assert.equal(found.key, "cluster.mode");
        assert.match(found.message, /belongs to the stack main.*set cluster.mode to shared/);
        const shared = config({ cluster: { mode: "shared", stack: "main" } });
        assert.deepEqual(namespaceProblems(shared, { namespaces }, "dev"), []);
    });
});
