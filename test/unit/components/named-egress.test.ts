import assert from "node:assert/strict";
import { join } from "node:path";

import { anywhere, closedAddresses, notPublic, within } from "../../../config/addresses";
import { namedHostProblem } from "../../../config/values/hosts";
import { javaProxyOptions, proxyEnvironment } from "../../../components/egress";
import { squidConf } from "../../../components/egress/squid";
import { Collected, collect } from "../../support/collect";

interface Pod {
    metadata: { labels: Record<string, string>; annotations: Record<string, string> };
    spec: { containers: { env: { name: string; value: string }[]; ports: { containerPort: number }[] }[] };
}
interface Rule {
    from?: { namespaceSelector: object; podSelector: { matchLabels: Record<string, string> } }[];
    to?: { ipBlock?: { cidr: string; except: string[] }; podSelector?: object }[];
    ports: { port: number }[];
}
interface Policy {
    ingress?: Rule[];
    egress?: Rule[];
}

const evaluate = (more: Record<string, string> = {}): Promise<Collected> =>
    collect({
        program: join(__dirname, "../fixtures/named-egress.ts"),
        config: { "data-platform:profile": "sandbox", ...more },
    });

const spec = <T>(made: Collected, kind: string, name: string) => made.one(kind, name).inputs.spec as T;
const environment = (pod: Pod) =>
    Object.fromEntries(pod.spec.containers[0].env.map(({ name, value }) => [name, value]));

/** Pods that name hosts, by their workload. */
function pods(made: Collected): Record<string, Pod> {
    const { task, gold } = made.outputs.manifests as { task: Pod; gold: { spec: Record<string, { template: Pod }> } };
    return {
        task,
        cron: spec<{ jobTemplate: { spec: { template: Pod } } }>(made, "CronJob", "cron").jobTemplate.spec.template,
        service: spec<{ template: Pod }>(made, "Deployment", "service").template,
        driver: gold.spec.driver.template,
        executor: gold.spec.executor.template,
    };
}

async function refused(egress: object[]): Promise<string> {
    const error = await evaluate({ "test:egress": JSON.stringify(egress) }).then(
        () => new Error("taken"),
        (reason: Error) => reason,
    );
    return error.message;
}

