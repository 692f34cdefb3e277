import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { PlatformConfig } from "../../config/schema";
import { PlaneOutput } from "../../components/contracts";
import { checkNetwork, NetworkReport, Problem } from "../../checks/network";
import { configOf } from "../../checks/network/config";
import { page, pageFile } from "../../checks/network/page";
import { type Manifest } from "../../kubernetes/objects";
import { allStacks } from "../../checks/stacks";
import { renderStack } from "../../render/manifests";
import { readStackConfig, stackFile } from "../../program/stack-config";
import { rendered } from "./rendered";

const told = ({ check, at, message }: Problem) => `${check} ${at}: ${message}`;

async function reportOf(stack: string, change: (objects: Manifest[]) => Manifest[] = (all) => all) {
    const { objects } = await rendered(stack);
    const changed = change(structuredClone(objects.map(({ manifest }) => manifest)));
    return checkNetwork({ stack, config: configOf(stack), objects: changed });
}

/**
 * A stack whose config says more than the committed one's.
 *
 * @param taken The config that the table is told. @default the same
 */
async function reportWith(
    stack: string,
    more: Record<string, unknown>,
    taken: (config: PlatformConfig) => PlatformConfig = (config) => config,
): Promise<NetworkReport> {
    const { values } = readStackConfig(stackFile(stack));
    for (const [key, value] of Object.entries(more)) values[`data-platform:${key}`] = JSON.stringify(value);
    const config = configOf(stack, values);
    const secretKeys = ["data-platform:credentials"];
    const clusterPlaneOutput: PlaneOutput = {
        shareable: true,
        issuer: "platform-ca",
        namespaces: { strimzi: "strimzi-operator", cloudNativePg: "cnpg-system" },
    };
    const { objects } = await renderStack({
        stack,
        config: values,
        secretKeys,
        charts: "directories",
        stackOutputs: () => Promise.resolve({ outputs: { clusterPlaneOutput }, secretOutputs: [] }),
    });
    return checkNetwork({ stack, config: taken(config), objects: objects.map(({ manifest }) => manifest) });
}

