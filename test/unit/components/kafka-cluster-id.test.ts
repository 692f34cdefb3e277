import assert from "node:assert/strict";

import { ApiProgram } from "../../support/api-program";

const program = new ApiProgram("components/kafka/cluster_id.py");
const pools = "/apis/kafka.strimzi.io/v1/namespaces/prod-streaming/kafkanodepools";

describe("the job that gives a Kafka cluster its id", function () {
    this.timeout(60_000);
    before(() => program.start());
    beforeEach(() => void program.server.asked.splice(0));
    after(() => program.stop());

    const give = (seconds = "0.1", env: Record<string, string> = {}) =>
        program.run({
            API_SECONDS: seconds,
            KAFKA_NAMESPACE: "prod-streaming",
            KAFKA_POOLS: "brokers controllers",
            KAFKA_CLUSTER_ID: "ours",
            ...env,
        });
    const patches = () =>
        program.server.asked.filter(({ method }) => method === "PATCH").map(({ path, body }) => [path, body] as const);

    it("writes it into the status of pools that have none", async () => {
        program.reply = () => ({ body: { metadata: {} } });
        const { exitCode, all } = await give();
        assert.equal(exitCode, 0, all);
        assert.deepEqual(patches(), [
            [`${pools}/brokers/status`, { status: { clusterId: "ours" } }],
            [`${pools}/controllers/status`, { status: { clusterId: "ours" } }],
        ]);
        for (const { headers } of program.server.asked) assert.equal(headers.authorization, "Bearer the-token");
        assert.equal(program.server.asked.at(-1)?.headers["content-type"], "application/merge-patch+json");
    });

    it("leaves pools their id, and gives a further one the same", async () => {
        program.reply = ({ path }) => ({ body: path.endsWith("/brokers") ? { status: { clusterId: "theirs" } } : {} });
        assert.equal((await give()).exitCode, 0);
        assert.deepEqual(patches(), [[`${pools}/controllers/status`, { status: { clusterId: "theirs" } }]]);
    });

    it("tries again, and says at last what was wrong", async () => {
        let asked = 0;
        program.reply = () => (asked++ === 0 ? { status: 503, body: {} } : { body: {} });
        assert.equal((await give("20")).exitCode, 0);
        program.reply = () => ({ status: 403, body: { message: "kafkanodepools.kafka.strimzi.io is forbidden" } });
        const { exitCode, all } = await give();
        assert.equal(exitCode, 1);
        assert.match(all, /brokers, controllers got no cluster id in 4 attempts in \d+ s: .*is forbidden/);
        const gone = await give("0.1", { KUBERNETES_SERVICE_PORT: "1" });
        assert.match(gone.all, /the API server can't be reached/);
    });
});
