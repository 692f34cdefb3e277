import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { repoRoot } from "../../../lib/paths";
import { TlsService } from "../../support/tls-service";

const runtime = join(repoRoot, "images/spark/runtime");

describe("image of Spark", () => {
    let dir: string;
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "spark-image-"));
        cpSync(runtime, join(dir, "home"), { recursive: true });
        for (const sub of ["home/bin", "bin", "tmp"]) mkdirSync(join(dir, sub), { recursive: true });
        // Each says what it was called with, a line an argument.
        const echo =
            '#!/bin/bash\nprintf "%s\\n" "${0##*/}" "$@"\necho "options: $SPARK_SUBMIT_OPTS$SPARK_HISTORY_OPTS"\n';
        for (const program of ["home/bin/spark-submit", "home/bin/spark-class", "bin/java"]) {
            writeFileSync(join(dir, program), echo);
            chmodSync(join(dir, program), 0o755);
        }
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    const start = (args: string[], env: Record<string, string> = {}) =>
        execa("bash", [join(dir, "home/entrypoint.sh"), ...args], {
            reject: false,
            lines: true,
            env: {
                PATH: `${join(dir, "bin")}:${process.env.PATH}`,
                SPARK_HOME: join(dir, "home"),
                TMPDIR: join(dir, "tmp"),
                PLATFORM_CA_FILE: join(dir, "ca.crt"),
                SYSTEM_CA_FILE: join(dir, "system.crt"),
                ...env,
            },
        });

    describe("entry point", () => {
        it("a driver is submitted as Spark asks", async () => {
            const { stdout, exitCode } = await start(
                ["driver", "--properties-file", "/opt/spark/conf/spark.properties", "local:///a b.py", "x"],
                { SPARK_DRIVER_BIND_ADDRESS: "10.0.0.1", SPARK_SUBMIT_OPTS: "-Dmine=1" },
            );
            assert.equal(exitCode, 0);
            assert.deepEqual(stdout.slice(0, 11), [
                "spark-submit",
                "--conf",
                "spark.driver.bindAddress=10.0.0.1",
                "--conf",
                "spark.executorEnv.SPARK_DRIVER_POD_IP=10.0.0.1",
                "--deploy-mode",
                "client",
                "--properties-file",
                "/opt/spark/conf/spark.properties",
                "local:///a b.py",
                "x",
            ]);
            assert.match(stdout.at(-1) ?? "", /^options: -Dmine=1 -Dlog4j2\.configurationFile=file:/);
        });

        it("an executor gets its options one by one, in their order, and what Spark has set on its pod", async () => {
            const { stdout } = await start(["executor"], {
                SPARK_JAVA_OPT_0: "-Dfirst=a b",
                SPARK_JAVA_OPT_1: "-Dsecond=$HOME",
                SPARK_EXECUTOR_MEMORY: "512m",
                SPARK_DRIVER_URL: "spark://driver",
                SPARK_EXECUTOR_ID: "7",
                SPARK_EXECUTOR_CORES: "2",
                SPARK_APPLICATION_ID: "app",
                SPARK_EXECUTOR_POD_IP: "10.0.0.2",
                SPARK_RESOURCE_PROFILE_ID: "0",
                SPARK_EXECUTOR_POD_NAME: "gold-exec-7",
            });
            assert.deepEqual(stdout.slice(0, 3), ["java", "-Dfirst=a b", "-Dsecond=$HOME"]);
            assert.deepEqual(stdout.slice(4, 6), ["-Xms512m", "-Xmx512m"]);
            assert.equal(stdout[7], `${dir}/home/conf:${dir}/home/jars/*`);
            assert.equal(stdout[8], "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend");
            const options = stdout.slice(9, -1);
            assert.deepEqual(
                Object.fromEntries(options.flatMap((_, at) => (at % 2 ? [] : [[options[at], options[at + 1]]]))),
                {
                    "--driver-url": "spark://driver",
                    "--executor-id": "7",
                    "--cores": "2",
                    "--app-id": "app",
                    "--hostname": "10.0.0.2",
                    "--resourceProfileId": "0",
                    "--podName": "gold-exec-7",
                },
            );
        });

        it("a variable that Spark should have set is missed by name", async () => {
            const { exitCode, stderr } = await start(["executor"], { SPARK_EXECUTOR_MEMORY: "512m" });
            assert.notEqual(exitCode, 0);
            assert.match(stderr.join("\n"), /SPARK_DRIVER_URL: unbound variable/);
        });

        it("the history server and any other program are started", async () => {
            assert.deepEqual((await start(["history-server"])).stdout.slice(0, 2), [
                "spark-class",
                "org.apache.spark.deploy.history.HistoryServer",
            ]);
            assert.deepEqual((await start(["echo", "a b"])).stdout, ["a b"]);
        });

        it("where the platform's authority is mounted, Java trusts it beside the system's", async () => {
            const service = await new TlsService("localhost", () => ({})).start();
            await service.stop();
            const other = await new TlsService("localhost", () => ({})).start();
            await other.stop();
            writeFileSync(join(dir, "ca.crt"), service.ca);
            writeFileSync(join(dir, "system.crt"), `# a comment\n${other.ca}${service.ca}`);
            const { stdout } = await start(["history-server"]);
            const found = /-Djavax\.net\.ssl\.trustStore=(\S+) -Djavax\.net\.ssl\.trustStoreType=JKS/.exec(
                stdout.at(-1) ?? "",
            );
            assert.ok(found?.[1]);
            assert.deepEqual(
                trusted(readFileSync(found[1])).map(({ fingerprint256 }) => fingerprint256),
                [other.ca, service.ca].map((pem) => new X509Certificate(pem).fingerprint256),
            );
            if (existsSync("/usr/bin/keytool")) {
                const { stdout: list } = await execa("keytool", [
                    "-list",
                    "-keystore",
                    found[1],
                    "-storepass",
                    "changeit",
                ]);
                assert.match(list, /contains 2 entries/);
            }
        });

        it("an authority's file without a certificate is named", async () => {
            writeFileSync(join(dir, "ca.crt"), "nothing\n");
            writeFileSync(join(dir, "system.crt"), "");
            const { exitCode, stderr } = await start(["executor"]);
            assert.equal(exitCode, 1);
            assert.match(stderr.join("\n"), /system\.crt holds no certificate in PEM form/);
        });
    });
});

/** The certificates of a key store, after a look at its checksum. */
function trusted(store: Buffer): X509Certificate[] {
    const content = store.subarray(0, -20);
    const key = Buffer.from("changeit", "utf16le").swap16();
    const sum = createHash("sha1").update(key).update("Mighty Aphrodite").update(content).digest();
    assert.deepEqual(store.subarray(-20), sum);
    let at = 12;
    const take = (size: number) => content.subarray(at, (at += size));
    const text = () => take(take(2).readUInt16BE()).toString();
    return Array.from({ length: content.readUInt32BE(8) }, () => {
        assert.equal(take(4).readUInt32BE(), 2);
        text();
        take(8);
        assert.equal(text(), "X.509");
        return new X509Certificate(take(take(4).readUInt32BE()));
    });
}