describe("ways out by the names of hosts", function () {
    this.timeout(60_000);
    let made: Collected;
    before(async () => {
        made = await evaluate();
    });

    it("go by the proxy's port of the workload, which its pods are told of, and its policy opens that port only", () => {
        const ports = new Set<string>();
        for (const [name, pod] of Object.entries(pods(made))) {
            const env = environment(pod);
            const workload = { driver: "scoring", executor: "scoring" }[name] ?? name;
            assert.match(env.HTTPS_PROXY, /^http:\/\/egress-proxy\.sandbox-egress\.svc:2\d{4}$/, name);
            for (const variable of ["https_proxy", "HTTP_PROXY", "http_proxy"])
                assert.equal(env[variable], env.HTTPS_PROXY, `${name} ${variable}`);
            assert.equal(env.no_proxy, env.NO_PROXY);
            const port = Number(new URL(env.HTTPS_PROXY).port);
            ports.add(`${workload} ${port}`);
            const { egress = [] } = spec<Policy>(made, "NetworkPolicy", workload);
            const toProxy = egress.filter(({ ports: [first] }) => first.port > 20_000);
            assert.deepEqual(
                toProxy.map(({ to, ports: [first] }) => [first.port, to?.length]),
                [[port, 1]],
                name,
            );
            assert.ok(!JSON.stringify(egress).includes("ipBlock"), `${name} has a way past the proxy`);
            const { ingress = [] } = spec<Policy>(made, "NetworkPolicy", "egress-proxy");
            const [mine, ...more] = ingress.filter((rule) => rule.ports.some((each) => each.port === port));
            assert.equal(more.length, 0);
            for (const [label, value] of Object.entries(mine.from?.[0].podSelector.matchLabels ?? { none: "" }))
                assert.equal(pod.metadata.labels[label], value, `${name} ${label}`);
        }
        assert.equal(ports.size, 4, [...ports].join(", "));
    });

    it("don't lead by the proxy to the cluster, to the API server and to systems that a workload uses", () => {
        const env = environment(pods(made).task);
        const no = env.NO_PROXY.split(",");
        for (const each of [".svc", "localhost", "$(KUBERNETES_SERVICE_HOST)", "s3.eu-central-1.amazonaws.com"])
            assert.ok(no.includes(each), `${each} is not in ${env.NO_PROXY}`);
        const { driver, executor } = pods(made);
        for (const pod of [driver, executor]) {
            const java = environment(pod).JDK_JAVA_OPTIONS.split(" ");
            const { hostname, port } = new URL(environment(pod).HTTPS_PROXY);
            assert.ok(java.includes(`-Dhttps.proxyHost=${hostname}`) && java.includes(`-Dhttps.proxyPort=${port}`));
            assert.match(java.join(" "), /-Dhttp\.nonProxyHosts=localhost\|.*\*\.svc/);
            assert.equal(java.at(-1), "-Dauthor=1", "the author's own option comes last");
        }
        assert.ok(environment(executor).JDK_JAVA_OPTIONS.includes("-Dspark.master=k8s://driver"));
    });

    it("end at the proxy's policy for what isn't public, under whatever name", () => {
        const [{ to = [], ports }] = spec<Policy>(made, "NetworkPolicy", "egress-proxy").egress ?? [];
        assert.deepEqual(
            ports.map(({ port }) => port),
            [80, 443],
        );
        assert.deepEqual(
            to.map(({ ipBlock }) => ipBlock?.cidr),
            anywhere,
        );
        const except = to.flatMap(({ ipBlock }) => ipBlock?.except ?? []);
        for (const address of [
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "127.0.0.1",
            "fd12::1",
            "fe80::1",
            "100.100.100.200",
        ]) {
            const closed = (list: readonly string[]) => list.some((cidr) => within(address, cidr));
            assert.ok(closed(except) && closed(notPublic), address);
        }
        for (const address of ["203.0.113.7", "8.8.8.8", "172.32.0.1", "2606:4700::1"])
            assert.ok(!except.some((cidr) => within(address, cidr)), address);
        assert.deepEqual(
            closedAddresses.filter((cidr) => !notPublic.some((each) => within(cidr, each))),
            [],
        );
    });

    it("are in the proxy's config as they were named, a list a workload", () => {
        const conf = (made.one("ConfigMap", "egress-proxy").inputs.data as Record<string, string>)["squid.conf"];
        const port = new URL(environment(pods(made).cron).HTTPS_PROXY).port;
        const lines = conf.split("\n").filter((line) => line.includes(port));
        assert.deepEqual(lines, [
            `http_port ${port}`,
            `acl from_${port} localport ${port}`,
            `note workload cron from_${port}`,
            `acl hosts_${port}_443 dstdomain -n login.example.com`,
            `http_access allow from_${port} to_443 hosts_${port}_443 !not_public`,
            `http_access deny from_${port}`,
        ]);
        assert.match(conf, /\nhttp_access deny all\n/);
        const deployment = spec<{ replicas: number; template: Pod }>(made, "Deployment", "egress-proxy");
        assert.equal(deployment.template.spec.containers[0].ports.length, 5);
        assert.match(deployment.template.metadata.annotations["data-platform.io/config"], /^[0-9a-f]{16}$/);
    });

    it("by Cilium are hosts in its policies, and there is no proxy", async () => {
        const cilium = await evaluate({ "data-platform:kubernetes": JSON.stringify({ networkPlugin: "cilium" }) });
        const policy = JSON.stringify(spec(cilium, "CiliumNetworkPolicy", "task-cilium"));
        assert.match(policy, /"toFQDNs":\[\{"matchName":"api.powerbi.com"\}\]/);
        assert.match(policy, /"toFQDNs":\[\{"matchPattern":"\*.blob.core.example.com"\}\]/);
        assert.equal(environment(pods(cilium).task).HTTPS_PROXY, undefined);
        assert.ok(!cilium.requests.some(({ name }) => name.includes("egress")), "there is a proxy");
    });

    it("aren't made for a program that names none", async () => {
        const none = await evaluate({ "test:egress": "[]" });
        const names = none.requests.map(({ name }) => name);
        // The schedule names one by itself.
        assert.ok(names.includes("egress-proxy"));
        assert.equal(environment(pods(none).task).HTTPS_PROXY, undefined);
        assert.equal(environment(pods(none).executor).JDK_JAVA_OPTIONS, "-Dspark.master=k8s://driver -Dauthor=1");
    });

    it("a wide range of addresses stands with its reason beside the policy", async () => {
        const { annotations } = made.one("NetworkPolicy", "wide").inputs.metadata as { annotations: object };
        assert.deepEqual(annotations, {
            "data-platform.io/egress-reason": "0.0.0.0/0 port 443: the vendor gives no addresses",
        });
        for (const cidr of ["0.0.0.0/0", "128.0.0.0/1", "::/0", "2000::/3"])
            assert.match(
                await refused([{ cidr, port: 443 }]),
                /egress\[0\]\.reason: is missing: .* say why here/,
                cidr,
            );
        assert.match(
            await refused([{ cidr: "0.0.0.0/0", port: 443, reason: "  x " }]),
            /reason: must be at least 10 characters/,
        );
    });

    it("bad input gets one message each", async () => {
        for (const [target, message] of [
            [{}, /egress\[0\]: names either a host/],
            [{ host: "a.example.com", cidr: "203.0.113.0/24", port: 1 }, /egress\[0\]: names either a host/],
            [{ cidr: "203.0.113.0/24" }, /egress\[0\]\.port: is missing/],
            [{ host: "a.example.com", port: 0 }, /egress\[0\]\.port/],
            [{ host: "a.example.com", ports: [443] }, /egress\[0\].*ports/],
        ] as const)
            assert.match(await refused([target]), message, JSON.stringify(target));
    });
});

