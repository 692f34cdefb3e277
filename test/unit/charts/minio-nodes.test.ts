import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import { repoRoot } from "../../../lib/paths";
import {
    find,
    full,
    needHelm,
    type Probe,
    render,
    type Rendered,
    scratch,
    selects,
    template,
    type Values,
    writeFiles,
} from "../../support/charts";

const nodes = 4;
const server = {
    "app.kubernetes.io/name": "minio",
    "app.kubernetes.io/instance": "minio",
    "app.kubernetes.io/component": "server",
    "app.kubernetes.io/part-of": "data-platform",
};

interface Rule {
    from?: { podSelector?: { matchLabels: Record<string, string> } }[];
    to?: { podSelector?: { matchLabels: Record<string, string> } }[];
    ports: { port: number }[];
}

describe("chart minio, several nodes", () => {
    let objects: Rendered[];
    before(needHelm);
    before(async () => {
        objects = await render("minio", { ...full.minio, nodes });
    });
    const set = () => find(objects, "StatefulSet", "minio").spec;
    const pod = () => template(objects, "minio").spec;

    it("names each node by the headless Service, over TLS, and starts all at once", () => {
        assert.equal(set().replicas, nodes);
        assert.equal(set().serviceName, "minio-nodes");
        assert.equal(set().podManagementPolicy, "Parallel");
        const drives = pod().containers[0].command?.find((word) => word.endsWith("/data"));
        assert.equal(drives, "https://minio-{0...3}.minio-nodes.test-ns.svc:9000/data");
        const { spec } = find(objects, "Service", "minio-nodes");
        assert.equal(spec.clusterIP, "None");
        assert.equal(spec.publishNotReadyAddresses, true, "none is ready before most of them have met");
    });

    it("has a volume a node, that says how many there are", () => {
        const [claim] = set().volumeClaimTemplates as { metadata: { name: string; annotations: Values } }[];
        assert.equal(
            claim.metadata.name,
            "data",
            "the same as a single node's, or a change would find an empty volume",
        );
        assert.deepEqual(claim.metadata.annotations, { "data-platform.io/nodes": "4" });
    });

    it("keeps all volumes or none", async () => {
        for (const retain of [true, false]) {
            const { spec } = find(await render("minio", { nodes, storage: { retain } }), "StatefulSet", "minio");
            const whenDeleted = retain ? "Retain" : "Delete";
            assert.deepEqual(spec.persistentVolumeClaimRetentionPolicy, { whenDeleted, whenScaled: "Retain" });
        }
    });

    it("lets nodes talk to each other and look each other up, and nothing more", () => {
        const { ingress, egress } = find(objects, "NetworkPolicy", "minio").spec as Record<string, Rule[]>;
        const among = (rules: Rule[], side: "from" | "to") =>
            rules.filter((rule) =>
                rule[side]?.some(({ podSelector }) => selects(podSelector?.matchLabels ?? {}, server)),
            );
        assert.deepEqual(among(ingress, "from"), [
            { from: [{ podSelector: { matchLabels: server } }], ports: [{ port: 9000, protocol: "TCP" }] },
        ]);
        assert.deepEqual(among(egress, "to"), [
            { to: [{ podSelector: { matchLabels: server } }], ports: [{ port: 9000, protocol: "TCP" }] },
        ]);
        assert.deepEqual(
            egress.flatMap(({ ports }) => ports.map(({ port }) => port)),
            [9000, 53, 53],
        );
    });

    it("is taken down one node at a time, and only after clients have turned away", () => {
        assert.deepEqual(find(objects, "PodDisruptionBudget", "minio").spec, {
            maxUnavailable: 1,
            selector: { matchLabels: server },
        });
        assert.ok(Number(set().minReadySeconds) > 0, "the others must see it again before the next one goes");
        const { lifecycle } = pod().containers[0] as unknown as { lifecycle: { preStop: unknown } };
        assert.deepEqual(lifecycle.preStop, { exec: { command: ["sleep", "5"] } });
        assert.ok(Number(pod().terminationGracePeriodSeconds) > 5);
    });

    it("has no budget where it isn't wanted, or would block every drain", async () => {
        for (const values of [{}, { nodes: 1 }, { nodes, podDisruptionBudget: { enabled: false } }]) {
            const budgets = (await render("minio", values)).filter(({ kind }) => kind === "PodDisruptionBudget");
            assert.deepEqual(budgets, [], JSON.stringify(values));
        }
    });

    it("is spread over zones and hosts, or as is asked for", async () => {
        assert.deepEqual(
            pod().topologySpreadConstraints,
            ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
                maxSkew: 1,
                topologyKey,
                whenUnsatisfiable: "ScheduleAnyway",
                labelSelector: { matchLabels: server },
            })),
        );
        const asked = [{ maxSkew: 2, topologyKey: "rack", whenUnsatisfiable: "DoNotSchedule" }];
        for (const values of [{ nodes }, {}]) {
            const other = await render("minio", { ...values, topologySpreadConstraints: asked });
            assert.deepEqual(template(other, "minio").spec.topologySpreadConstraints, asked);
        }
        assert.equal(template(await render("minio"), "minio").spec.topologySpreadConstraints, undefined);
    });

    it("says each probe's times, and asks for the whole store's readiness by the chart's script", () => {
        const [{ startupProbe, livenessProbe, readinessProbe, env }] = pod().containers;
        for (const probe of [startupProbe, livenessProbe, readinessProbe] as Probe[]) {
            for (const key of ["timeoutSeconds", "periodSeconds", "failureThreshold"])
                assert.ok(Number(probe[key]) > 0, JSON.stringify(probe));
        }
        assert.deepEqual(readinessProbe?.exec, { command: ["bash", "/etc/minio/ready.sh"] });
        assert.ok(env?.some(({ name, value }) => name === "NODES" && value === "4"));
        assert.ok(find(objects, "ConfigMap", "minio").data?.["ready.sh"].startsWith("#!/bin/bash\n"));
    });

    it("needs nothing of it with one node", async () => {
        const one = await render("minio", { nodes: 1 });
        assert.deepEqual(one, await render("minio"));
        assert.ok(!one.some(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "minio"));
        assert.doesNotMatch(JSON.stringify(one), /ready\.sh\b.*preStop|minReadySeconds|NODES|GENERATION/);
        assert.equal(find(one, "StatefulSet", "minio").spec.serviceName, "minio-nodes");
    });
});