describe("the network: every flow of the table is open, and nothing else", function () {
    this.timeout(180_000);

    it("docs/network.md is the table (make docs writes it anew)", () => {
        assert.equal(readFileSync(pageFile, "utf8"), page());
    });

    for (const stack of allStacks) {
        it(stack, async () => {
            const { problems, pods, policies, connections } = await reportOf(stack);
            assert.deepEqual(problems.map(told), []);
            // Should ever nothing be looked at, nothing would be found.
            const counted = `${pods} pods, ${policies} policies, ${connections} connections`;
            assert.ok(pods >= 30 && policies > 30 && connections > 20_000, counted);
        });
    }

    it("hosts with an ACME issuer, KEDA, DAGs from git, a webhook for failures, and a database outside of which the addresses are known", async () => {
        const applications = ["airflow", "mlflow", "mlflow-auth"].map((app) => [
            `database.${app}`,
            "password-of-20-chars",
        ]);
        const { problems } = await reportWith("dev", {
            autoscaling: { keda: true },
            ingress: {
                issuer: "letsencrypt",
                hosts: { orchestrator: "airflow.example.com", console: "minio.example.com" },
            },
            orchestrator: {
                dags: { kind: "git", repo: "https://git.example.com/dags.git" },
                onFailure: { host: "hooks.example.com", port: 8443, cidrs: ["198.51.100.7/32"] },
            },
            database: { kind: "external", external: { host: "db.example.com", cidrs: ["203.0.113.0/24"] } },
            credentials: {
                ...(Object.fromEntries(applications) as Record<string, string>),
                "orchestrator.webhook": "https://hooks.example.com:8443/a",
            },
        });
        assert.deepEqual(problems.map(told), []);
    });

    const cidrs = ["10.0.0.1/32", "10.96.0.1/32"];

    it("an API server whose addresses are known, and no others on its ports", async () => {
        const { problems } = await reportWith("prod", {
            kubernetes: { apiServer: { cidrs } },
            ingress: {
                ...configOf("prod").ingress,
                cidrs: ["203.0.113.0/24"],
            },
        });
        assert.deepEqual(problems.map(told), []);
    });

    it("an API server that Cilium's own policies open is open by no other", async () => {
        const { problems } = await reportWith("sandbox", { kubernetes: { networkPlugin: "cilium" } });
        assert.deepEqual(problems.map(told), []);
    });

    const ingress = {
        className: "alb",
        issuer: "letsencrypt",
        hosts: { orchestrator: "airflow.example.com", console: "minio.example.com", tracking: "mlflow.example.com" },
    };

    it("OpenShift's DNS, and visitors by way of a load balancer's addresses, IPv6 too", async () => {
        const { problems } = await reportWith("sandbox", {
            kubernetes: {
                dns: {
                    pods: [
                        {
                            namespace: "openshift-dns",
                            labels: { "dns.operator.openshift.io/daemonset-dns": "default" },
                        },
                    ],
                    ports: [5353],
                },
            },
            ingress: { ...ingress, from: ["203.0.113.0/24", "2001:db8::/64"] },
        });
        assert.deepEqual(problems.map(told), []);
    });

    const pages = { ...ingress.hosts, objectStore: "s3.example.com" };

    it("visitors by way of a Gateway of the stack's own, whose proxies labels tell apart, and addresses", async () => {
        const { problems } = await reportWith("sandbox", {
            ingress: {
                hosts: pages,
                gateway: { className: "eg" },
                controllerNamespace: "envoy-gateway-system",
                controllerLabels: { "app.kubernetes.io/component": "proxy" },
                from: ["203.0.113.0/24", "2001:db8::/64"],
            },
        });
        assert.deepEqual(problems.map(told), []);
    });

    it("visitors by way of a Gateway that is there, in a namespace whose every pod is meant", async () => {
        const gateway = { name: "shared", namespace: "edge", sectionName: "https" };
        const { problems } = await reportWith("sandbox", { ingress: { hosts: pages, gateway } });
        assert.deepEqual(problems.map(told), []);
    });

    it("other controllers: Traefik beside the cluster's own pods, and HAProxy's, which wants a copy of the CA", async () => {
        for (const more of [
            { className: "traefik", controllerNamespace: "kube-system" },
            { className: "haproxy", controller: "haproxy" },
        ]) {
            const { problems } = await reportWith("sandbox", { ingress: { hosts: pages, issuer: "public", ...more } });
            assert.deepEqual(problems.map(told), [], more.className);
        }
    });

    it("counter-proof: a policy that lets in all pods of a namespace where labels tell the proxies apart is found", async () => {
        const more = { className: "traefik", controllerNamespace: "kube-system" };
        const { problems } = await reportWith(
            "sandbox",
            { ingress: { hosts: pages, ...more, controllerLabels: {} } },
            (config) => ({ ...config, ingress: { ...config.ingress, controllerLabels: { app: "proxy" } } }),
        );
        assert.match(problems.map(told).join("\n"), /open .*mlflow.*ingress from .*kube-system\/no ingress controller/);
    });

    it("a node's cache of names, and an API server on a port of its own", async () => {
        const { problems } = await reportWith("staging", {
            kubernetes: {
                dns: { addresses: ["169.254.20.10"] },
                apiServer: { ports: [443, 8443], cidrs: ["10.0.0.1/32"] },
            },
        });
        assert.deepEqual(problems.map(told), []);
    });

    it("Kafka's clients outside, by their addresses only", async () => {
        const eventStream = {
            ...configOf("staging").eventStream,
            external: { kind: "loadBalancer", host: "kafka.example.com", from: ["203.0.113.0/24"] },
        };
        const { problems } = await reportWith("staging", { eventStream });
        assert.deepEqual(problems.map(told), []);
        const elsewhere = await reportWith("staging", { eventStream }, (config) => ({
            ...config,
            eventStream: {
                ...config.eventStream,
                external: { ...eventStream.external, kind: "loadBalancer", from: ["192.0.2.0/24"] },
            },
        }));
        assert.match(elsewhere.problems.map(told).join("\n"), /open staging-streaming\/.*ingress from 203\.0\.113\.7/);
    });

    it("counter-proof: a policy that opens the usual DNS where the config says another, or one address more, is found", async () => {
        const { problems } = await reportWith(
            "sandbox",
            {
                kubernetes: { dns: { addresses: ["169.254.20.10"] } },
                ingress: { ...ingress, from: ["203.0.113.0/24"] },
            },
            (config) => ({
                ...config,
                kubernetes: {
                    dns: { pods: [{ namespace: "openshift-dns", labels: { dns: "default" } }], ports: [5353] },
                },
                ingress: { ...config.ingress, from: ["198.51.100.0/24"] },
            }),
        );
        const all = problems.map(told).join("\n");
        assert.match(all, /open .*egress to .*kube-system\/dns.* is open by/);
        assert.match(all, /open .*egress to .*169\.254\.20\.10/);
        assert.match(all, /closed .*egress is closed for .* -> openshift-dns\/dns 1 on UDP 5353/);
        assert.match(all, /open .*ingress from 203\.0\.113\.7/);
    });

    it("on a cluster plane that another stack has made", async () => {
        const { problems } = await reportWith("staging", { cluster: { mode: "shared", stack: "another" } });
        assert.deepEqual(problems.map(told), []);
    });
});

