import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import * as versions from "../../../config/versions";
import { repoRoot } from "../../../lib/paths";
import {
    type Chart,
    find,
    full,
    helm,
    type Labels,
    needHelm,
    refusal,
    render,
    type Rendered,
    selects,
    templates,
    type Values,
} from "../../support/charts";

const charts: Chart[] = ["kafka", "minio", "mlflow", "postgresql"];
/** Those that keep data on a volume of their own; the others are a Deployment. */
const keepsData = (chart: Chart) => chart !== "mlflow";
const read = (chart: Chart, file: string) => readFileSync(join(repoRoot, "charts", chart, file), "utf8");

interface Policy {
    podSelector: { matchLabels: Labels };
    policyTypes: string[];
    ingress: { from: { namespaceSelector?: { matchLabels?: Labels }; podSelector?: { matchLabels?: Labels } }[] }[];
    egress: { to: { namespaceSelector?: { matchLabels?: Labels } }[]; ports: { port: number; protocol: string }[] }[];
}

describe("charts", () => {
    before(needHelm);

    for (const chart of charts) {
        describe(chart, () => {
            const all: Record<string, Rendered[]> = {};
            before(async () => {
                all.default = await render(chart);
                all.full = await render(chart, full[chart]);
            });
            const each = (check: (objects: Rendered[]) => void) => Object.values(all).forEach(check);

            it("lints, with defaults and with everything", async () => {
                for (const values of [{}, full[chart]]) {
                    const { output, failed } = await helm("lint", chart, values, { args: ["--strict"] });
                    assert.ok(!failed, output);
                }
            });

            it("renders the same twice", async () => {
                assert.deepEqual(await render(chart, full[chart]), all.full);
            });

            it("refuses what it doesn't know, on every level", async () => {
                const levels = (value: unknown, wrap: (inner: unknown) => unknown): Values[] => {
                    if (Array.isArray(value))
                        return value.slice(0, 1).flatMap((item) => levels(item, (x) => wrap([x])));
                    if (typeof value !== "object" || value === null) return [];
                    const object = value as Values;
                    return [
                        wrap({ ...object, surprise: 1 }) as Values,
                        ...Object.entries(object).flatMap(([key, inner]) =>
                            free.has(key) ? [] : levels(inner, (x) => wrap({ ...object, [key]: x })),
                        ),
                    ];
                };
                const free = new Set(["podLabels", "podAnnotations", "nodeSelector", "namespaceLabels"]);
                ["tolerations", "topologySpreadConstraints", "config", "requests", "limits", "to", "ports"].forEach(
                    (key) => free.add(key),
                );
                const defaults = parse(read(chart, "values.yaml")) as Values;
                const wrong = levels({ ...defaults, ...full[chart] }, (x) => x);
                assert.ok(wrong.length > 8);
                for (const values of wrong)
                    assert.match(await refusal(chart, values), /'surprise' not allowed|surprise/);
            });

            it("documents every value, in values.yaml and in the README", () => {
                const schema = JSON.parse(read(chart, "values.schema.json")) as { properties: Values };
                const keys = Object.keys(schema.properties).filter((key) => key !== "global");
                const lines = read(chart, "values.yaml").split("\n");
                assert.deepEqual(Object.keys(parse(lines.join("\n")) as Values).sort(), keys.sort());
                const readme = read(chart, "README.md");
                for (const key of keys) {
                    // A comment stands above it, or above the neighbour that it is explained with.
                    let line = lines.findIndex((text) => text.startsWith(`${key}:`));
                    while (lines[line] !== "" && !lines[line].startsWith("#") && line > 0) line--;
                    assert.ok(
                        lines[line].startsWith("#") || /^ +#/.test(lines[line + 2] ?? ""),
                        `${key} has no comment in charts/${chart}/values.yaml`,
                    );
                    assert.match(readme, new RegExp(`\`${key}(\\[\\]|\\.[a-zA-Z]+)?\``), key);
                }
            });

            it("runs nothing that `restricted` forbids, and more", () => {
                each((objects) => {
                    for (const [name, { spec }] of templates(objects)) {
                        assert.equal(spec.automountServiceAccountToken, false, name);
                        assert.equal(spec.enableServiceLinks, false, name);
                        assert.equal(spec.securityContext?.runAsNonRoot, true, name);
                        assert.ok(Number(spec.securityContext?.runAsUser) > 0, name);
                        assert.deepEqual(spec.securityContext?.seccompProfile, { type: "RuntimeDefault" }, name);
                        for (const key of ["hostNetwork", "hostPID", "hostIPC"]) assert.ok(!(key in spec), key);
                        for (const { name: volume, ...source } of spec.volumes ?? []) {
                            assert.ok(
                                ["configMap", "secret", "projected", "emptyDir"].includes(Object.keys(source)[0]),
                                volume,
                            );
                        }
                        for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
                            assert.deepEqual(container.securityContext, {
                                allowPrivilegeEscalation: false,
                                readOnlyRootFilesystem: true,
                                runAsNonRoot: true,
                                capabilities: { drop: ["ALL"] },
                            });
                            const { requests, limits } = container.resources ?? {};
                            for (const amount of [requests?.cpu, requests?.memory, limits?.memory]) {
                                assert.ok(amount, `${name}: ${JSON.stringify(container.resources)}`);
                            }
                            // It would hold a pod back on a node that has time to spare.
                            assert.equal(limits?.cpu, undefined, name);
                        }
                    }
                });
            });

            it("has probes with a time limit on the server", () => {
                const [container] = templates(all.full).get(chart)?.spec.containers ?? [];
                for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
                    assert.ok(Number(probe?.timeoutSeconds) > 0, JSON.stringify(probe));
                }
            });

            it("gives each kind of pod a service account of its own without a token", () => {
                each((objects) => {
                    const names = [...templates(objects).values()].map(({ spec }) => spec.serviceAccountName ?? "");
                    assert.equal(new Set(names).size, names.length);
                    for (const name of names) {
                        const account = find(objects, "ServiceAccount", name) as unknown as Labels;
                        assert.equal(account.automountServiceAccountToken as unknown, false);
                    }
                });
            });

            it("labels every object and pod with all six recommended labels", () => {
                each((objects) => {
                    const labelled = [
                        ...objects.map(({ metadata }) => metadata.labels),
                        ...[...templates(objects).values()].map(({ metadata }) => metadata.labels),
                    ];
                    for (const labels of labelled) {
                        for (const key of ["name", "instance", "version", "component", "part-of", "managed-by"]) {
                            assert.ok(labels[`app.kubernetes.io/${key}`], `${key} of ${JSON.stringify(labels)}`);
                        }
                    }
                });
            });

            it("sends no client to the job's pod", () => {
                each((objects) => {
                    for (const { spec } of objects.filter(({ kind }) => kind === "Service")) {
                        for (const [name, { metadata }] of templates(objects)) {
                            assert.equal(selects(spec.selector as Labels, metadata.labels), name === chart, name);
                        }
                    }
                });
            });

            it("limits every pod's traffic in both directions", () => {
                each((objects) => {
                    const policies = policiesOf(objects);
                    for (const [name, { metadata }] of templates(objects)) {
                        const own = policies.filter((policy) =>
                            selects(policy.podSelector.matchLabels, metadata.labels),
                        );
                        assert.equal(own.length, 1, name);
                        assert.deepEqual(own[0].policyTypes, ["Ingress", "Egress"]);
                        for (const { from } of own[0].ingress)
                            assert.ok(from.length > 0, "an ingress rule without peers");
                        for (const { to } of own[0].egress) assert.ok(to.length > 0, "an egress rule without peers");
                    }
                });
            });

            it("lets the job look names up, and whom `clients` names in", () => {
                const setup = policiesOf(all.full).find(
                    ({ podSelector }) => podSelector.matchLabels["app.kubernetes.io/component"] === "setup",
                );
                const dns = setup?.egress.filter(({ ports }) => ports.some(({ port }) => port === 53));
                assert.deepEqual(dns?.[0].ports.map(({ protocol }) => protocol).sort(), ["TCP", "UDP"]);
                const outside = (objects: Rendered[]) =>
                    policiesOf(objects).flatMap(({ ingress }) =>
                        ingress.flatMap(({ from }) => from.filter((peer) => peer.namespaceSelector)),
                    );
                assert.deepEqual(outside(all.default), [], "nobody by default");
                assert.deepEqual(outside(all.full), [
                    {
                        namespaceSelector: { matchLabels: { stack: "dev" } },
                        podSelector: { matchLabels: { [`uses-${chart}`]: "true" } },
                    },
                ]);
            });

            it("lets pods of any namespace in when only their labels are named", async () => {
                const objects = await render(chart, { clients: { podLabels: { a: "b" } } });
                const peers = policiesOf(objects).flatMap(({ ingress }) => ingress.flatMap(({ from }) => from));
                assert.deepEqual(
                    peers.filter((peer) => peer.namespaceSelector),
                    [{ namespaceSelector: {}, podSelector: { matchLabels: { a: "b" } } }],
                );
            });

            it("knows Secrets by name only: as volumes, never in a variable, an argument or a setting", () => {
                assert.ok(!all.full.some(({ kind }) => kind === "Secret"));
                for (const { spec } of templates(all.full).values()) {
                    for (const { env = [], envFrom, args } of spec.containers) {
                        assert.equal(envFrom, undefined);
                        assert.equal(args, undefined);
                        for (const { name, valueFrom } of env) assert.ok(!valueFrom?.secretKeyRef, name);
                    }
                    for (const volume of spec.volumes ?? []) {
                        const { secret } = volume as {
                            secret?: { secretName: string; items: unknown[]; defaultMode: number };
                        };
                        // Only the keys that are needed, for the pod's group.
                        if (secret)
                            assert.ok(secret.items.length > 0 && secret.defaultMode === 0o440, secret.secretName);
                    }
                }
            });

            if (keepsData(chart))
                it("keeps the volume or not", async () => {
                    const policy = async (retain: boolean) =>
                        find(await render(chart, { storage: { retain } }), "StatefulSet", chart).spec
                            .persistentVolumeClaimRetentionPolicy;
                    assert.deepEqual(await policy(false), { whenDeleted: "Delete", whenScaled: "Retain" });
                    assert.deepEqual(await policy(true), { whenDeleted: "Retain", whenScaled: "Retain" });
                });

            it("restarts the pods when `rotation` is raised", async () => {
                const pods = async (values: Values) => [...templates(await render(chart, values)).values()];
                const before = await pods({ rotation: 1 });
                assert.notDeepEqual(await pods({ rotation: 2 }), before);
            });

            it("never changes what Kubernetes can't change", async () => {
                const fixed = async (values: Values) => {
                    const { spec } = find(
                        await render(chart, values),
                        keepsData(chart) ? "StatefulSet" : "Deployment",
                        chart,
                    );
                    return [spec.selector, spec.serviceName, spec.volumeClaimTemplates, spec.podManagementPolicy];
                };
                const same = chart === "kafka" ? { nodes: 1, topics: [], users: [] } : {};
                assert.deepEqual(await fixed({ ...full[chart], ...same }), await fixed({}));
            });

            it("makes the job a hook that replaces the last one, with an end", () => {
                const job = find(all.full, "Job", `${chart}-setup`);
                const when = chart === "mlflow" ? "pre" : "post";
                assert.equal(job.metadata.annotations?.["helm.sh/hook"], `${when}-install,${when}-upgrade`);
                assert.match(
                    job.metadata.annotations["helm.sh/hook-delete-policy"],
                    /^before-hook-creation,hook-succeeded$/,
                );
                assert.ok(Number(job.spec.activeDeadlineSeconds) > 0);
                assert.ok(Number(job.spec.backoffLimit) <= 3);
            });

            it("puts what a pod is asked to have on it", () => {
                for (const { metadata, spec } of templates(all.full).values()) {
                    assert.equal(metadata.labels.team, "data");
                    assert.equal(metadata.annotations.note, "yes");
                    assert.equal(spec.priorityClassName, "high");
                    assert.deepEqual(spec.nodeSelector, { disk: "fast" });
                    assert.deepEqual(spec.tolerations, [{ key: "dedicated", operator: "Exists" }]);
                    assert.deepEqual(spec.imagePullSecrets, [{ name: "pull" }]);
                    assert.equal(spec.containers[0].image, `registry.test/${chart}:1.2.3`);
                }
            });

            it("runs as the image's user, and names the version that is in the image", () => {
                const image = readFileSync(join(repoRoot, "images", chart, "Containerfile"), "utf8");
                const [, uid, gid] = /^USER (\d+):(\d+)$/m.exec(image) ?? [];
                for (const { spec } of templates(all.default).values()) {
                    const { runAsUser, runAsGroup, fsGroup } = spec.securityContext ?? {};
                    assert.deepEqual([runAsUser, runAsGroup, fsGroup], [Number(uid), Number(gid), Number(gid)]);
                    assert.ok(spec.containers[0].image.endsWith(`:${versions[chart]}`));
                }
                assert.equal((parse(read(chart, "Chart.yaml")) as Labels).appVersion, versions[chart]);
            });

            it("refuses an image without a fixed tag and a container without a limit", async () => {
                assert.match(await refusal(chart, { image: { tag: "latest" } }), /image\/tag/);
                assert.match(await refusal(chart, { resources: { limits: null } }), /limits/);
            });
        });
    }
});

function policiesOf(objects: Rendered[]): Policy[] {
    return objects.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) => spec as unknown as Policy);
}
