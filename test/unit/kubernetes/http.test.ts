import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { Http } from "../../../kubernetes/http";
import { Reply, TlsService } from "../../support/tls-service";

const limits = { outage: { first: 300, later: 4_000 }, silence: { first: 400, longest: 1_600 } };
const never = () => new Promise<never>(() => undefined);

describe("requests to an API server", function () {
    this.timeout(30_000);
    let reply: Reply;
    let service: TlsService;
    let http: Http;
    beforeEach(async () => {
        service = await new TlsService("127.0.0.1", (asked) => reply(asked)).start();
        const connection = { server: service.address().url, ca: Buffer.from(service.ca), context: "x" };
        http = new Http(connection as ConstructorParameters<typeof Http>[0], limits);
        reply = () => ({ body: {} });
    });
    afterEach(async () => {
        http.close();
        await service.stop();
    });
    const ask = (method: "GET" | "POST" = "GET") => http.send({ method, path: "/version" });

    it("in the middle of an update, one that is slow gets longer for each answer", async () => {
        await ask();
        reply = async () => {
            await pause(1_000);
            return { body: { late: true } };
        };
        assert.equal(await ask(), '{"late":true}');
        // Without patience it was given up, then with twice as much, then it had answered.
        assert.equal(service.asked.length, 1 + 3);
    });

    it("one that never says a word ends, and so does one that has never been there", async () => {
        await ask();
        reply = never;
        const began = Date.now();
        await assert.rejects(ask(), /the cluster does not answer: no word for 1\.6 s/);
        assert.ok(Date.now() - began > limits.outage.later);
        const nobody = { server: "https://127.0.0.1:1", ca: Buffer.from(service.ca), context: "x" };
        const other = new Http(nobody as ConstructorParameters<typeof Http>[0], limits);
        const again = Date.now();
        await assert.rejects(other.send({ method: "GET", path: "/version" }), /ECONNREFUSED/);
        assert.ok(Date.now() - again < 2_000, "that is told soon");
        other.close();
    });

    it("an answer that it is busy is no outage: that an API can't be served is told soon", async () => {
        await ask();
        reply = () => ({ status: 503, body: { message: "the server is currently unable to handle the request" } });
        const began = Date.now();
        await assert.rejects(ask(), /currently unable/);
        assert.ok(Date.now() - began < 2_000);
    });

    it("what may not be asked twice is given all the time at once", async () => {
        reply = never;
        await assert.rejects(ask("POST"), /no word for 1\.6 s/);
        assert.equal(service.asked.length, 1);
    });
});
