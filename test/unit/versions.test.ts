import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import * as versions from "../../config/versions";

const root = resolve(__dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("versions", () => {
    const npm = JSON.parse(read("package.json")) as Record<"dependencies" | "devDependencies", Record<string, string>>;

    it("every npm package is pinned exactly", () => {
        for (const [name, version] of Object.entries({ ...npm.dependencies, ...npm.devDependencies })) {
            assert.match(version, /^\d+\.\d+\.\d+$/, name);
        }
    });

    it("Pulumi's CLI and SDK are one version, within what Pulumi.yaml asks for", () => {
        assert.equal(npm.devDependencies.pulumi, npm.dependencies["@pulumi/pulumi"]);
        assert.ok(read("Pulumi.yaml").includes(`>=${npm.devDependencies.pulumi} <`));
    });

    it("Kafka's is that of the jars in its image", () => {
        assert.ok(
            new RegExp(`<[a-z.]*kafka[a-z.]*>${versions.kafka.replaceAll(".", "\\.")}<`).test(
                read("images/kafka/pom.xml"),
            ),
        );
    });

    it("Spark's is that of PySpark and of the connector in its image", () => {
        assert.ok(read("images/spark/requirements.lock").startsWith(`pyspark==${versions.spark} `));
        assert.ok(read("images/spark/pom.xml").includes(`<spark.version>${versions.spark}</spark.version>`));
        assert.ok(read("images/spark/sha256sums.txt").includes(`spark-sql-kafka-0-10_2.13-${versions.spark}.jar`));
    });

    it("the Spark operator's chart and the program in the sandbox's image are one version", () => {
        assert.ok(
            read("sandbox/tools/spark-operator/go.mod").includes(
                `github.com/kubeflow/spark-operator/v2 v${versions.charts.sparkOperator}`,
            ),
        );
    });

    it("MinIO's is the day of its module's pseudo-version", () => {
        const day = versions.minio.replaceAll("-", "");
        assert.match(
            read("images/minio/minio/go.mod"),
            new RegExp(`github\\.com/minio/minio v0\\.0\\.0-${day}\\d{6}-`),
        );
    });

    it("PostgreSQL's is Debian's version of it", () => {
        assert.ok(read("images/postgresql/Containerfile").includes(`ARG POSTGRESQL=${versions.postgresql}-0+deb`));
    });

    it("MLflow's is that of its image's lock", () => {
        assert.ok(read("images/mlflow/requirements.in").includes(`mlflow[auth]==${versions.mlflow}\n`));
        assert.ok(read("images/mlflow/requirements.lock").includes(`mlflow==${versions.mlflow} `));
    });

    it("that of the workloads is their project's", () => {
        assert.ok(read("workloads/pyproject.toml").includes(`version = "${versions.etl}"`));
    });

    it("every image stands on the one Debian", () => {
        for (const image of readdirSync(join(root, "images"))) {
            const bases = [
                ...read(`images/${image}/Containerfile`).matchAll(/^ARG \w*BASE=(docker\.io\/library\/debian:\S+)/gm),
            ];
            assert.ok(bases.length > 0, `images/${image} names no base`);
            for (const [, base] of bases) assert.equal(base, `docker.io/library/debian:${versions.debian}`, image);
        }
    });

    it("no lock file names a registry's address", () => {
        for (const file of [
            "package-lock.json",
            ...readdirSync(join(root, "workloads"))
                .filter((name) => name.endsWith(".lock"))
                .map((name) => `workloads/${name}`),
        ]) {
            assert.doesNotMatch(read(file), /"resolved"|--index-url|--find-links/, file);
        }
    });
});
