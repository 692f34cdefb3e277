// Runs a command with what the workloads' tests start their own services from: a Kafka distribution, a JVM, a MinIO
// binary and Spark, taken out of the very images that the cluster runs.
import { join } from "node:path";

import { execa } from "execa";

import { renderError } from "../sandbox/lib/errors";
import { installPackages } from "../sandbox/packages";
import { extract, needJava } from "./lib/from-images";

async function main([file, ...args]: string[]): Promise<number> {
    await needJava();
    await installPackages(["openssl"]);
    const env = {
        KAFKA_HOME: process.env.KAFKA_HOME ?? (await extract("kafka", "opt/kafka")),
        MINIO_BIN: process.env.MINIO_BIN ?? join(await extract("minio", "usr/local/bin"), "minio"),
        SPARK_HOME: process.env.SPARK_HOME ?? (await extract("spark", "opt/spark")),
    };
    const { exitCode } = await execa(file, args, { env, stdio: "inherit", reject: false });
    return exitCode ?? 1;
}

main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
        console.error(renderError(error));
        process.exit(1);
    },
);
