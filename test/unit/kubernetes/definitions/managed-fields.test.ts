import assert from "node:assert/strict";

import { foreignManagers, type ManagedFields, takenOver } from "../../../../kubernetes/definitions/managed-fields";

type Entry = Partial<ManagedFields> & Pick<ManagedFields, "manager" | "fieldsV1">;

const metadata = (...all: Entry[]) => ({
    managedFields: all.map((each) => ({ operation: "Update", apiVersion: "apiextensions.k8s.io/v1", ...each })),
});
const spec = (...names: string[]) => ({ "f:spec": Object.fromEntries(names.map((name) => [`f:${name}`, {}])) });
const ours = (fieldsV1: Entry["fieldsV1"]): Entry => ({ manager: "data-platform", operation: "Apply", fieldsV1 });
const status: Entry = { manager: "kube-apiserver", subresource: "status", fieldsV1: { "f:status": {} } };

describe("the owners of a CRD's fields", () => {
    it("give up nothing where the specification is ours alone", () => {
        assert.equal(takenOver(metadata(ours(spec("versions")), status)), undefined);
        assert.equal(takenOver({}), undefined);
        assert.deepEqual(foreignManagers(metadata(ours(spec("versions")), status)), []);
    });

    it("give up all where they are managers of ours of before, and else the specification", () => {
        const labels = (name: string) => ({ "f:metadata": { "f:labels": { [`f:${name}`]: {} } } });
        const taken = takenOver(
            metadata(
                {
                    manager: "pulumi-kubernetes-1a2b",
                    operation: "Apply",
                    fieldsV1: { ...labels("a"), ...spec("names") },
                },
                { manager: "helm", fieldsV1: { ...labels("b"), ...spec("versions") } },
                status,
            ),
        );
        assert.deepEqual(
            taken?.map(({ manager, operation, fieldsV1 }) => [manager, operation, fieldsV1]),
            [
                ["data-platform", "Apply", { ...labels("a"), ...spec("names", "versions") }],
                ["helm", "Update", labels("b")],
                ["kube-apiserver", "Update", { "f:status": {} }],
            ],
        );
    });

    it("keep what they inject, and are no others for it", () => {
        const webhook = (fields: object) => ({
            "f:spec": { "f:conversion": { "f:webhook": { "f:clientConfig": fields } } },
        });
        const bundle = webhook({ ".": {}, "f:caBundle": {} });
        const injector: Entry = { manager: "cert-manager-cainjector", fieldsV1: bundle };
        assert.deepEqual(foreignManagers(metadata(injector)), []);
        assert.equal(takenOver(metadata(ours(spec("versions")), injector)), undefined);
        const both: Entry = { ...injector, fieldsV1: webhook({ "f:caBundle": {}, "f:url": {} }) };
        assert.deepEqual(foreignManagers(metadata(both)), ["cert-manager-cainjector"]);
        const taken = takenOver(metadata(ours(spec("versions")), both));
        assert.deepEqual(
            taken?.map(({ fieldsV1 }) => fieldsV1),
            [{ "f:spec": { "f:versions": {}, ...webhook({ "f:url": {} })["f:spec"] } }, webhook({ "f:caBundle": {} })],
        );
    });
});
