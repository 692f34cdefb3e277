import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";

import {
    type Chart,
    find,
    full,
    helm,
    needHelm,
    objectsOf,
    scratch,
    type Values,
    writeFiles,
} from "../../support/charts";

/** A claim as the StatefulSet's controller makes it. */
function claim(name: string, annotations: Record<string, string> = {}, more: Values = {}): Values {
    return { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name, annotations, ...more } };
}

/** A StatefulSet with one volume of a size. */
function set(name: string, size: string): Values {
    const data = { metadata: { name: "data" }, spec: { resources: { requests: { storage: size } } } };
    return { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name }, spec: { volumeClaimTemplates: [data] } };
}

/** Tests of look-ups that charts make in a cluster before they change it: as much of an API server as that takes. */
describe("charts that meet an existing cluster", () => {
    let dir: string;
    let server: Server;
    let there: { claims: Values[]; sets: Record<string, Values> };
    before(needHelm);
    before(async () => {
        const list = (kind: string, name: string) => ({
            kind: "APIResourceList",
            resources: [{ name, kind, namespaced: true, verbs: ["get", "list"] }],
        });
        const answer = (path: string): Values | undefined => {
            if (path === "/api/v1") return list("PersistentVolumeClaim", "persistentvolumeclaims");
            if (path === "/apis/apps/v1") return list("StatefulSet", "statefulsets");
            if (path === "/api/v1/namespaces/test-ns/persistentvolumeclaims")
                return { apiVersion: "v1", kind: "PersistentVolumeClaimList", items: there.claims };
            return there.sets[/^\/apis\/apps\/v1\/namespaces\/test-ns\/statefulsets\/(.+)$/.exec(path)?.[1] ?? ""];
        };
        server = createServer((request, response) => {
            const body = answer((request.url ?? "").split("?")[0]);
            response.writeHead(body ? 200 : 404, { "content-type": "application/json" });
            const missing = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 };
            response.end(JSON.stringify(body ?? missing));
        });
        const port = await new Promise<number>((resolve) => {
            server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
        });
        dir = scratch();
        const config = {
            apiVersion: "v1",
            kind: "Config",
            clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}` } }],
            contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
            users: [{ name: "u", user: {} }],
            "current-context": "c",
        };
        writeFiles(dir, { kubeconfig: JSON.stringify(config) });
    });
    after(() => {
        server.close();
        rmSync(dir, { recursive: true });
    });
    beforeEach(() => {
        there = { claims: [], sets: {} };
    });

    const upgrade = (chart: Chart, values: Values, args: string[] = []) =>
        helm("template", chart, values, {
            args: ["--dry-run=server", "--kubeconfig", join(dir, "kubeconfig"), ...args],
        });

    async function initialNodes(values: Values): Promise<string> {
        const { output, failed } = await upgrade("kafka", values);
        assert.ok(!failed, output);
        const { spec } = find(objectsOf(output), "StatefulSet", "kafka");
        const [{ metadata }] = spec.volumeClaimTemplates as { metadata: { annotations: Record<string, string> } }[];
        return metadata.annotations["data-platform.io/initial-nodes"];
    }
    const claims = (count: number, initial: string) =>
        Array.from({ length: count }, (_, i) =>
            claim(`data-kafka-${i}`, { "data-platform.io/initial-nodes": initial }),
        );

    it("kafka: a new cluster begins with all its nodes", async () => {
        assert.equal(await initialNodes(full.kafka), "3");
    });

    it("kafka: a cluster that grows still began with one", async () => {
        there.claims = claims(1, "1");
        assert.equal(await initialNodes(full.kafka), "1");
        there.claims = claims(3, "1");
        assert.equal(await initialNodes(full.kafka), "1", "and so it stays");
    });

    it("kafka: claims of others and claims on their way out don't count", async () => {
        there.claims = [
            claim("data-other-kafka-0", { "data-platform.io/initial-nodes": "5" }),
            claim("data-minio-0"),
            claim(
                "data-kafka-4",
                { "data-platform.io/initial-nodes": "5" },
                { deletionTimestamp: "2026-01-01T00:00:00Z" },
            ),
        ];
        assert.equal(await initialNodes(full.kafka), "3");
    });

    it("kafka: only a new release may begin a cluster, and none whose nodes or volumes are there", async () => {
        const hooks = async (args: string[] = []) => {
            const { output, failed } = await upgrade("kafka", full.kafka, args);
            assert.ok(!failed, output);
            const grants = objectsOf(output).filter(({ metadata }) => metadata.name === "kafka-first-start");
            return grants.map(({ data, metadata }) => [data ?? {}, metadata.annotations?.["helm.sh/hook"]]);
        };
        const takenBack = [{}, "post-install,post-upgrade,post-delete"];
        const begin = { "may-found": "" };
        assert.deepEqual(await hooks(), [[begin, "pre-install"], takenBack]);
        assert.deepEqual(await hooks(["--is-upgrade"]), [[begin, "pre-upgrade"], takenBack], "the install had failed");
        there.claims = [claim("data-kafka-1")];
        assert.deepEqual(await hooks(), [takenBack], "a volume that was kept, of one node at least");
        there.claims = [];
        there.sets.kafka = set("kafka", "10Gi");
        assert.deepEqual(
            await hooks(["--is-upgrade"]),
            [takenBack],
            "the volumes are lost, the cluster is none the newer",
        );
        // What goes with the release before: a StatefulSet's own claims, and what is being deleted.
        there.sets = {};
        there.claims = [
            claim(
                "data-kafka-0",
                {},
                { ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: "kafka" }] },
            ),
            claim("data-kafka-1", {}, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
            claim("data-other-kafka-0"),
        ];
        assert.deepEqual(await hooks(), [[begin, "pre-install"], takenBack]);
    });

    it("kafka: refuses to lose nodes, and says what they have", async () => {
        there.claims = claims(3, "3");
        const { output, failed } = await upgrade("kafka", { nodes: 1 });
        assert.ok(failed);
        assert.match(output, /nodes: the cluster kafka has volumes of 3 nodes and this would leave 1\..*or keep 3/);
    });

    it("minio: refuses another number of nodes while the store or a volume of it is there, and says how many it has", async () => {
        const refused = async (nodes: number, expected: RegExp) => {
            const { output, failed } = await upgrade("minio", { nodes });
            assert.ok(failed, `nodes ${nodes} taken`);
            assert.match(output, expected);
        };
        const taken = async (nodes: number) => {
            const { output, failed } = await upgrade("minio", { nodes });
            assert.ok(!failed, output);
        };
        // Kept by `retain`, from a single node or from four, of which an interrupted installation made two.
        there.claims = [claim("data-minio-0")];
        await refused(4, /nodes: the volume data-minio-0 was made for 1 and this would be 4\..*keep 1, or see/);
        await taken(1);
        const ofFour = { "data-platform.io/nodes": "4" };
        there.claims = [claim("data-minio-0", ofFour), claim("data-minio-1", ofFour), claim("data-other-minio-0")];
        await refused(1, /nodes: the volume data-minio-1 was made for 4 and this would be 1\./);
        await refused(5, /keep 4/);
        await taken(4);
        there.claims = [claim("data-minio-0", {}, { deletionTimestamp: "2026-01-01T00:00:00Z" })];
        await taken(4);
        there.sets.minio = { ...set("minio", "10Gi"), spec: { replicas: 4 } };
        await refused(1, /nodes: the StatefulSet was made for 4/);
    });

    for (const chart of ["minio", "postgresql"] as const) {
        it(`${chart}: a StatefulSet keeps the Service that it was made with, which can't be changed`, async () => {
            const service = async () => {
                const { output } = await upgrade(chart, {});
                return find(objectsOf(output), "StatefulSet", chart).spec.serviceName;
            };
            assert.equal(await service(), `${chart}-nodes`);
            there.sets[chart] = { ...set(chart, "10Gi"), spec: { serviceName: chart } };
            assert.equal(await service(), chart);
        });
    }

    for (const chart of ["kafka", "minio", "postgresql"] as const) {
        it(`${chart}: refuses another size for a volume that is there, and takes the same one in other units`, async () => {
            there.sets[chart] = set(chart, "1Ti");
            const { output, failed } = await upgrade(chart, { storage: { size: "20Gi" } });
            assert.ok(failed);
            assert.match(
                output,
                new RegExp(`storage.size: the volume of ${chart} was made with 1Ti and this would be 20Gi`),
            );
            const same = await upgrade(chart, { storage: { size: "1024Gi" } });
            assert.ok(!same.failed, same.output);
        });
    }
});
