import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import { find, full, needHelm, render, scratch, writeFiles } from "../../support/charts";

describe("chart kafka, start.sh", () => {
    let dir: string;
    before(needHelm);
    beforeEach(async () => {
        dir = scratch();
        for (const sub of ["etc", "secrets", "data", "run", "bin", "tls", "first-start"]) mkdirSync(join(dir, sub));
        writeFiles(join(dir, "etc"), find(await render("kafka", full.kafka), "ConfigMap", "kafka").data ?? {});
        writeFiles(join(dir, "secrets"), { broker: "broker-Secret~1", admin: "admin+/=Secret" });
        writeFiles(join(dir, "tls"), { "tls.crt": "the certificate\n", "tls.key": "-----BEGIN PRIVATE KEY-----\n" });
        writeFiles(dir, { "ca.crt": "-----BEGIN CERTIFICATE-----\n" });
        writeFiles(join(dir, "first-start"), { "may-found": "" });
        writeFiles(join(dir, "bin"), {
            "kafka-storage.sh": `#!/bin/bash\necho "storage $*" >>"${dir}/calls"\nmkdir -p "${dir}/data/logs"\necho cluster.id=the-id >"${dir}/data/logs/meta.properties"\n`,
            "kafka-metadata-quorum.sh": "#!/bin/bash\nexit 1\n",
            "kafka-server-start.sh": `#!/bin/bash\necho "server $*" >>"${dir}/calls"\n`,
        });
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    const start = (node: number) =>
        execa("bash", [join(dir, "etc/start.sh")], { reject: false, all: true, env: env(node) });
    const env = (node: number) => ({
        POD_NAME: `kafka-${node}`,
        KAFKA_NODE_DOMAIN: "kafka-nodes.test-ns.svc",
        KAFKA_CLUSTER_ID: "the-id",
        KAFKA_NODES: "3",
        KAFKA_FIRST_START_DIR: join(dir, "first-start"),
        KAFKA_ASK_SECONDS: "1",
        KAFKA_HOME: dir,
        KAFKA_SETTINGS_DIR: join(dir, "etc"),
        KAFKA_SECRETS_DIR: join(dir, "secrets"),
        KAFKA_CA_FILE: join(dir, "ca.crt"),
        KAFKA_TLS_DIR: join(dir, "tls"),
        KAFKA_WATCH_SECONDS: "0.1",
        KAFKA_DATA_DIR: join(dir, "data"),
        KAFKA_RUN_DIR: join(dir, "run"),
    });
    const calls = () => readFileSync(join(dir, "calls"), "utf8").trim().split("\n");

    it("knows itself by its own name and number", async () => {
        await start(2);
        assert.match(calls()[0], /^storage format .* --cluster-id the-id --no-initial-controllers$/);
        assert.deepEqual(calls().slice(1), [`server ${dir}/run/server.properties`]);
        const settings = readFileSync(join(dir, "run/server.properties"), "utf8");
        assert.match(settings, /^node\.id=2$/m);
        assert.match(settings, /^advertised\.listeners=CLIENT:\/\/kafka-2\.kafka-nodes\.test-ns\.svc:9093,/m);
    });

    it("hands no password on, in arguments, settings or its log", async () => {
        const { all } = await start(0);
        const written = [all, ...calls(), readFileSync(join(dir, "run/server.properties"), "utf8")].join("\n");
        assert.doesNotMatch(written, /broker-Secret|admin\+\/=Secret/);
    });

    it("refuses a password that settings can't carry, without saying it", async () => {
        writeFileSync(join(dir, "secrets/broker"), 'bad"password');
        const { exitCode, all } = await start(0);
        assert.equal(exitCode, 1);
        assert.match(all, /key "broker" of the Secret for the nodes must have 8 characters or more, only letters/);
        assert.doesNotMatch(all, /bad"password/);
        assert.ok(!existsSync(join(dir, "calls")));
    });

    it("makes one file of the certificate and its key, and notes which they are", async () => {
        assert.equal((await start(0)).exitCode, 0);
        const keystore = readFileSync(join(dir, "run/keystore.pem"), "utf8");
        assert.equal(keystore, "-----BEGIN PRIVATE KEY-----\nthe certificate\n");
        assert.equal(statSync(join(dir, "run/keystore.pem")).mode & 0o077, 0);
        assert.match(readFileSync(join(dir, "run/certificate.sum"), "utf8"), /^[0-9a-f]{64}\n$/);
    });

    it("refuses a certificate that Kafka can't read, and says what to do", async () => {
        writeFileSync(join(dir, "tls/tls.key"), "-----BEGIN EC PRIVATE KEY-----\n");
        const form = await start(0);
        assert.equal(form.exitCode, 1);
        assert.match(form.all, /tls\.key isn't in PKCS#8 .* set privateKey\.encoding: PKCS8/);
        rmSync(join(dir, "tls/tls.key"));
        assert.match((await start(0)).all, /the Secret with the certificate has no key "tls\.key"/);
        writeFileSync(join(dir, "ca.crt"), "");
        assert.match((await start(0)).all, /no certificate in its key "ca\.crt"/);
        assert.ok(!existsSync(join(dir, "calls")));
    });

    it("keeps the id of a volume that was kept", async () => {
        mkdirSync(join(dir, "data/logs"));
        writeFileSync(join(dir, "data/logs/meta.properties"), "cluster.id=older\n");
        const { exitCode, all } = await start(0);
        assert.equal(exitCode, 0);
        assert.match(all, /another cluster id than the-id and keeps it: cluster\.id=older/);
    });
});