describe("a service of the team's own", function () {
    this.timeout(180_000);

    const pod = (name: string, more: Record<string, string>): Manifest => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
            name,
            namespace: "sandbox-jobs",
            labels: { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "etl", ...more },
        },
        spec: { containers: [{ name, ports: [{ containerPort: 8081 }] }] },
    });
    const ports = [{ protocol: "TCP", port: 8081 }];
    const policy = (name: string, spec: object): Manifest => ({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name, namespace: "sandbox-jobs" },
        spec: { podSelector: { matchLabels: { "app.kubernetes.io/name": name } }, ...spec },
    });
    const api = { podSelector: { matchLabels: { "app.kubernetes.io/name": "api" } } };
    const user = { podSelector: { matchLabels: { "data-platform.io/uses-api": "true" } } };
    const page = pod("page", { "data-platform.io/uses-api": "true" });
    const open = { in: [{ from: [user], ports }], out: [{ to: [api], ports }] };

    it("may be called by those who say that they use it", async () => {
        const { problems } = await reportOf("sandbox", (objects) => [
            ...objects,
            ...[pod("api", {}), policy("api", { ingress: open.in })],
            ...[page, policy("page", { policyTypes: ["Egress"], egress: open.out })],
        ]);
        assert.deepEqual(problems.map(told), []);
    });

    it("may not be called by others", async () => {
        const { problems } = await reportOf("sandbox", (objects) => [
            ...objects,
            ...[pod("api", {}), policy("api", { ingress: [{ from: [user, { podSelector: {} }], ports }] })],
            ...[pod("page", {}), policy("page", { policyTypes: ["Egress"], egress: open.out })],
        ]);
        assert.equal(problems.length, 2);
        assert.match(
            problems.map(told).join("\n"),
            /open sandbox-jobs\/page: egress to sandbox-jobs\/api on TCP 8081 is open/,
        );
        assert.match(problems.map(told).join("\n"), /open sandbox-jobs\/api: ingress from .* on TCP 8081 is open/);
    });
});

