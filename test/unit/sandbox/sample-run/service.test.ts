import assert from "node:assert/strict";

import { Masker } from "../../../../kubernetes/mask";
import { UserError } from "../../../../lib/errors";
import { modelOf } from "../../../../sandbox/sample-run/mlflow";
import { Service, ServiceError } from "../../../../sandbox/sample-run/service";
import { Reply, TlsService } from "../../../support/tls-service";

const name = "mlflow.sandbox-tracking.svc";
const password = "the-password-of-nobody-at-all";

describe("a service of the platform", () => {
    let reply: Reply = () => ({});
    let service: TlsService;
    before(async () => (service = await new TlsService(name, (asked) => reply(asked)).start()));
    after(() => service.stop());

    it("is asked by the name that it has in the cluster, at the address that is reached from here", async () => {
        reply = () => ({ body: { ok: true } });
        const client = service.client();
        assert.deepEqual(await client.json("/x"), { ok: true });
        assert.match(String(service.asked.at(-1)?.headers.host), /^mlflow\.sandbox-tracking\.svc:\d+$/);
        client.close();
    });

    it("is not believed under another name, nor by another authority", async () => {
        const signal = new AbortController().signal;
        const other = await new TlsService(name, () => ({})).start();
        for (const at of [service.address("kafka.sandbox-streaming.svc"), { ...service.address(), ca: other.ca }]) {
            const client = new Service(at, { masker: new Masker(), signal });
            await assert.rejects(client.json("/x"), /shows a certificate that is not to be trusted/);
            client.close();
        }
        await other.stop();
    });

    it("is asked again when it makes a mistake, and not when it refuses; what it says is masked", async () => {
        let times = 0;
        reply = () => ({ status: ++times < 2 ? 503 : 200, body: { times } });
        const masker = new Masker();
        masker.learn(password);
        const client = service.client(masker);
        assert.deepEqual(await client.json("/x"), { times: 2 });
        reply = () => ({ status: 403, body: { detail: `no, ${password}` } });
        const before = service.asked.length;
        await assert.rejects(client.json("/x", { method: "POST", body: {} }), (error: ServiceError) => {
            assert.equal(error.status, 403);
            return !error.render().includes(password) && error.render().includes("no, (secret)");
        });
        assert.equal(service.asked.length, before + 1);
        client.close();
    });

    it("tells a model with the metrics of the run that made it", async () => {
        reply = ({ path, headers }) => {
            const basic = Buffer.from(`admin:${password}`).toString("base64");
            if (headers.authorization !== `Basic ${basic}`) return { status: 401 };
            return path.includes("model-versions/get?name=delay&version=2")
                ? { body: { model_version: { version: "2", run_id: "r1", status: "READY" } } }
                : path.includes("runs/get?run_id=r1")
                  ? { body: { run: { data: { metrics: [{ key: "mae", value: 20.5 }] } } } }
                  : { status: 404 };
        };
        const client = service.client();
        const login = { username: "admin", password };
        assert.deepEqual(await modelOf(client, login, { name: "delay", version: "2" }), {
            ...{ name: "delay", version: "2", metrics: { mae: 20.5 } },
        });
        await assert.rejects(modelOf(client, login, { name: "delay", version: "3" }), /refuses GET .* with 404/);
        client.close();
    });

    it("that nobody serves is told after a while", async () => {
        const gone = await new TlsService(name, () => ({})).start();
        const at = gone.address();
        await gone.stop();
        const client = new Service(at, { masker: new Masker(), signal: new AbortController().signal });
        await assert.rejects(client.json("/x", { again: false }), (error: UserError) =>
            /the service does not answer: .*ECONNREFUSED/.test(error.message),
        );
        client.close();
    });
});
