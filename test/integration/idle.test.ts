import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { declarationOf } from "../../engine/builtin/resources/object";
import { identityOf, KubeClient, KubeObject } from "../../kubernetes/client";
import { ResourceRequest } from "../../program/program";
import { ControlPlane, startControlPlane } from "../../sandbox/cluster/control-plane";
import { freePorts } from "../../sandbox/cluster/ports";
import { prepareCrds } from "../../tools/charts";
import { CertManagerPrograms } from "../support/cert-manager-programs";
import { collect } from "../support/collect";
import { until } from "../support/handshake";
import { seenByProvider } from "../support/provider-rule";

/**
 * Everything that the stacks declare, on a real API server with cert-manager's real webhook: what is read back is what was declared, by
 * the rule of Pulumi's provider, which is stricter than that of the built-in engine. So a second update with either changes nothing.
 */
describe("what is declared is given back as it is declared", function () {
    this.timeout(300_000);
    let dir: string;
    let plane: ControlPlane;
    let kube: KubeClient;
    let programs: CertManagerPrograms;
    let port: number;

    before(async function () {
        this.timeout(1_800_000);
        programs = await CertManagerPrograms.prepare();
        await prepareCrds();
        dir = await mkdtemp(join(tmpdir(), "data-platform-idle-"));
        const [etcd, etcdPeer, apiserver, controllerManager, scheduler, webhook, health] = await freePorts(7);
        port = webhook;
        plane = await startControlPlane({ dir, ports: { etcd, etcdPeer, apiserver, controllerManager, scheduler } });
        kube = new KubeClient(plane.kubeconfig);
        for (const operator of ["cert-manager", "spark-operator", "strimzi", "cloudnative-pg", "keda"])
            await CertManagerPrograms.define(kube, operator);
        await kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "cert-manager" } });
        programs.start(
            "webhook",
            plane,
            dir,
            ...["--dynamic-serving-dns-names=localhost", `--secure-port=${port}`, `--healthz-port=${health}`],
        );
        programs.start("cainjector", plane, dir);
        for (const configuration of programs.configurations(port)) await kube.create(configuration);
        await until("the webhook is asked", 60, () => programs.check(plane).then(() => true));
    });

    after(async () => {
        await programs?.endAll();
        kube?.http.close();
        await plane?.stop();
        if (dir) await rm(dir, { recursive: true, force: true });
    });

    const isObject = ({ custom, type }: ResourceRequest) =>
        custom && type.startsWith("kubernetes:") && !/:(Release|CustomResourceDefinition)$/.test(type);

    async function readBack(object: KubeObject): Promise<KubeObject> {
        await kube.apply(object, { force: true });
        return (await kube.get(identityOf(object))) as KubeObject;
    }

    /** Applies all that a program declares; sentences about what would be a change at the next update. */
    async function changes(requests: ResourceRequest[]): Promise<string[]> {
        // Those of the cluster plane have the same names in every stack, and can't be changed.
        for (const job of await kube.list("batch/v1", "Job")) await kube.delete(identityOf(job));
        const found: string[] = [];
        for (const request of requests.filter(isObject)) {
            const wanted = declarationOf(request);
            const live = await readBack(wanted);
            for (const { path, before, after } of seenByProvider(live, wanted)) {
                found.push(
                    `${wanted.kind} ${wanted.metadata.name}: ${path} is ${JSON.stringify(before)}, not ${JSON.stringify(after)}`,
                );
            }
        }
        return found;
    }

    for (const stack of ["dev", "staging", "prod", "sandbox", "ephemeral"]) {
        it(`of the stack ${stack}`, async () => {
            const { requests } = await collect({ stack });
            assert.ok(requests.filter(isObject).length > 100);
            assert.deepEqual(await changes(requests), []);
        });
    }

    it("of workloads of every form, whose sizes are declared in another spelling", async () => {
        const { requests } = await collect({ program: require.resolve("../unit/fixtures/spelled.ts") });
        assert.deepEqual(await changes(requests), []);
    });

    it("another spelling is a change at each update: of a quantity, of an empty list", async () => {
        const metadata = { name: "spelled", namespace: "default" };
        const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata, spec: { hard: { "requests.cpu": "0.5" } } };
        assert.deepEqual(seenByProvider(await readBack(quota), quota), [
            { path: 'spec.hard."requests.cpu"', before: "500m", after: "0.5" },
        ]);
        const spec = { podSelector: {}, policyTypes: ["Ingress"], ingress: [] };
        const policy = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata, spec };
        assert.deepEqual(seenByProvider(await readBack(policy), policy), [{ path: "spec.ingress", after: [] }]);
    });
});