describe("the network check can fail", function () {
    this.timeout(180_000);

    const policy = (objects: Manifest[], name: string) => {
        const found = objects.find(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === name);
        assert.ok(found, `there is no policy ${name}`);
        return found as Manifest & { spec: { ingress: object[]; egress: object[]; podSelector: object } };
    };
    const without = (name: string) => (objects: Manifest[]) => objects.filter((each) => each !== policy(objects, name));
    const change = (name: string, how: (spec: ReturnType<typeof policy>["spec"]) => void) => (objects: Manifest[]) => {
        how(policy(objects, name).spec);
        return objects;
    };
    const found = async (how: (objects: Manifest[]) => Manifest[]) =>
        (await reportOf("sandbox", how)).problems.map(told);

    it("a policy that is missing: who can't do what any more, in one direction or the other", async () => {
        const out = await found(without("audit"));
        assert.deepEqual(out, [
            "closed sandbox-jobs/audit: clients of S3 -> MinIO (S3): egress is closed for sandbox-jobs/audit -> sandbox-storage/minio on TCP 9000",
        ]);
        const ways = await found(without("minio"));
        assert.ok(ways.length > 5);
        for (const each of ways)
            assert.match(each, /^closed sandbox-storage\/minio: .* ingress is closed for .* on TCP 9000$/);
    });

    it("a namespace that nothing closes", async () => {
        const problems = await found((objects) =>
            objects.filter(
                ({ kind, metadata }) => kind !== "NetworkPolicy" || metadata.namespace !== "sandbox-storage",
            ),
        );
        assert.ok(
            problems.includes(
                "unselected sandbox-storage/minio: no policy selects it for ingress, so everything is open",
            ),
        );
        assert.ok(
            problems.some((each) => /^open sandbox-storage\/minio: ingress from .* is open by no policy/.test(each)),
        );
    });

    it("a policy that lets too many in: everybody, or those of another stack who wear the labels of clients", async () => {
        const everybody = await found(change("minio", ({ ingress }) => ingress.push({ ports: [{ port: 9000 }] })));
        assert.equal(everybody.length, 1);
        assert.match(
            everybody[0],
            /^open sandbox-storage\/minio: ingress from .* on TCP 9000 is open by sandbox-storage\/minio, but in no flow$/,
        );
        const others = await found(
            change("kafka", ({ ingress }) => {
                const podSelector = { matchLabels: { "data-platform.io/uses-kafka": "true" } };
                ingress.push({ from: [{ namespaceSelector: {}, podSelector }], ports: [{ port: 9093 }] });
            }),
        );
        assert.deepEqual(others, [
            "open sandbox-streaming/kafka: ingress from default/stranger with our labels, another-jobs/pod of another stack on TCP 9093 is open by sandbox-streaming/kafka, but in no flow",
        ]);
    });

    it("a policy that lets out too far: to the internet, to a port that nobody has, to a whole namespace", async () => {
        const internet = await found(
            change("ingest", ({ egress }) => egress.push({ to: [{ ipBlock: { cidr: "203.0.113.0/24" } }] })),
        );
        assert.equal(internet.length, 1);
        assert.match(
            internet[0],
            /^open sandbox-jobs\/ingest: egress to 203\.0\.113\.7 \(internet\) on .* is open by sandbox-jobs\/ingest/,
        );
        const port = await found(
            change("score", ({ egress }) => egress.push({ ports: [{ protocol: "UDP", port: 31337 }] })),
        );
        assert.match(port.join(), /^open sandbox-jobs\/score: egress to .* on UDP 31337 is open/);
        const system = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } };
        const dns = await found(change("train", ({ egress }) => egress.push({ to: [system], ports: [{ port: 53 }] })));
        assert.deepEqual(dns, [
            "open sandbox-jobs/train: egress to kube-system/another pod on TCP 53 is open by sandbox-jobs/train, but in no flow",
        ]);
    });

    it("a policy that opens where clouds hand out credentials, to anybody and on any port", async () => {
        // What every stack had for the API server, and what it has now without what is left out.
        const before = { ports: [{ protocol: "TCP", port: 443 }] };
        const all = { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }], ports: [{ port: 443 }] };
        const metadata = { to: [{ ipBlock: { cidr: "169.254.169.254/32" } }], ports: [{ port: 80 }] };
        const closed = /egress to 169\.254\.169\.254 .*, 169\.254\.170\.2 .*, 100\.100\.100\.200 .*, 168\.63\.129\.16/;
        for (const rule of [before, all]) {
            const [problem, ...others] = await found(change("airflow-kubernetes", (spec) => (spec.egress = [rule])));
            assert.ok(problem, "nothing was found");
            const text = [problem, ...others].filter((each) => each.startsWith("open ")).join("\n");
            assert.match(text, closed);
            assert.match(text, /and 3 more on TCP 443 is open by sandbox-orchestration\/airflow-kubernetes/);
        }
        const pods = await found((objects) => {
            for (const { kind, spec } of objects)
                if (kind === "NetworkPolicy") ((spec as { egress?: object[] }).egress ??= []).push(metadata);
            return objects;
        });
        const hit = pods.filter((each) => /^open .*: egress to 169\.254\.169\.254 .* on TCP 80 is open/.test(each));
        assert.ok(hit.length >= 30, `only ${hit.length} of the pods were looked at`);
    });

    it("a flow of the table that nobody has", async () => {
        const problems = await found((objects) => objects.filter(({ metadata }) => metadata.name !== "kafka-setup"));
        assert.deepEqual(problems, [
            `nobody Kafka's setup job -> Kafka's nodes (makes topics, users and rights): there is no pod of "Kafka's setup job"`,
        ]);
    });

    it("a program that is told to call what no flow leads to", async () => {
        const problems = await found((objects) => {
            const setup = objects.find(({ kind, metadata }) => kind === "Job" && metadata.name === "minio-setup");
            const { containers } = (setup?.spec as { template: { spec: { containers: { env?: object[] }[] } } })
                .template.spec;
            containers[0].env = [{ name: "KAFKA_BOOTSTRAP", value: "kafka.sandbox-streaming.svc:9093" }];
            return objects;
        });
        assert.deepEqual(problems, [
            "undeclared sandbox-storage/minio-setup: it is told to call kafka.sandbox-streaming:9093, but no flow leads there",
        ]);
    });

    it("an operator that would make policies of its own, where nobody sees them", async () => {
        const { problems } = await reportOf("prod", (objects) => {
            const operator = objects.find(
                ({ metadata }) => metadata.name === "strimzi-kafka-operator" && !!metadata.namespace,
            );
            delete (operator?.spec as { values: { generateNetworkPolicy?: boolean } }).values.generateNetworkPolicy;
            return objects;
        });
        assert.deepEqual(problems.map(told), [
            "open strimzi-operator/strimzi-kafka-operator: generateNetworkPolicy isn't false: its policies open listeners and metrics to everybody",
        ]);
    });
});

