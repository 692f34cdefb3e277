import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import type { Port } from "../../checks/network/connections";
import { evaluate, type Way } from "../../checks/network/evaluate";
import type { End, World } from "../../checks/network/world";
import { BuiltinEngine } from "../../engine/builtin/engine";
import { tagNames } from "../../operations/ephemeral";
import { destroy, Target, up } from "../../engine/builtin/builtin";
import { KubeObject } from "../../kubernetes/client";
import { Checkout, takeDown } from "../support/docs/checkout";
import { Bed } from "./bed";
import { bedAndCheckout } from "./bed-checkout";
import { bareConfig, until } from "./fixtures/prod";
import { dropDefinitions, everything, extra, left, secretHashes, traces } from "./world";

const systems = ["storage", "streaming", "database", "tracking", "orchestration", "jobs"];
const namespacesOf = (stack: string) => systems.map((system) => `${stack}-${system}`);

interface Ended {
    code: number;
    out: string;
    err: string;
}

describe("two stacks of pull requests side by side on one cluster plane, by the command", function () {
    this.timeout(300_000);
    let bed: Bed;
    let checkout: Checkout;
    let plane: Target;
    let backend: BuiltinEngine;
    let before: Set<string>;
    let withPlane: Set<string>;

    /** `data-platform ephemeral …`, as somebody in a checkout calls it. */
    async function ephemeral(...args: string[]): Promise<Ended> {
        const { cwd, env } = checkout;
        const { exitCode, stdout, stderr } = await execa("node", ["cli/data-platform.mjs", "ephemeral", ...args], {
            ...{ cwd, env, extendEnv: false, reject: false, stdin: "ignore" },
        });
        return { code: exitCode ?? -1, out: stdout, err: stderr };
    }

    async function well(...args: string[]): Promise<string> {
        const { code, out, err } = await ephemeral(...args);
        assert.equal(code, 0, `ephemeral ${args.join(" ")} ended with ${code}:\n${err}\n${out}`);
        return out;
    }

    const expire = (stack: string) => backend.tag(stack, { [tagNames.expires]: "2026-01-01T00:00:00Z" });
    const file = (stack: string) => join(checkout.cwd, `Pulumi.${stack}.yaml`);

    this.beforeAll(async () => {
        ({ bed, before, checkout } = await bedAndCheckout());
        const { kubeconfig } = bed;
        const dir = checkout.env.DATA_PLATFORM_SANDBOX_DIR;
        const program = join(__dirname, "fixtures/plane.ts");
        plane = { stack: "dev", kubeconfig, dir, program, config: bareConfig("dev") };
        backend = new BuiltinEngine({ dir, kubeconfig });
    });

    this.afterAll(async () => {
        await bed.kube.delete({ apiVersion: "v1", kind: "Namespace", name: "pr-5-jobs" });
        await takeDown(checkout, bed);
        await dropDefinitions(bed.kube);
    });

    it("none is made before the cluster plane is there, nor without consent", async () => {
        const early = await ephemeral("create", "7", "--yes");
        assert.equal(early.code, 1);
        assert.match(early.err, /the cluster plane of the stack dev, and there is no such stack; nothing was made/);
        assert.match(early.err, /fix: +bring it up first/);
        await up(plane);
        withPlane = await everything(bed.kube);
        const unasked = await ephemeral("create", "7");
        assert.equal(unasked.code, 2);
        assert.match(unasked.err, /makes the stack pr-7 on the cluster plane of dev.*--yes/s);
        assert.deepEqual(
            (await backend.list()).map(({ name }) => name),
            ["dev"],
        );
        assert.ok(!existsSync(file("pr-7")));
        assert.deepEqual(extra(await everything(bed.kube), withPlane), []);
    });

    it("create says where they are, by names of Secrets only, and when they go", async () => {
        const comment = join(await bed.scratch(), "comment.md");
        const out = await well("create", "7", "--yes", "--ttl", "2h", "--pull-request", "7", "--comment", comment);
        assert.match(out, /the stack pr-7 is up until 20\S+Z \(1h59m\)|\(2h\)/);
        assert.match(out, /kubectl -n pr-7-orchestration port-forward service\/airflow-api-server 8080/);
        assert.match(out, /in the Secret pr-7-orchestration\/airflow-admin/);
        assert.match(readFileSync(comment, "utf8"), /### The stack `pr-7` is up/);
        const { stack, counts, addresses } = JSON.parse(await well("create", "pr-8", "--yes", "--json")) as {
            stack: string;
            counts: { create: number };
            addresses: { namespaces: string[] };
        };
        assert.equal(stack, "pr-8");
        assert.ok(counts.create > 100, `only ${counts.create} resources`);
        assert.deepEqual([...addresses.namespaces].sort(), namespacesOf("pr-8").sort());
        const { tags } = (await backend.find("pr-7"))!;
        assert.equal(tags[tagNames.pullRequest], "7");
        for (const name of ["pr-7", "pr-8"]) assert.ok(existsSync(file(name)), name);
    });

    it("are apart in namespaces: nothing of either is anywhere else", async () => {
        const made = extra(await everything(bed.kube), withPlane);
        // Made by the cluster's own controllers: what is behind claims and Services.
        const isBehind = (name: string) => /^(PersistentVolume|IPAddress) /.test(name);
        const outside = made.filter((name) => !/ (pr-[78]-[a-z]+\/|\/pr-[78]-[-a-z]+$)/.test(name) && !isBehind(name));
        assert.deepEqual(outside, []);
        const ofCluster = made.filter((name) => name.includes(" /") && !isBehind(name));
        // What its own accounts may start is asked of the API server itself, which knows no policies of a namespace.
        const policies = (stack: string) =>
            ["launched-others", "launched-pods", "launched-spark-applications"].flatMap((name) =>
                ["", "Binding"].map((kind) => `ValidatingAdmissionPolicy${kind} /${stack}-${name}`),
            );
        const both = ["pr-7", "pr-8"];
        const namespaces = both.flatMap(namespacesOf).map((name) => `Namespace /${name}`);
        assert.deepEqual(ofCluster.sort(), [...namespaces, ...both.flatMap(policies)].sort());
    });

    it("are apart in quotas: each namespace has its own, small, and closed to load balancers", async () => {
        for (const namespace of ["pr-7", "pr-8"].flatMap(namespacesOf)) {
            const quotas = await bed.kube.list("v1", "ResourceQuota", { namespace });
            assert.equal(quotas.length, 1, namespace);
            const { hard } = quotas[0].spec as { hard: Record<string, string> };
            assert.equal(hard["services.loadbalancers"], "0");
            assert.ok(Number(hard.persistentvolumeclaims) <= 2, namespace);
            const { metadata } = (await bed.kube.get({ apiVersion: "v1", kind: "Namespace", name: namespace }))!;
            assert.equal(metadata.labels?.["data-platform.io/ephemeral"], "true");
        }
    });

    it("are apart in users: no password of one is the other's, and each account may act in its own namespaces only", async () => {
        const passwords = async (stack: string) => {
            const found: Record<string, string> = {};
            for (const namespace of namespacesOf(stack)) {
                for (const { metadata, type, data = {} } of await bed.kube.list("v1", "Secret", { namespace })) {
                    if (type === "helm.sh/release.v1") continue;
                    for (const [key, value] of Object.entries(data as Record<string, string>)) {
                        const isPassword = /(password|secretKey|token)$/i.test(key);
                        if (isPassword) found[`${namespace.replace(stack, "")}/${metadata.name}.${key}`] = value;
                    }
                }
            }
            return found;
        };
        const [seven, eight] = [await passwords("pr-7"), await passwords("pr-8")];
        assert.deepEqual(Object.keys(seven), Object.keys(eight));
        for (const system of ["storage", "streaming", "database", "tracking", "orchestration"]) {
            assert.ok(
                Object.keys(seven).some((name) => name.startsWith(`-${system}/`)),
                system,
            );
        }
        const same = new Set(Object.values(seven));
        assert.deepEqual(
            Object.entries(eight).flatMap(([name, value]) => (same.has(value) ? [name] : [])),
            [],
        );
        for (const binding of await bed.kube.list("rbac.authorization.k8s.io/v1", "RoleBinding")) {
            const stack = /^pr-[78]/.exec(binding.metadata.namespace ?? "")?.[0];
            const subjects = (binding.subjects ?? []) as { namespace?: string }[];
            for (const { namespace = "" } of subjects) {
                const other = /^pr-[78]/.exec(namespace)?.[0];
                assert.equal(other, stack, `${binding.metadata.namespace}/${binding.metadata.name}`);
            }
        }
    });

    it("are apart in policies: no pod of one reaches a pod of the other", async () => {
        const world = await networkOf(bed, ["pr-7", "pr-8"]);
        const stackOf = (end: number) => world.ends[end].namespace?.slice(0, 4);
        const between = (ways: Way[]) => ways.filter(({ from, to }) => stackOf(from) !== stackOf(to));
        const comesAbout = ({ egress, ingress }: Way) => egress && ingress;
        const ports = portsOf(world);
        const { ways } = await evaluate(world, ports);
        assert.deepEqual(between(ways).filter(comesAbout), []);
        // Not because nothing is: within a stack they do reach each other.
        assert.ok(ways.filter(comesAbout).length > 20, `${ways.filter(comesAbout).length} ways`);
        // Nor because it couldn't be seen: with a selector that forgets the stack it is.
        const careless = world.policies.map(
            (policy) =>
                JSON.parse(
                    JSON.stringify(policy).replaceAll(
                        /"matchLabels":\{("data-platform\.io\/stack":"pr-[78]",?|"kubernetes\.io\/metadata\.name":"pr-[78]-[a-z]+",?)/g,
                        '"matchLabels":{',
                    ),
                ) as KubeObject,
        );
        const seen = (await evaluate({ ...world, policies: careless }, ports)).ways;
        assert.ok(between(seen).some(comesAbout));
    });

    it("list and extend know both; an update never shortens a stack's life", async () => {
        assert.match(
            await well("list"),
            /pr-7 +7 +\S+ +in 1h\d+m +\d+ +6 +running\npr-8 +- +\S+ +in 23h\d+m +\d+ +6 +running/,
        );
        const end = async () => (await backend.find("pr-8"))!.tags[tagNames.expires];
        await well("extend", "8", "--ttl", "3d");
        const long = await end();
        assert.ok(Date.parse(long) > Date.now() + 71 * 3_600_000);
        const { counts, updated } = JSON.parse(await well("create", "8", "--yes", "--ttl", "1h", "--json")) as {
            counts: Record<string, number>;
            updated: boolean;
        };
        assert.deepEqual([updated, counts.create, counts.replace, counts.delete, await end()], [true, 0, 0, 0, long]);
    });

    it("sweep destroys the one whose time is over, nothing of it stays, and the other is untouched", async () => {
        await expire("pr-7");
        const dry = await ephemeral("sweep", "--dry-run");
        assert.equal(dry.code, 3, dry.err);
        assert.match(dry.out, /pr-7 +would be destroyed: its time is over/);
        const eight = await traces(bed.kube, namespacesOf("pr-8"));
        const secrets = await secretHashes(bed.kube, namespacesOf("pr-8"));
        assert.ok(Object.keys(eight).length > 100);
        const summary = join(await bed.scratch(), "summary.md");
        const report = JSON.parse(await well("sweep", "--yes", "--json", "--summary", summary)) as {
            stacks: { stack: string; outcome: string }[];
        };
        assert.deepEqual(
            report.stacks.map(({ stack, outcome }) => [stack, outcome]),
            [
                ["pr-7", "destroyed"],
                ["pr-8", "left"],
            ],
        );
        assert.match(readFileSync(summary, "utf8"), /1 destroyed · 1 left/);
        assert.deepEqual(await traces(bed.kube, namespacesOf("pr-8")), eight);
        assert.deepEqual(await secretHashes(bed.kube, namespacesOf("pr-8")), secrets);
        const now = extra(await everything(bed.kube), withPlane);
        assert.deepEqual(
            now.filter((name) => name.includes("pr-7")),
            [],
        );
        const volumes = await bed.kube.list("v1", "PersistentVolume");
        assert.ok(volumes.every(({ spec }) => /^pr-8/.test((spec?.claimRef as { namespace: string }).namespace)));
        assert.deepEqual(
            (await backend.list()).map(({ name }) => name),
            ["dev", "pr-8"],
        );
        assert.ok(!existsSync(file("pr-7")));
        assert.match(await well("destroy", "7", "--yes"), /there is no stack pr-7, and nothing of it/);
    });

    it("sweep reports one that can't be destroyed, with the reason, and the stack stays to be tried again", async () => {
        const held = {
            ...{ apiVersion: "v1", kind: "ConfigMap" },
            metadata: { name: "held", namespace: "pr-8-jobs", finalizers: ["example.com/somebody-else"] },
        };
        await bed.kube.create(held);
        await expire("pr-8");
        const { code, out, err } = await ephemeral("sweep", "--yes", "--json", "--timeout", "0.5");
        assert.equal(code, 1, out);
        const { stacks } = JSON.parse(out) as {
            stacks: { outcome: string; error: string; evidence: string[]; fix: string }[];
        };
        const [{ outcome, error, evidence, fix }] = stacks;
        assert.equal(outcome, "failed");
        assert.match([error, ...evidence].join("\n"), /ConfigMap pr-8-jobs\/held/);
        assert.match(`${err}${evidence.join("\n")}`, /example\.com\/somebody-else/);
        assert.match(fix, /data-platform|command/);
        assert.ok(await backend.find("pr-8"), "the stack is forgotten while a namespace of it lives");

        await bed.kube.http.send({
            ...{ method: "PATCH", path: "/api/v1/namespaces/pr-8-jobs/configmaps/held" },
            ...{ contentType: "application/merge-patch+json", body: { metadata: { finalizers: null } } },
        });
        assert.match(await well("destroy", "8", "--yes"), /nothing is left of the stack pr-8/);
        assert.equal(await backend.find("pr-8"), undefined);
        assert.deepEqual(extra(await everything(bed.kube), withPlane), []);
    });

    it("sweep reports namespaces that no stack has, and deletes them only when told to", async () => {
        await bed.kube.create({
            ...{ apiVersion: "v1", kind: "Namespace" },
            metadata: {
                name: "pr-5-jobs",
                labels: { "data-platform.io/stack": "pr-5", "data-platform.io/ephemeral": "true" },
            },
        });
        const found = await ephemeral("sweep", "--yes", "--grace", "0m");
        assert.equal(found.code, 4);
        assert.match(found.out, /pr-5 +no stack of this backend, but there is pr-5-jobs\n +fix: .*--orphans/);
        await well("sweep", "--yes", "--grace", "0m", "--orphans");
        await until("it is gone", async () => extra(await everything(bed.kube), withPlane).length === 0);
    });

    it("the plane goes as it came", async () => {
        await destroy(plane);
        assert.deepEqual(await left(bed.kube, before), []);
    });
});

/** The stacks' pods and policies as they are in the cluster, and in each namespace a pod that wears every client's label. */
async function networkOf({ kube }: Bed, stacks: string[]): Promise<World> {
    const ends: Omit<End, "ip">[] = [];
    const policies: World["policies"] = [];
    for (const namespace of stacks.flatMap(namespacesOf)) {
        const { metadata } = (await kube.get({ apiVersion: "v1", kind: "Namespace", name: namespace }))!;
        const pods = await kube.list("v1", "Pod", { namespace });
        const uses = ["minio", "kafka", "postgresql", "mlflow", "airflow"].map((each) => [
            `data-platform.io/uses-${each}`,
            "true",
        ]);
        const common = { namespace, namespaceLabels: metadata.labels, ours: true };
        ends.push({
            ...common,
            name: "client of everything",
            labels: Object.fromEntries(uses) as Record<string, string>,
            ports: [],
        });
        for (const pod of pods) {
            const { containers } = pod.spec as { containers: { ports?: { name?: string; containerPort: number }[] }[] };
            const ports = containers.flatMap((each) => each.ports ?? []);
            ends.push({
                ...{ ...common, name: pod.metadata.name, labels: pod.metadata.labels ?? {} },
                ports: ports.map(({ name, containerPort: port }) => ({
                    ...(name ? { name } : {}),
                    port,
                    protocol: "TCP",
                })),
            });
        }
        const found = await kube.list("networking.k8s.io/v1", "NetworkPolicy", { namespace });
        policies.push(...(found as unknown as World["policies"]));
    }
    return {
        ...{ stack: stacks.join(), policies, services: [], kinds: new Set<string>(), systems: new Set<string>() },
        ends: ends.map((end, index) => ({ ...end, ip: `10.244.0.${index + 1}` })),
    };
}

function portsOf({ ends }: World): Port[] {
    const numbers = new Set([443, 6443, ...ends.flatMap(({ ports }) => ports.map(({ port }) => port))]);
    return [...numbers].map((port) => ({ port, protocol: "TCP" }));
}
