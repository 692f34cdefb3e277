import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { squidConf } from "../../components/egress/squid";
import { run } from "../../lib/exec";
import { imageRoot } from "../support/from-images";

interface Answer {
    port: number;
    method: string;
    target: string;
    status: number;
    seconds: number;
}

/** Somewhere on the internet, in a network of the test's own. */
const address = "203.0.113.10";
const [champion, other] = [20_001, 20_002];
const open = ["api.powerbi.com", "a.blob.example.com", "plain.example.com", "other.example.com", "blob.example.com"];
const hosts = `127.0.0.1 localhost
${address} ${open.join(" ")} xblob.example.com
169.254.169.254 metadata.example.com
10.1.2.3 rebound.example.com
`;

/** The proxy of the image, with hosts behind it: nothing here leaves the machine. */
describe("the proxy of named hosts", function () {
    this.timeout(600_000);
    let work: string;
    let log: { workload: string; host: string; status: number }[];
    const answers = new Map<string, Answer>();
    const got = (port: number, method: string, target: string) => {
        const answer = answers.get([port, method, target].join(" "));
        assert.ok(answer, `${port} ${method} ${target} was not asked`);
        return answer;
    };
    const asks: [number, string, string][] = [
        ...["api.powerbi.com:443", "API.PowerBI.com:443", "a.blob.example.com:443"].map(tunnel(champion)),
        ...["api.powerbi.com:80", "api.powerbi.com:22", "other.example.com:443"].map(tunnel(champion)),
        ...["blob.example.com:443", "xblob.example.com:443", "evil.example.com:443"].map(tunnel(champion)),
        ...[`${address}:443`, "10.0.0.1:443", "169.254.169.254:443", "[fe80::1]:443"].map(tunnel(champion)),
        ...["[::ffff:10.0.0.1]:443", "127.0.0.1:443", "localhost:443"].map(tunnel(champion)),
        ...["metadata.example.com:443", "rebound.example.com:443"].map(tunnel(champion)),
        [champion, "GET", "http://plain.example.com/x?token=not-for-the-log"],
        [champion, "GET", "http://169.254.169.254/latest/meta-data/"],
        [champion, "GET", "https://api.powerbi.com/"],
        [champion, "GET", "ftp://plain.example.com/x"],
        [champion, "GET", "/squid-internal-mgr/info"],
        ...["other.example.com:443", "api.powerbi.com:443"].map(tunnel(other)),
        tunnel(3127)("api.powerbi.com:443"),
    ];
    function tunnel(port: number) {
        return (target: string): [number, string, string] => [port, "CONNECT", target];
    }

    before(async function () {
        if (process.getuid?.() !== 0) this.skip();
        const root = await imageRoot("egress-proxy");
        work = mkdtempSync(join(tmpdir(), "egress-proxy-"));
        chmodSync(work, 0o755);
        const conf = squidConf([
            {
                port: champion,
                namespace: "jobs",
                workload: "champion",
                hosts: [
                    ...["api.powerbi.com", "*.blob.example.com", "metadata.example.com", "rebound.example.com"].map(
                        (host) => ({ host }),
                    ),
                    { host: "plain.example.com", port: 80 },
                ],
            },
            { port: other, namespace: "jobs", workload: "other", hosts: [{ host: "other.example.com" }] },
        ]);
        const files = { "squid.conf": conf, hosts, log: "", errors: "" };
        for (const [name, text] of Object.entries(files)) writeFileSync(join(work, name), text);
        for (const name of ["log", "errors"]) chownSync(join(work, name), 10001, 10001);
        const fixture = join(__dirname, "fixtures/egress-proxy.py");
        const script = [
            "set -eu",
            `ip link set lo up && ip addr add ${address}/32 dev lo`,
            `mount --rbind /dev ${root}/dev && mount -t proc proc ${root}/proc && mount --bind ${work}/hosts ${root}/etc/hosts`,
            `mount --bind ${work} ${root}/tmp`,
            // As the pod has it: no root, nothing to write.
            `chroot --userspec=10001:10001 ${root} squid -N -f /tmp/squid.conf > ${work}/log 2> ${work}/errors &`,
            `python3 ${fixture} ${address} '${JSON.stringify(asks)}'`,
        ].join("\n");
        const { stdout } = await run("unshare", [
            ...["--net", "--mount", "--pid", "--fork", "--kill-child"],
            ...["bash", "-c", script],
        ]);
        for (const answer of JSON.parse(stdout) as Answer[])
            answers.set([answer.port, answer.method, answer.target].join(" "), answer);
        log = readFileSync(join(work, "log"), "utf8")
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line) as (typeof log)[number]);
    });
    after(() => {
        if (work) rmSync(work, { recursive: true, force: true });
    });

    it("lets a workload through to the hosts that it has named, on their ports", () => {
        for (const host of ["api.powerbi.com:443", "API.PowerBI.com:443", "a.blob.example.com:443"])
            assert.equal(got(champion, "CONNECT", host).status, 200, host);
        assert.equal(got(champion, "GET", "http://plain.example.com/x?token=not-for-the-log").status, 200);
        assert.equal(got(other, "CONNECT", "other.example.com:443").status, 200);
    });

    it("refuses everything else at once: other hosts and ports, addresses, other words, another workload's port", () => {
        const refused = [...answers.values()].filter(({ status }) => status !== 200);
        assert.equal(refused.length, asks.length - 5);
        for (const { status, target } of refused) assert.equal(status, 403, target);
        const slowest = Math.max(...refused.map(({ seconds }) => seconds));
        console.log(`      ${refused.length} refusals, the slowest after ${(slowest * 1000).toFixed(0)} ms`);
    });

    it("refuses a host that it has let in where its name leads to a private or link-local address", () => {
        for (const host of ["metadata.example.com:443", "rebound.example.com:443"])
            assert.equal(got(champion, "CONNECT", host).status, 403, host);
    });

    it("logs who has asked for which host, and no path", () => {
        const text = readFileSync(join(work, "log"), "utf8");
        assert.ok(!text.includes("not-for-the-log") && !text.includes("meta-data"), text);
        assert.ok(
            log.some(
                ({ workload, host, status }) => workload === "other" && host === "other.example.com" && status === 200,
            ),
        );
        assert.ok(
            log.some(
                ({ workload, host, status }) => workload === "champion" && host === "169.254.169.254" && status === 403,
            ),
        );
        const errors = readFileSync(join(work, "errors"), "utf8");
        assert.ok(!/FATAL|Permission denied/.test(errors), errors);
    });
});
