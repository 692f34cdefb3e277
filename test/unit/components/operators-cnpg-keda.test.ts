import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { charts } from "../../../config/versions";
import { repoRoot } from "../../../lib/paths";
import { Collected, collect } from "../../support/collect";
import { unknownKeys } from "../../support/airflow-schema";

const program = join(__dirname, "../fixtures/operators.ts");
const upstream = join(repoRoot, "../shared/charts");

type Values = Record<string, unknown>;
interface Policy {
    metadata: { name: string; namespace: string };
    spec: {
        podSelector: { matchLabels?: Record<string, string> };
        policyTypes: string[];
        ingress?: { from?: unknown[]; ports: { port: number }[] }[];
        egress?: { to?: unknown[]; ports: { port: number }[] }[];
    };
}
interface Pod {
    serviceAccountName: string;
    priorityClassName: string;
    securityContext: { runAsNonRoot: boolean; seccompProfile: { type: string } };
    containers: { image: string; command: string[]; securityContext: object; resources: { limits: object } }[];
}

/** The operators as a stack installs them. */
const evaluate = (config: Record<string, string> = {}) =>
    collect({
        program,
        config: {
            "data-platform:profile": "dev",
            "data-platform:images": '{"registry":"registry.example.com/platform"}',
            "data-platform:charts": JSON.stringify({
                cloudNativePg: "https://cloudnative-pg.github.io/charts",
                keda: "https://kedacore.github.io/charts",
            }),
            ...config,
        },
    });

