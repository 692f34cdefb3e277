import assert from "node:assert/strict";

import { parse } from "../../../../config/parse";
import { bucketNameProblem } from "../../../../config/values/buckets";

describe("a bucket's name", () => {
    it("is what S3 takes", () => {
        for (const name of ["abc", "my.data.lake", "1-2", "raw-2026.11", "a".repeat(63)])
            assert.equal(bucketNameProblem(name), undefined, name);
    });

    it("is nothing that S3 or MinIO refuses", () => {
        for (const [name, message] of [
            ["ab", /3 to 63/],
            ["a".repeat(64), /3 to 63/],
            ["Raw", /lower-case/],
            ["raw_data", /lower-case/],
            ["-raw", /first and last/],
            ["raw.", /first and last/],
            ["a..b", /no dot beside/],
            ["a.-b", /no dot beside/],
            ["192.168.5.4", /not the form of an address/],
            ["minio", /MinIO keeps/],
            ["xn--raw", /begins with "xn--"/],
            ["sthree-raw", /begins with "sthree-"/],
            ["raw-s3alias", /ends with "-s3alias"/],
            ["raw--x-s3", /ends with "--x-s3"/],
        ] as const)
            assert.match(bucketNameProblem(name) ?? "taken", message, name);
    });

    // What the platform itself needs.
    const usual = [
        { name: "models", writers: ["mlflow"] },
        { name: "logs", writers: ["airflow"] },
        { name: "spark-events", writers: ["gold"], readers: ["spark-history"] },
    ];
    const objectStore = (bucket: object, more: object = {}) =>
        parse(
            {
                ...{ profile: "dev", images: { registry: "registry.example.com/x" } },
                objectStore: { buckets: [{ name: "my.data", writers: ["land"], ...bucket }, ...usual], ...more },
                workloads: { flights: { enabled: false } },
            },
            "dev",
        ).objectStore;

    it("may have dots in the config, and a bound of its size, which no S3 outside has", () => {
        assert.equal(objectStore({ quota: "10Gi" }).buckets.find(({ name }) => name === "my.data")?.quota, "10Gi");
        assert.equal(objectStore({ quota: "none" }).buckets.find(({ name }) => name === "my.data")?.quota, "none");
        assert.throws(() => objectStore({ quota: "lots" }), /objectStore\.buckets\[\d\]\.quota/);
        const external = { kind: "external", external: { endpoint: "https://s3.example.com" } };
        assert.throws(() => objectStore({ quota: "10Gi" }, external), /quota +is for objectStore\.kind minio/);
        const virtual = { ...external, external: { endpoint: "https://s3.example.com", pathStyle: false } };
        assert.throws(
            () => objectStore({}, virtual),
            /"my\.data" has a dot, and before a host's name no certificate covers it/,
        );
    });
});
