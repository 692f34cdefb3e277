import assert from "node:assert/strict";
import { createServer, Server } from "node:net";
import { join } from "node:path";

import { egressSystem } from "../../config/sections/egress";
import { KubeObject } from "../../kubernetes/client";
import { run } from "../../lib/exec";
import { collectRequests } from "../../program/collect";
import { readStackConfig, stackFile } from "../../program/stack-config";
import { renderStack } from "../../render/manifests";
import { minute, ns, seconds, tell, until, World } from "./world";

/** Somewhere on the internet, which is an address of this machine while the test runs. */
const address = "203.0.113.10";
const namespace = `sandbox-${egressSystem}`;
const targets = [
    ...["named.example.com:443", "other.example.com:443", "inside.example.com:443"],
    ...[`${address}:443`, "10.0.0.1:443", "169.254.169.254:443", "kubernetes.default.svc:443"],
];

/** The proxy of named hosts and its clients on real pods, with a host behind it. */
export function namedHosts(world: World): void {
    it("lets a Job and a DAG's task through to the hosts that each has named, and to nothing else", async () => {
        const began = Date.now();
        let server: Server | undefined;
        try {
            await run("ip", ["address", "replace", `${address}/32`, "dev", "lo"]);
            server = await listen();
            const { objects, pod } = await evaluate();
            const [jobs, rest] = [objects.filter(isJob), objects.filter((object) => !isJob(object))];
            for (const object of rest) await world.kube.apply(object, {});
            // What depends on the proxy is made when it is ready.
            await until("the proxy", () => isReady(world), 5 * minute);
            for (const object of [...jobs, pod]) await world.kube.create(object);
            const answers = {
                named: await resultOf(world, "job-name", jobs[0].metadata.name),
                other: await resultOf(world, "app.kubernetes.io/name", "e2e-task"),
            };
            const refused = Object.fromEntries(targets.map((target) => [target, 403]));
            assert.deepEqual(answers, {
                // That name leads inside.
                named: { ...refused, "named.example.com:443": 200 },
                other: { ...refused, "other.example.com:443": 200 },
            });
            tell(seconds(began));
        } finally {
            server?.close();
            await run("ip", ["address", "delete", `${address}/32`, "dev", "lo"]).catch(() => undefined);
            // Its proxy takes half a minute to end, which nobody waits for.
            await world.kube.delete({ apiVersion: "v1", kind: "Namespace", name: namespace }, "Background");
            for (const [apiVersion, kind] of [
                ["batch/v1", "Job"],
                ["v1", "Pod"],
                ["v1", "ServiceAccount"],
                ["networking.k8s.io/v1", "NetworkPolicy"],
            ]) {
                const ours = await world.kube.list(apiVersion, kind, { namespace: ns.jobs });
                for (const { metadata } of ours.filter(({ metadata: { name } }) => name.startsWith("e2e-")))
                    await world.kube.delete(
                        { apiVersion, kind, namespace: ns.jobs, name: metadata.name },
                        "Background",
                    );
            }
        }
    });
}

function isJob({ kind }: KubeObject): boolean {
    return kind === "Job";
}

function listen(): Promise<Server> {
    return new Promise((resolve, reject) => {
        const server = createServer((socket) => socket.end()).on("error", reject);
        server.listen(443, address, () => resolve(server));
    });
}

/** What the program makes, in the order in which it is made, and the pod of the task. */
async function evaluate(): Promise<{ objects: KubeObject[]; pod: KubeObject }> {
    const program = join(__dirname, "fixtures/named-hosts.ts");
    const config = { ...readStackConfig(stackFile("sandbox")).values, "test:targets": JSON.stringify(targets) };
    const { objects } = await renderStack({ stack: "sandbox", program, config, charts: "directories" });
    const { outputs } = await collectRequests({
        stack: "sandbox",
        program,
        config,
        offline: true,
        generated: (name) => name,
    });
    const made = objects.map(({ manifest }) => manifest as KubeObject);
    const first = ["Namespace", "ServiceAccount", "NetworkPolicy", "ConfigMap"];
    const inOrder = [
        ...first.flatMap((kind) => made.filter((object) => object.kind === kind)),
        ...made.filter(({ kind }) => !first.includes(kind)),
    ];
    for (const object of inOrder.filter(({ kind }) => kind === "Deployment")) {
        // The names that a DNS would have.
        const { spec } = (object.spec as { template: { spec: Record<string, unknown> } }).template;
        spec.hostAliases = [
            { ip: address, hostnames: ["named.example.com", "other.example.com"] },
            { ip: "10.0.0.1", hostnames: ["inside.example.com"] },
        ];
    }
    const pod = outputs.pod as KubeObject;
    return { objects: inOrder, pod: { ...pod, metadata: { ...pod.metadata, name: "e2e-task", namespace: ns.jobs } } };
}

async function isReady(world: World): Promise<boolean> {
    const proxy = await world.kube.get({ apiVersion: "apps/v1", kind: "Deployment", namespace, name: "egress-proxy" });
    const { readyReplicas = 0 } = (proxy?.status ?? {}) as { readyReplicas?: number };
    return readyReplicas > 0;
}

/** The last words of a pod, which are its result. */
async function resultOf(world: World, label: string, value: string): Promise<unknown> {
    const message = await until(
        `the result of ${value}`,
        async () => {
            const [pod] = await world.kube.list("v1", "Pod", { namespace: ns.jobs, labels: `${label}=${value}` });
            const { containerStatuses } = ((pod as KubeObject | undefined)?.status ?? {}) as {
                containerStatuses?: { state: { terminated?: { exitCode: number; message?: string } } }[];
            };
            const ended = containerStatuses?.[0].state.terminated;
            if (ended && ended.exitCode !== 0) throw new Error(`${value} failed: ${ended.message}`);
            return ended?.message;
        },
        5 * minute,
    );
    return JSON.parse(message) as unknown;
}
