import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse as parseYaml } from "yaml";

import { ConfigError } from "../../../config/errors";
import { parse } from "../../../config/parse";
import { quotaOf } from "../../../config/quotas";
import { externalNames, kafkaSpec } from "../../../components/kafka/strimzi-nodes";
import { policies } from "../../../components/kafka/strimzi-policies";
import type { Listener } from "../../../components/kafka/strimzi-types";
import { networkOf } from "../../../components/network";
import { outputDir } from "../../../lib/paths";
import { prepareCrds } from "../../../tools/charts";
import { Definition, objections } from "../../support/custom-resource";

const registry = { images: { registry: "registry.example.com/data-platform" } };
const config = (eventStream: object, profile = "staging") =>
    parse({ profile, ...registry, eventStream }, profile).eventStream;
const balanced = {
    kind: "loadBalancer",
    host: "kafka.example.com",
    from: ["203.0.113.0/24"],
    className: "internal",
    annotations: { "service.beta.kubernetes.io/aws-load-balancer-internal": "true" },
};
const onNodes = { kind: "nodePort", host: "nodes.example.com", from: ["10.0.0.0/16"], nodePort: 32_093 };

const spec = (external: object) =>
    kafkaSpec({ ...config({ external }), placement: { priorityClassName: "p" } }, "kafka-tls");
const outside = (external: object): Listener => {
    const [inside, listener, ...more] = spec(external).kafka.listeners;
    assert.equal(inside.type, "internal");
    assert.equal(more.length, 0);
    return listener;
};

describe("Kafka for clients outside of the cluster", function () {
    this.timeout(120_000);

    it("by load balancers: a name a broker, TLS and a password as inside, from the addresses that are named", () => {
        const { type, port, tls, authentication, configuration } = outside(balanced);
        assert.deepEqual([type, port, tls, authentication], ["loadbalancer", 9094, true, { type: "scram-sha-512" }]);
        assert.deepEqual(configuration, {
            brokerCertChainAndKey: { secretName: "kafka-tls", certificate: "tls.crt", key: "tls.key" },
            class: "internal",
            externalTrafficPolicy: "Local",
            loadBalancerSourceRanges: balanced.from,
            bootstrap: {
                annotations: { ...balanced.annotations, "external-dns.alpha.kubernetes.io/hostname": balanced.host },
            },
            perBrokerAnnotationsTemplate: {
                ...balanced.annotations,
                "external-dns.alpha.kubernetes.io/hostname": "broker-{nodeId}.kafka.example.com",
            },
            advertisedHostTemplate: "broker-{nodeId}.kafka.example.com",
        });
    });

    it("by ports of the nodes: one name for all, which any node passes on", () => {
        const { type, configuration } = outside(onNodes);
        assert.equal(type, "nodeport");
        assert.equal(configuration.externalTrafficPolicy, "Cluster");
        assert.equal(configuration.advertisedHostTemplate, "nodes.example.com");
        assert.deepEqual(configuration.bootstrap, { nodePort: 32_093 });
        assert.equal(configuration.loadBalancerSourceRanges, undefined);
    });

    it("has the certificate for the names that clients use", () => {
        assert.deepEqual(externalNames(balanced as never), ["kafka.example.com", "*.kafka.example.com"]);
        assert.deepEqual(externalNames(onNodes as never), ["nodes.example.com"]);
    });

    it("is what the operator's schema asks for, and no word more", async () => {
        await prepareCrds();
        const folder = join(outputDir, "crds/strimzi");
        const definitions = readdirSync(folder).map(
            (file) =>
                parseYaml(readFileSync(join(folder, file), "utf8")) as Definition & {
                    spec: { names: { kind: string } };
                },
        );
        const kafka = definitions.find(({ spec: { names } }) => names.kind === "Kafka");
        assert.ok(kafka);
        const object = (external: object) => ({
            ...{ apiVersion: "kafka.strimzi.io/v1", kind: "Kafka", metadata: { name: "kafka" } },
            spec: spec(external),
        });
        for (const external of [balanced, onNodes]) assert.deepEqual(objections(kafka, "v1", object(external)), []);
        const wrong = object(balanced);
        wrong.spec.kafka.listeners[1].type = "balancer" as never;
        assert.match(objections(kafka, "v1", wrong).join(), /is none of internal/);
    });

    it("opens the brokers' port to those addresses, and nothing where nobody is let in", () => {
        const args = (external?: object) => ({
            ...config(external ? { external } : {}),
            network: networkOf({}),
            operator: { namespace: "strimzi-operator", podLabels: {} },
        });
        const all = policies("kafka", args(balanced));
        assert.deepEqual(all["kafka-external"].ingress, [
            { from: [{ ipBlock: { cidr: "203.0.113.0/24" } }], ports: [{ protocol: "TCP", port: 9094 }] },
        ]);
        assert.ok(!("kafka-external" in policies("kafka", args())));
    });

    it("lets the namespace have the Services that it needs, and no other namespace", () => {
        const whole = parse({ profile: "staging", ...registry, eventStream: { external: balanced } }, "staging");
        const services = (system: "streaming" | "jobs", of = whole) => {
            const quota = quotaOf(of, system);
            return [quota["services.loadbalancers"], quota["services.nodeports"]];
        };
        assert.deepEqual(services("streaming"), ["4", "4"]);
        assert.deepEqual(services("jobs"), ["0", "0"]);
        const nodes = parse({ profile: "staging", ...registry, eventStream: { external: onNodes } }, "staging");
        assert.deepEqual(services("streaming", nodes), ["0", "4"]);
        assert.deepEqual(services("streaming", parse({ profile: "staging", ...registry }, "staging")), ["0", "0"]);
    });

    it("bad input gets one message each", () => {
        for (const [external, message, profile] of [
            [{ ...balanced, kind: "ingress" }, /eventStream\.external\.kind +must be/, "staging"],
            [{ kind: "loadBalancer", host: "kafka.example.com" }, /eventStream\.external\.from +/, "staging"],
            [{ ...balanced, from: ["kafka.example.com"] }, /eventStream\.external\.from\[0\] +must be/, "staging"],
            [{ ...balanced, from: [] }, /eventStream\.external\.from +/, "staging"],
            [{ ...balanced, host: "https://kafka.example.com" }, /eventStream\.external\.host +must be/, "staging"],
            [{ ...balanced, nodePort: 32_093 }, /nodePort +is for eventStream\.external\.kind nodePort/, "staging"],
            [{ ...onNodes, className: "internal" }, /className +is a load balancer's/, "staging"],
            [balanced, /eventStream\.external +is for eventStream\.kind strimzi/, "sandbox"],
        ] as const)
            assert.throws(
                () => config({ external }, profile),
                (error: ConfigError) => message.test(error.message),
                JSON.stringify(external),
            );
    });
});
