import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { repoRoot } from "../../sandbox/lib/paths";
import { Reply, TlsService } from "../lib/tls-service";

const program = join(repoRoot, "components/kafka/cluster_id.py");
const pools = "/apis/kafka.strimzi.io/v1/namespaces/prod-streaming/kafkanodepools";

describe("the job that gives a Kafka cluster its id", function () {
    this.timeout(60_000);
    let account: string;
    let server: TlsService;
    let reply: Reply;
    before(async () => {
        account = mkdtempSync(join(tmpdir(), "cluster-id-"));
        server = await new TlsService("127.0.0.1", (asked) => reply(asked)).start();
        writeFileSync(join(account, "ca.crt"), server.ca);
        writeFileSync(join(account, "token"), "the-token\n");
    });
    beforeEach(() => void server.asked.splice(0));
    after(async () => {
        await server.stop();
        rmSync(account, { recursive: true });
    });

    const give = (seconds = "0.1", env: Record<string, string> = {}) =>
        execa("python3", ["-c", `import runpy; runpy.run_path(${JSON.stringify(program)}, run_name="__main__")`], {
            reject: false,
            all: true,
            env: {
                API_ACCOUNT: account,
                API_SECONDS: seconds,
                KAFKA_NAMESPACE: "prod-streaming",
                KAFKA_POOLS: "brokers controllers",
                KAFKA_CLUSTER_ID: "ours",
                KUBERNETES_SERVICE_HOST: "127.0.0.1",
                KUBERNETES_SERVICE_PORT: new URL(server.address().url).port,
                no_proxy: "127.0.0.1",
                ...env,
            },
        });
    const patches = () =>
        server.asked.filter(({ method }) => method === "PATCH").map(({ path, body }) => [path, body] as const);

    it("writes it into the status of pools that have none", async () => {
        reply = () => ({ body: { metadata: {} } });
        const { exitCode, all } = await give();
        assert.equal(exitCode, 0, all);
        assert.deepEqual(patches(), [
            [`${pools}/brokers/status`, { status: { clusterId: "ours" } }],
            [`${pools}/controllers/status`, { status: { clusterId: "ours" } }],
        ]);
        for (const { headers } of server.asked) assert.equal(headers.authorization, "Bearer the-token");
        assert.equal(server.asked.at(-1)?.headers["content-type"], "application/merge-patch+json");
    });

    it("leaves pools their id, and gives a further one the same", async () => {
        reply = ({ path }) => ({ body: path.endsWith("/brokers") ? { status: { clusterId: "theirs" } } : {} });
        assert.equal((await give()).exitCode, 0);
        assert.deepEqual(patches(), [[`${pools}/controllers/status`, { status: { clusterId: "theirs" } }]]);
    });

    it("tries again, and says at last what was wrong", async () => {
        let asked = 0;
        reply = () => (asked++ === 0 ? { status: 503, body: {} } : { body: {} });
        assert.equal((await give("20")).exitCode, 0);
        reply = () => ({ status: 403, body: { message: "kafkanodepools.kafka.strimzi.io is forbidden" } });
        const { exitCode, all } = await give();
        assert.equal(exitCode, 1);
        assert.match(all, /brokers, controllers got no cluster id in 0 s: 403 .*is forbidden/);
        const gone = await give("0.1", { KUBERNETES_SERVICE_PORT: "1" });
        assert.match(gone.all, /the API server can't be reached/);
    });
});
