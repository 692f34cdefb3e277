// Runs a command with what the workloads' tests start their own services from: a Kafka distribution, a JVM, a MinIO
// binary and Spark, taken out of the very images that the cluster runs.
import { join } from "node:path";

import { execa } from "execa";

import { renderError } from "../lib/errors";
import { installPackages } from "../tools/packages";
import { buildForExtraction, extract, needJava } from "./support/from-images";

/** By the variable that names it, and that may name another one. */
const services = {
    KAFKA_HOME: ["kafka", "opt/kafka"],
    MINIO_BIN: ["minio", "usr/local/bin"],
    SPARK_HOME: ["spark", "opt/spark"],
} as const;

async function main([file, ...args]: string[]): Promise<number> {
    await needJava();
    await installPackages(["openssl"]);
    const wanted = Object.entries(services).filter(([name]) => !process.env[name]);
    await buildForExtraction(wanted.map(([, place]) => place));
    const env: Record<string, string> = {};
    for (const [name, [image, path]] of wanted) env[name] = await extract(image, path);
    if (env.MINIO_BIN) env.MINIO_BIN = join(env.MINIO_BIN, "minio");
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