describe("chart minio, ready.sh", () => {
    let dir: string;
    beforeEach(() => {
        dir = scratch();
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    /** Asks as the kubelet would, of this process in the server's place. */
    async function ask(healthy: boolean, after: number, count = nodes) {
        const answer = healthy ? "The cluster 'node' is ready" : "The cluster 'node' is not ready";
        writeFiles(dir, {
            mc: `#!/bin/bash\necho "$*" >>"${dir}/calls"\necho "${answer}"\n${healthy ? "" : "sleep 9"}\n`,
        });
        return execa("bash", [join(repoRoot, "charts/minio/files/ready.sh")], {
            all: true,
            reject: false,
            env: {
                PATH: `${dir}:${process.env.PATH}`,
                MINIO_PID: String(process.pid),
                NODES: String(count),
                READY_AFTER: String(after),
                READY_DIR: dir,
                READY_VOLUME: join(dir, "data"),
                GENERATION: "now",
            },
        });
    }
    const noted = () => join(dir, "data/.data-platform-generation");
    /** A volume that the node has served from before this start. */
    function served(generation?: string): void {
        const format = join(dir, "data/.minio.sys/format.json");
        mkdirSync(join(dir, "data/.minio.sys"), { recursive: true });
        writeFileSync(format, "{}");
        utimesSync(format, 1_700_000_000, 1_700_000_000);
        if (generation) writeFileSync(noted(), `${generation}\n`);
    }

    it("is ready when the store takes writes, and not when it doesn't any more", async () => {
        const yes = await ask(true, 0);
        assert.equal(yes.exitCode, 0, yes.all);
        assert.equal(readFileSync(join(dir, "calls"), "utf8"), "--insecure --no-color ready node\n");
        const no = await ask(false, 0);
        assert.equal(no.exitCode, 1, "it has joined before: it doesn't let others follow");
        assert.match(no.all, /the store takes no writes: The cluster 'node' is not ready/);
    });

    it("notes on its volume in which generation it joined", async () => {
        served("before");
        assert.equal((await ask(true, 0)).exitCode, 0);
        assert.equal(readFileSync(noted(), "utf8"), "now\n");
    });

    it("isn't ready before it has joined: on a new volume, and in the generation that it was in", async () => {
        mkdirSync(join(dir, "data"));
        const fresh = await ask(false, 0);
        assert.equal(fresh.exitCode, 1, fresh.all);
        served("now");
        const same = await ask(false, 0);
        assert.equal(same.exitCode, 1, same.all);
        // The format of a store that is being made right now.
        served("before");
        utimesSync(join(dir, "data/.minio.sys/format.json"), new Date(), new Date());
        const making = await ask(false, 0);
        assert.equal(making.exitCode, 1, making.all);
    });

    it("lets the next node follow when it can't join those that are there, in another generation, for a while", async () => {
        // By a chart of before, which noted nothing.
        served();
        assert.equal((await ask(false, 0)).exitCode, 0);
        served("before");
        const early = await ask(false, 3600);
        assert.equal(early.exitCode, 1, early.all);
        const waited = await ask(false, 0);
        assert.equal(waited.exitCode, 0, waited.all);
        assert.match(waited.all, /not joined after \d+ s, in another generation than before: the next node may follow/);
        const tooLong = await ask(false, 0, 0);
        assert.equal(tooLong.exitCode, 1, tooLong.all);
    });
});
