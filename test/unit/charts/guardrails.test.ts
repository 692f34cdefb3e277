import assert from "node:assert/strict";

import {
    type Chart,
    find,
    full,
    needHelm,
    type Probe,
    render,
    type Rendered,
    template,
    templates,
} from "../../support/charts";

/** The charts that keep data, by numbers of nodes where they have one. */
const forms: [Chart, number | undefined][] = [
    ["kafka", 1],
    ["kafka", 3],
    ["minio", 1],
    ["minio", 4],
    ["postgresql", undefined],
];
const withNodes = (nodes: number | undefined) => (nodes === undefined ? {} : { nodes });

describe("charts that keep data: what every pod has", () => {
    before(needHelm);

    for (const [chart, nodes] of forms) {
        describe(`${chart}${nodes ? `, ${nodes} nodes` : ""}`, () => {
            let objects: Rendered[];
            before(async () => {
                // Its topics want three nodes.
                const fewer = chart === "kafka" ? { topics: [], users: [] } : {};
                objects = await render(chart, { ...full[chart], ...fewer, ...withNodes(nodes) });
            });

            it("says how often, how long and how many times each probe asks", () => {
                const [{ startupProbe, livenessProbe, readinessProbe }] = template(objects, chart).spec.containers;
                for (const probe of [startupProbe, livenessProbe, readinessProbe] as Probe[])
                    for (const key of ["periodSeconds", "timeoutSeconds", "failureThreshold"])
                        assert.ok(Number(probe[key]) > 0, `${key} of ${JSON.stringify(probe)}`);
                const how = ({ httpGet, exec, tcpSocket }: Probe) => JSON.stringify([httpGet, exec, tcpSocket]);
                assert.notEqual(how(livenessProbe as Probe), how(readinessProbe as Probe), "busy isn't dead");
            });

            it("bounds what a pod may write on its machine", () => {
                for (const [name, { spec }] of templates(objects))
                    for (const { name: volume, emptyDir } of spec.volumes ?? []) {
                        const limit = (emptyDir as { sizeLimit?: string } | undefined)?.sizeLimit;
                        assert.ok(!emptyDir || limit, `${name}: ${volume}`);
                    }
            });

            it("has a headless Service of its pods, by which the StatefulSet names them", () => {
                const { serviceName, template: pods } = find(objects, "StatefulSet", chart).spec as {
                    serviceName: string;
                    template: { metadata: { labels: Record<string, string> } };
                };
                const { clusterIP, selector } = find(objects, "Service", serviceName).spec as {
                    clusterIP: string;
                    selector: Record<string, string>;
                };
                assert.equal(clusterIP, "None");
                for (const [key, value] of Object.entries(selector)) assert.equal(pods.metadata.labels[key], value);
            });

            it("is spread as is asked for", async () => {
                const asked = [{ maxSkew: 1, topologyKey: "rack", whenUnsatisfiable: "ScheduleAnyway" }];
                const made = await render(chart, { ...withNodes(nodes), topologySpreadConstraints: asked });
                assert.deepEqual(template(made, chart).spec.topologySpreadConstraints, asked);
                const usual = template(objects, chart).spec.topologySpreadConstraints;
                assert.equal(usual !== undefined, (nodes ?? 1) > 1);
            });

            it("has a budget for disruptions where there is more than one, unless it is unwanted", async () => {
                const budgets = (among: Rendered[]) => among.filter(({ kind }) => kind === "PodDisruptionBudget");
                assert.equal(budgets(objects).length, (nodes ?? 1) > 1 ? 1 : 0);
                if (nodes === undefined) return;
                const without = await render(chart, { nodes, podDisruptionBudget: { enabled: false } });
                assert.deepEqual(budgets(without), []);
            });

            it("asks the cluster's name servers only", () => {
                const rules = objects
                    .filter(({ kind }) => kind === "NetworkPolicy")
                    .flatMap(({ spec }) => spec.egress as { to: object[]; ports: { port: number }[] }[])
                    .filter(({ ports }) => ports.some(({ port }) => port === 53));
                assert.ok(rules.length > 0);
                for (const { to } of rules)
                    assert.deepEqual(to, [
                        {
                            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
                            podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
                        },
                    ]);
            });
        });
    }
});