describe("the name of a host outside", () => {
    it("is a host's, or every host's below a domain", () => {
        for (const host of ["api.powerbi.com", "*.blob.core.windows.net", "a-b.example.co", "xn--bcher-kva.example"])
            assert.equal(namedHostProblem(host), undefined, host);
    });

    it("is nothing else, and the message says what to write", () => {
        for (const [text, message] of [
            ["https://api.powerbi.com/v1", /write "api.powerbi.com"/],
            ["api.powerbi.com:443", /\{ host: "api.powerbi.com", port: 443 \}/],
            ["10.0.0.1", /\{ cidr: "10.0.0.1\/32"/],
            ["fd12::1", /\{ cidr: "fd12::1\/128"/],
            ["169.254.169.254", /cidr/],
            ["0251.0376.0251.0376", /must be the name of a host/],
            ["2852039166", /must be the name of a host/],
            ["API.example.com", /write "api.example.com"/],
            ["api.example.com.", /write "api.example.com"/],
            ["*", /half of the world/],
            ["*.com", /half of the world/],
            ["a.*.com", /must be the name of a host/],
            ["mlflow.dev-tracking.svc", /inside of the cluster/],
            ["kubernetes.default.svc.cluster.local", /inside of the cluster/],
            ["localhost", /must be the name of a host/],
            ["a b.example.com", /must be the name of a host/],
            ["a.example.com\nhttp_access allow all", /must be the name of a host/],
            ["", /must be the name of a host/],
        ] as const)
            assert.match(namedHostProblem(text) ?? "taken", message, text);
    });
});

describe("the proxy's config", () => {
    it("is the same in whatever order workloads are declared", () => {
        const [one, other] = [20_001, 20_002].map((port) => ({
            port,
            namespace: "jobs",
            workload: `w${port}`,
            hosts: [{ host: "a.example.com" }],
        }));
        assert.equal(squidConf([one, other]), squidConf([other, one]));
    });

    it("variables and Java's options name the same proxy", () => {
        const env = proxyEnvironment("http://proxy:20001", ["db.example.com"]);
        assert.equal(env.https_proxy, "http://proxy:20001");
        assert.match(env.NO_PROXY, /,db\.example\.com$/);
        assert.match(
            javaProxyOptions("http://proxy:20001", ["db.example.com"]),
            /\|db\.example\.com\|\*\.db\.example\.com$/,
        );
    });
});