describe("hosts that workloads name", function () {
    this.timeout(180_000);

    let named: Manifest[];
    before(async () => {
        const program = join(__dirname, "../unit/fixtures/named-egress.ts");
        const config = { "data-platform:profile": "sandbox" };
        const { objects } = await renderStack({ stack: "sandbox", program, config, charts: "directories" });
        // The proxy and what uses it; a range of addresses is in no table.
        named = objects
            .map(({ manifest }) => manifest)
            .filter(({ metadata: { name } }) => /egress|^(default-deny|allow-dns|service|cron)$/.test(name));
    });
    const withNamed = (change: (policy: Manifest) => void = () => undefined) =>
        reportOf("sandbox", (objects) => {
            const mine = structuredClone(named);
            mine.filter(({ kind }) => kind === "NetworkPolicy").forEach(change);
            return [...objects, ...mine];
        });

    it("are reached by the proxy's port of the workload and in no other way", async () => {
        const { problems, pods } = await withNamed();
        assert.deepEqual(problems.map(told), []);
        assert.ok(named.filter(({ kind }) => /^(Deployment|CronJob)$/.test(kind)).length === 3, `${pods} pods`);
    });

    const proxyPolicy = (change: (spec: Spec) => void) => (policy: Manifest) => {
        if (policy.metadata.name === "egress-proxy") change(policy.spec as unknown as Spec);
    };
    interface Spec {
        ingress: { ports: { port: number }[] }[];
        egress: { to: { ipBlock: { except: string[] } }[] }[];
    }

    it("counter-proof: another workload's port, a private address, and a port that is closed are found", async () => {
        const foreign = await withNamed(
            proxyPolicy(({ ingress }) => {
                for (const rule of ingress) rule.ports = ingress.flatMap(({ ports }) => ports);
            }),
        );
        assert.match(
            foreign.problems.map(told).join("\n"),
            /open sandbox-egress\/egress-proxy: ingress from .* is open/,
        );
        const inside = await withNamed(
            proxyPolicy(({ egress: [{ to }] }) => {
                for (const { ipBlock } of to) ipBlock.except = ipBlock.except.filter((cidr) => cidr !== "10.0.0.0/8");
            }),
        );
        assert.match(
            inside.problems.map(told).join("\n"),
            /open sandbox-egress\/egress-proxy: egress to .* on TCP 443, TCP 80 is open/,
        );
        const shut = await withNamed(
            proxyPolicy((spec) => {
                spec.ingress = [];
            }),
        );
        assert.match(
            shut.problems.map(told).join("\n"),
            /closed sandbox-egress\/egress-proxy: .*ingress is closed for sandbox-jobs\/cron/,
        );
    });
});
