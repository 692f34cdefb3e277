import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import * as versions from "../../config/versions";

const root = resolve(__dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** Packages that a Containerfile has apt install in a version of theirs, which Debian's archive drops with the next one. */
function pinned(containerfile: string): string[] {
    return containerfile
        .replaceAll("\\\n", " ")
        .split(/\n|&&/)
        .filter((command) => /apt-get install/.test(command))
        .flatMap((command) => command.match(/[\w.+-]+=[^\s"]+/g) ?? [])
        .filter((word) => !/^DEBIAN_FRONTEND=/.test(word));
}

describe("versions", () => {
    const images = readdirSync(join(root, "images")).filter((name) =>
        existsSync(join(root, "images", name, "Containerfile")),
    );
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
            read("tools/spark-operator/go.mod").includes(
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

    it("PostgreSQL's is the major version of its image", () => {
        assert.ok(read("images/postgresql/Containerfile").includes(`ARG POSTGRESQL=${versions.postgresql}\n`));
        assert.ok(read("images/egress-proxy/Containerfile").includes(`ARG SQUID=${versions.squid}\n`));
    });

    it("MLflow's is that of its image's lock", () => {
        assert.ok(read("images/mlflow/requirements.in").includes(`mlflow[auth]==${versions.mlflow}\n`));
        assert.ok(read("images/mlflow/requirements.lock").includes(`mlflow==${versions.mlflow} `));
    });

    it("that of the workloads is their project's", () => {
        assert.ok(read("workloads/pyproject.toml").includes(`version = "${versions.etl}"`));
    });

    it("every image stands on the one Debian", () => {
        for (const image of images) {
            const bases = [
                ...read(`images/${image}/Containerfile`).matchAll(/^ARG \w*BASE=(docker\.io\/library\/debian:\S+)/gm),
            ];
            assert.ok(bases.length > 0, `images/${image} names no base`);
            for (const [, base] of bases) assert.equal(base, `docker.io/library/debian:${versions.debian}`, image);
        }
    });

    it("every image has Debian's packages of the one day, upgraded, and none by its version", () => {
        const files = images.map((image) => `images/${image}/Containerfile`);
        for (const file of files) {
            const text = read(file);
            assert.equal(/^ARG DEBIAN_DAY=(\S+)$/m.exec(text)?.[1], versions.debianDay, file);
            for (const stage of text.split(/^(?=FROM )/m).filter((part) => /^FROM \$\{(BUILD_)?BASE\}/.test(part))) {
                // Before anything is installed: a builder's cache of layers goes by it.
                assert.match(stage, /^FROM .+\nARG DEBIAN_DAY\n/, file);
                assert.match(stage, /apt-get update && apt-get upgrade --yes \\\n/, file);
            }
            assert.deepEqual(pinned(text), [], file);
        }
    });

    it("sees a package of Debian's that is named with its version", () => {
        const install = (what: string) =>
            `RUN apt-get update \\\n    && apt-get install --yes \\\n        ${what} \\\n    && rm -rf /x=1`;
        assert.deepEqual(pinned(install("ca-certificates python3=3.11.2-1+b1")), ["python3=3.11.2-1+b1"]);
        assert.deepEqual(pinned(install('"postgresql-15=${POSTGRESQL}" libpq5')), ["postgresql-15=${POSTGRESQL}"]);
        assert.deepEqual(pinned(install("postgresql-17 openssl")), []);
    });

    it("a lock is tried for the Python of the images", () => {
        const python = "3, 13";
        const compile = read("workloads/compile.sh");
        for (const platform of ["x86_64-manylinux_2_28", "aarch64-manylinux_2_36"])
            assert.ok(compile.includes(`"${platform} ${python.replace(", ", ".")}`), platform);
        for (const image of ["airflow", "etl", "ml", "mlflow"]) {
            const check = `sys.version_info[:2] == (${python})`;
            assert.ok(read(`images/${image}/Containerfile`).includes(check), image);
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
