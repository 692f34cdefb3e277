import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { ScaledObjectSpec, TriggerAuthenticationSpec } from "../../../components/etl/scaling";
import { repoRoot } from "../../../lib/paths";
import { Collected, collect } from "../../support/collect";
import { Definition, objections } from "../../support/custom-resource";

const program = join(__dirname, "../fixtures/scaling.ts");

/** The one workload, scaled like this. */
const evaluate = (scaled: object, more: object = {}) =>
    collect({ program, config: { "test:case": JSON.stringify({ scaled, ...more }) } });

const lag = { topic: "flights", group: "land-workers" };

interface Deployment {
    spec: { replicas?: number; template: { spec: { topologySpreadConstraints?: unknown[] } } };
}
interface Autoscaler {
    spec: { minReplicas: number; maxReplicas: number; metrics: { resource: { target: object } }[] };
}

describe("scaling of a workload", function () {
    this.timeout(60_000);

    const deployment = (made: Collected) => made.one("Deployment", "worker").inputs as unknown as Deployment;
    const kind = <Spec>(made: Collected, name: string) => {
        const found = made.requests.filter(({ inputs }) => inputs.kind === name);
        assert.equal(found.length, 1, name);
        return { request: found[0], spec: found[0].inputs.spec as Spec };
    };
    const needs = (dependencies: string[]) => dependencies.map((urn) => urn.split("::").slice(-1)[0]);

    it("by CPU: an autoscaler within its bounds, and nobody else who says how many", async () => {
        const made = await evaluate({ autoscale: { min: 1, max: 4, targetCpu: 50 } });
        const { spec } = made.one("HorizontalPodAutoscaler", "worker").inputs as unknown as Autoscaler;
        assert.deepEqual([spec.minReplicas, spec.maxReplicas], [1, 4]);
        assert.deepEqual(spec.metrics[0].resource.target, { type: "Utilization", averageUtilization: 50 });
        assert.equal("replicas" in deployment(made).spec, false);
        assert.deepEqual(
            made.requests.filter(({ inputs }) => inputs.kind === "ScaledObject"),
            [],
        );
    });

    it("several pods are kept apart and never all taken away, however many there are just now", async () => {
        for (const scaled of [
            { replicas: 2 },
            { autoscale: { min: 1, max: 2 } },
            { autoscale: { min: 0, max: 3, lag } },
        ]) {
            const made = await evaluate(scaled);
            assert.equal(deployment(made).spec.template.spec.topologySpreadConstraints?.length, 2);
            const { spec } = made.one("PodDisruptionBudget", "worker").inputs as { spec: { maxUnavailable: number } };
            assert.equal(spec.maxUnavailable, 1);
        }
        const single = await evaluate({});
        assert.equal(deployment(single).spec.replicas, 1);
        assert.deepEqual(single.all("PodDisruptionBudget"), []);
        assert.equal(deployment(single).spec.template.spec.topologySpreadConstraints, undefined);
    });

    it("by lag: KEDA asks Kafka as the application, by names of Secrets only", async () => {
        const made = await evaluate({
            autoscale: { min: 0, max: 6, lag: { ...lag, messages: 200, start: "earliest" } },
        });
        const { spec, request } = kind<ScaledObjectSpec>(made, "ScaledObject");
        assert.deepEqual(spec.scaleTargetRef, { apiVersion: "apps/v1", kind: "Deployment", name: "worker" });
        assert.deepEqual([spec.minReplicaCount, spec.maxReplicaCount], [0, 6]);
        assert.deepEqual(spec.triggers, [
            {
                type: "kafka",
                metadata: {
                    bootstrapServers: "kafka.sandbox-streaming.svc:9093",
                    topic: "flights",
                    consumerGroup: "land-workers",
                    lagThreshold: "200",
                    offsetResetPolicy: "earliest",
                    sasl: "scram_sha512",
                    tls: "enable",
                    version: "2.1.0",
                },
                authenticationRef: { name: "worker" },
            },
        ]);
        const authentication = kind<TriggerAuthenticationSpec>(made, "TriggerAuthentication");
        assert.deepEqual(authentication.spec.secretTargetRef, [
            { parameter: "username", name: "kafka-user-land", key: "username" },
            { parameter: "password", name: "kafka-user-land", key: "password" },
            { parameter: "ca", name: "platform-ca", key: "ca.crt" },
        ]);
        const { name, namespace } = authentication.request.inputs.metadata as Record<string, string>;
        assert.deepEqual({ name, namespace }, { name: "worker", namespace: "sandbox-jobs" });
        assert.equal("replicas" in deployment(made).spec, false);
        assert.deepEqual(made.all("HorizontalPodAutoscaler"), []);

        assert.ok(needs(request.dependencies).includes("worker-scaler-account"));
        assert.ok(needs(request.dependencies).includes("worker"));
        for (const before of ["keda-ready", "kafka-user-land.sandbox-jobs", "trust"]) {
            assert.ok(needs(authentication.request.dependencies).includes(before), before);
        }
        const others = made.requests.filter(({ type }) => !type.endsWith(":Secret"));
        assert.ok(!JSON.stringify(others).includes("sentinel-password"));
    });

    it("by lag: the event stream is opened to KEDA's operator, on its one port, and to nothing else", async () => {
        const made = await evaluate({ autoscale: { min: 1, max: 2, lag } });
        const { metadata, spec } = made.one("NetworkPolicy", "worker-scaler").inputs as {
            metadata: { namespace: string };
            spec: unknown;
        };
        assert.equal(metadata.namespace, "sandbox-streaming");
        assert.deepEqual(spec, {
            podSelector: { matchLabels: { "app.kubernetes.io/name": "kafka" } },
            policyTypes: ["Ingress"],
            ingress: [
                {
                    from: [
                        {
                            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "keda" } },
                            podSelector: { matchLabels: { app: "keda-operator" } },
                        },
                    ],
                    ports: [{ protocol: "TCP", port: 9093 }],
                },
            ],
        });
    });

    const wrong: [string, object, RegExp, object?][] = [
        [
            "both kinds",
            { autoscale: { min: 1, max: 2, targetCpu: 50, lag } },
            /targetCpu and lag.*leave one of them out/,
        ],
        [
            "a number besides",
            { replicas: 2, autoscale: { min: 1, max: 2 } },
            /autoscale: and replicas are both there.*leave replicas out/,
        ],
        ["min over max", { autoscale: { min: 5, max: 3 } }, /autoscale.min: 5 is more than autoscale.max 3/],
        ["min 0 by CPU", { autoscale: { min: 0, max: 3 } }, /autoscale.min: is 0.*0 only with lag/],
        ["too many", { autoscale: { min: 1, max: 1000 } }, /autoscale.max: is 1000.*from 1 to 100/],
        ["half a pod", { autoscale: { min: 1.5, max: 3 } }, /autoscale.min: is 1.5; it must be a whole number/],
        ["fewer than none", { replicas: -1 }, /replicas: is -1/],
        ["no target", { autoscale: { min: 1, max: 3, targetCpu: 0 } }, /targetCpu: is 0.*10 to 100/],
        [
            "no stream",
            { stream: false, autoscale: { min: 1, max: 3, lag } },
            /lag: is there, but no stream.*give the workload stream/,
        ],
        [
            "another's group",
            { autoscale: { min: 1, max: 3, lag: { ...lag, group: "ingest" } } },
            /group: is "ingest", which the application "land" may not look at/,
        ],
        ["no messages", { autoscale: { min: 1, max: 3, lag: { ...lag, messages: 0 } } }, /lag.messages: is 0/],
        [
            "a stream outside",
            { autoscale: { min: 1, max: 3, lag } },
            /needs an event stream in the cluster.*scale by CPU/,
            { outside: true },
        ],
    ];
    for (const [what, scaled, message, more] of wrong) {
        it(`refused before anything is made: ${what}`, async () => {
            await assert.rejects(evaluate(scaled, more), (error: Error) => {
                assert.match(error.message, /EtlService "worker": /);
                assert.match(error.message, message);
                return true;
            });
        });
    }

    const crds = join(repoRoot, "../shared/charts/keda/crds");
    // Not part of the project.
    if (existsSync(crds)) {
        const definition = (plural: string) =>
            parse(readFileSync(join(crds, `keda.sh_${plural}.yaml`), "utf8")) as Definition;

        it("upstream's definitions take what KEDA is told, and refuse it spelt wrong", async () => {
            const made = await evaluate({ autoscale: { min: 0, max: 6, lag } });
            const { inputs } = kind(made, "ScaledObject").request;
            const { inputs: account } = kind(made, "TriggerAuthentication").request;
            assert.deepEqual(objections(definition("scaledobjects"), "v1alpha1", inputs), []);
            assert.deepEqual(objections(definition("triggerauthentications"), "v1alpha1", account), []);

            const spec = inputs.spec as ScaledObjectSpec;
            const bad = (change: object) =>
                objections(definition("scaledobjects"), "v1alpha1", { ...inputs, spec: { ...spec, ...change } }).join();
            assert.match(bad({ maxReplicas: 3 }), /maxReplicas is unknown/);
            assert.match(bad({ triggers: [{ type: "kafka" }] }), /metadata is missing/);
            assert.match(bad({ fallback: { ...spec.fallback, behavior: "none" } }), /behavior is none of/);
        });
    }
});