describe("the operators of CloudNativePG and KEDA", function () {
    this.timeout(120_000);

    let made: Collected;
    before(async () => {
        made = await evaluate();
    });

    const release = (name: string, of = made) =>
        of.one("Release", name).inputs as {
            version: string;
            skipCrds: boolean;
            values: Values;
            repositoryOpts: object;
        };
    const policies = (namespace: string) =>
        made
            .all("NetworkPolicy")
            .map(({ inputs }) => inputs as unknown as Policy)
            .filter(({ metadata }) => metadata.namespace === namespace);
    const named = (namespace: string, name: string) => {
        const found = policies(namespace).find(({ metadata }) => metadata.name === name);
        assert.ok(found, `${namespace}/${name}`);
        return found.spec;
    };

    it("come by an exact version, without definitions: those are made apart and stay", () => {
        assert.equal(release("cloudnative-pg").version, charts.cloudNativePg);
        assert.equal(release("keda").version, charts.keda);
        // Both charts have them as templates, which skipCrds leaves in.
        assert.deepEqual(release("cloudnative-pg").values.crds, { create: false });
        assert.deepEqual(release("keda").values.crds, { install: false });
        assert.deepEqual(made.outputs.namespaces, ["cnpg-system", "keda"]);
    });

    it("CloudNativePG looks after every namespace, and refuses what its webhook can't look at", () => {
        const { config, webhook } = release("cloudnative-pg").values;
        assert.deepEqual(config, { clusterWide: true });
        assert.deepEqual(webhook, {
            port: 9443,
            mutating: { failurePolicy: "Fail" },
            validating: { failurePolicy: "Fail" },
        });
    });

    it("CloudNativePG is ready when its webhook has been tried, by an account that can do nothing else", () => {
        const check = made.all("Job")[0];
        assert.ok(check.dependencies.includes(made.one("Release", "cloudnative-pg").urn));
        const { spec, metadata } = check.inputs as unknown as {
            metadata: { name: string; namespace: string };
            spec: { template: { spec: Pod } };
        };
        assert.match(metadata.name, /^cloudnative-pg-webhook-check-[0-9a-f]{8}$/);
        assert.equal(metadata.namespace, "cnpg-system");
        const pod = spec.template.spec;
        assert.equal(pod.priorityClassName, "data-platform-platform");
        assert.equal(pod.securityContext.runAsNonRoot, true);
        assert.equal(pod.securityContext.seccompProfile.type, "RuntimeDefault");
        assert.deepEqual(pod.containers[0].securityContext, {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
        });
        assert.match(pod.containers[0].image, /^registry\.example\.com\/platform\/etl:/);
        const { rules } = made.one("Role", "cloudnative-pg-webhook-check").inputs;
        assert.deepEqual(rules, [{ apiGroups: ["postgresql.cnpg.io"], resources: ["clusters"], verbs: ["create"] }]);
    });

    it("CloudNativePG's check runs again for another operator, and only then", async () => {
        const name = async (config: Record<string, string> = {}) =>
            ((await evaluate(config)).all("Job")[0].inputs as unknown as { metadata: { name: string } }).metadata.name;
        const before = await name();
        assert.equal(await name(), before);
        assert.notEqual(await name({ "data-platform:chartVersions": '{"cloudNativePg":"0.29.1"}' }), before);
    });

    it("CloudNativePG's pods are called by the API server, and reach it and the instances", () => {
        const self = { "app.kubernetes.io/name": "cloudnative-pg", "app.kubernetes.io/instance": "cloudnative-pg" };
        const webhook = named("cnpg-system", "webhook");
        assert.deepEqual(webhook.podSelector.matchLabels, self);
        assert.deepEqual(webhook.ingress?.[0].ports, [{ protocol: "TCP", port: 9443 }]);
        const out = named("cnpg-system", "to-instances");
        assert.deepEqual(out.podSelector.matchLabels, self);
        assert.deepEqual(out.egress, [
            {
                to: [{ namespaceSelector: {}, podSelector: { matchLabels: { "cnpg.io/podRole": "instance" } } }],
                ports: [{ protocol: "TCP", port: 8000 }],
            },
        ]);
        assert.ok(named("cnpg-system", "to-api-server").egress);
        assert.deepEqual(named("cnpg-system", "default-deny").policyTypes, ["Ingress", "Egress"]);
    });

    it("KEDA's three parts reach each other, the API server and the event streams of stacks, and nothing else", () => {
        assert.deepEqual(named("keda", "metrics-api").ingress?.[0].ports, [{ protocol: "TCP", port: 6443 }]);
        assert.deepEqual(named("keda", "webhook").ingress?.[0].ports, [{ protocol: "TCP", port: 9443 }]);
        const operator = { app: "keda-operator" };
        const metrics = { app: "keda-operator-metrics-apiserver" };
        const ports = [{ protocol: "TCP", port: 9666 }];
        assert.deepEqual(named("keda", "metrics-to-operator").egress, [
            { to: [{ podSelector: { matchLabels: operator } }], ports },
        ]);
        assert.deepEqual(named("keda", "operator-from-metrics").ingress, [
            { from: [{ podSelector: { matchLabels: metrics } }], ports },
        ]);
        const streams = named("keda", "to-event-streams");
        assert.deepEqual(streams.podSelector.matchLabels, operator);
        assert.deepEqual(streams.egress?.[0].ports, [{ protocol: "TCP", port: 9093 }]);
        assert.match(JSON.stringify(streams.egress?.[0].to), /"data-platform.io\/system":"streaming"/);
    });

    it("images come out of a mirror where there is one, each under its own path", async () => {
        const images = '{"registry":"r.example.com/p","mirror":"m.example.com/up/stream"}';
        const mirrored = await evaluate({ "data-platform:images": images });
        const { image } = release("cloudnative-pg", mirrored).values as { image: { repository: string } };
        assert.equal(image.repository, "m.example.com/up/stream/cloudnative-pg/cloudnative-pg");
        const keda = release("keda", mirrored).values.image as Record<string, { registry: string; repository: string }>;
        assert.deepEqual(
            [keda.keda, keda.metricsApiServer, keda.webhooks].map(
                ({ registry, repository }) => `${registry}/${repository}`,
            ),
            ["keda", "keda-metrics-apiserver", "keda-admission-webhooks"].map(
                (program) => `m.example.com/up/stream/kedacore/${program}`,
            ),
        );
    });

    // Neither is part of the project.
    if (existsSync(upstream)) {
        it("upstream's schema of values knows every key of CloudNativePG's, with its type", () => {
            const schema = JSON.parse(
                readFileSync(join(upstream, "cloudnative-pg/values.schema.json"), "utf8"),
            ) as Values;
            const { values } = release("cloudnative-pg");
            assert.deepEqual(unknownKeys(schema, values), []);
            assert.deepEqual(unknownKeys(schema, { ...values, crd: { create: false } }), ["crd is unknown"]);
            assert.equal(unknownKeys(schema, { ...values, replicaCount: "1" }).length, 1);
        });

        it("upstream's values of KEDA have every key of ours, with its type", () => {
            const known = parse(readFileSync(join(upstream, "keda/values.yaml"), "utf8")) as Values;
            const { values } = release("keda");
            assert.deepEqual(strangers(known, values), []);
            assert.deepEqual(strangers(known, { crds: { create: false } }), ["crds.create"]);
            assert.deepEqual(strangers(known, { resources: { operators: null } }), ["resources.operators"]);
            assert.deepEqual(strangers(known, { operator: { replicaCount: "2" } }), ["operator.replicaCount"]);
        });
    }
});

/** Paths that a chart's own values don't have, or have of another type. What is empty there takes anything, and null takes it away. */
function strangers(known: unknown, ours: unknown, path = ""): string[] {
    if (known === null || known === undefined || ours === null) return [];
    if (typeof known !== typeof ours || Array.isArray(known) !== Array.isArray(ours)) return [path];
    if (typeof known !== "object" || typeof ours !== "object" || Array.isArray(ours)) return [];
    if (Object.keys(known).length === 0) return [];
    return Object.entries(ours).flatMap(([key, value]) => {
        const here = path ? `${path}.${key}` : key;
        return key in known ? strangers((known as Values)[key], value, here) : [here];
    });
}
