import assert from "node:assert/strict";

import { readStackConfig, stackFile } from "../../program/stack-config";
import { destroy, outputs, preview, Target, up } from "../../engine/builtin/builtin";
import { Change, count } from "../../engine/builtin/change";
import { renderTree } from "../../engine/builtin/tree";
import { Bed, useBed } from "./bed";
import { dropDefinitions, everything, extra, left, secretHashes } from "./world";

const stack = "sandbox";
const systems = ["storage", "streaming", "database", "tracking", "orchestration", "jobs"];
const namespaces = systems.map((system) => `${stack}-${system}`);

/** The sandbox's config with some keys set otherwise. */
function configWith(overrides: Record<string, Record<string, unknown>>): Record<string, string> {
    const { values } = readStackConfig(stackFile(stack));
    for (const [key, override] of Object.entries(overrides)) {
        const full = `data-platform:${key}`;
        const now = JSON.parse(values[full] ?? "{}") as Record<string, unknown>;
        values[full] = JSON.stringify({ ...now, ...override });
    }
    return values;
}

function changed(changes: Change[]): string[] {
    return changes
        .filter(({ operation }) => operation !== "same")
        .map(({ operation, type, name }) => `${operation} ${type.split(":").at(-1)} ${name}`)
        .sort();
}

describe("the sandbox's stack on a real API server", function () {
    this.timeout(300_000);
    let bed: Bed;
    let target: Target;
    let before: Set<string>;
    let made: number;

    this.beforeAll(async () => {
        bed = await useBed();
        target = { stack, kubeconfig: bed.kubeconfig, dir: await bed.scratch() };
        await dropDefinitions(bed.kube);
        before = await everything(bed.kube);
    });

    it("is previewed on an empty cluster: everything is to be created, nothing is changed by looking", async () => {
        const { changes } = await preview(target);
        assert.deepEqual(count(changes), {
            create: changes.length,
            update: 0,
            replace: 0,
            delete: 0,
            same: 0,
            keep: 0,
        });
        assert.ok(changes.length > 100, `only ${changes.length} resources`);
        const release = changes.find(({ name, type }) => name === "kafka" && type.endsWith(":Release"));
        assert.ok(
            release?.objects.some(({ object, operation }) => object === "StatefulSet kafka" && operation === "create"),
        );
        assert.deepEqual(extra(await everything(bed.kube), before), []);
    });

    it("is applied whole", async () => {
        const result = await up(target);
        made = result.changes.length;
        assert.equal(count(result.changes).create, made);
        const named = result.outputs.namespaces as Record<string, string>;
        assert.deepEqual(
            systems.map((system) => named[system]),
            namespaces,
        );
        assert.deepEqual(outputs(target), result.outputs);
    });

    it("is the same when it is applied again, and so is every Secret", async () => {
        const hashes = await secretHashes(bed.kube, namespaces);
        const started = Date.now();
        const { changes } = await up(target);
        console.log(`        (up without a change: ${((Date.now() - started) / 1000).toFixed(1)} s)`);
        assert.deepEqual(changed(changes), []);
        assert.equal(changes.length, made);
        assert.deepEqual(await secretHashes(bed.kube, namespaces), hashes);
        assert.ok(Object.keys(hashes).length >= 8, "fewer Secrets than there are users");
    });

    it("is previewed as unchanged, and a change of one line shows what it means and nothing else", async () => {
        assert.deepEqual(changed((await preview(target)).changes), []);

        const config = configWith({ certificates: { renewBefore: "800h" } });
        const small = (await preview({ ...target, config })).changes.filter(({ operation }) => operation !== "same");
        assert.ok(changed(small).includes("update Certificate minio.sandbox-storage"), changed(small).join());
        for (const { type, fields } of small) {
            assert.match(type, /:Certificate$/);
            // The server writes hours in full.
            assert.deepEqual(
                fields.map(({ path, after }) => [path, String(after).replace("h0m0s", "h")]),
                [["spec.renewBefore", "800h"]],
            );
        }

        const memory = { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "2Gi" } };
        const inside = await preview({ ...target, config: configWith({ objectStore: { resources: memory } }) });
        // The namespace's quota follows from what is declared in it.
        assert.deepEqual(changed(inside.changes), [
            "update Release minio",
            "update ResourceQuota sandbox-storage-quota",
        ]);
        const objects = inside.changes.find(
            ({ name, operation }) => name === "minio" && operation === "update",
        )?.objects;
        const differing = objects?.filter(({ operation }) => operation !== "same") ?? [];
        assert.deepEqual(
            differing.map(({ object }) => object),
            ["StatefulSet minio"],
        );
        assert.match(renderTree(inside.changes, inside.groups), /limits\.memory: "1Gi" => "2Gi"/);
    });

    it("shows no secret value in a preview of a rotation, where every password changes", async () => {
        const config = configWith({ objectStore: { rotation: 2 }, eventStream: { rotation: 2 } });
        const { changes, groups } = await preview({ ...target, config });
        const text = renderTree(changes, groups, { all: true, width: 10_000 }) + JSON.stringify(changes);
        for (const namespace of namespaces) {
            for (const secret of await bed.kube.list("v1", "Secret", { namespace })) {
                if (secret.type === "helm.sh/release.v1") continue;
                for (const [key, encoded] of Object.entries(secret.data as Record<string, string>)) {
                    const value = Buffer.from(encoded, "base64").toString();
                    if (value.length < 16) continue;
                    const where = `${secret.metadata.name}.${key}`;
                    assert.ok(!text.includes(value) && !text.includes(encoded), `${where} is in the preview`);
                }
            }
        }
        assert.ok(changed(changes).includes("replace RandomPassword minio-root-rootPassword"));
        assert.ok(changed(changes).includes("update Secret minio-root"));
    });

    it("deletes what is no longer declared", async () => {
        const config = configWith({ workloads: { flights: { enabled: false } } });
        const planned = await preview({ ...target, config });
        const done = await up({ ...target, config });
        assert.deepEqual(changed(done.changes), changed(planned.changes));
        assert.ok(changed(done.changes).includes("delete ConfigMap flights-tasks"), changed(done.changes).join());
        const templates = () =>
            bed.kube.get({
                apiVersion: "v1",
                kind: "ConfigMap",
                namespace: "sandbox-orchestration",
                name: "flights-tasks",
            });
        assert.equal(await templates(), undefined);
        const back = await up(target);
        assert.ok(changed(back.changes).includes("create ConfigMap flights-tasks"));
        assert.ok(await templates());
    });

    it("makes anew what was deleted by hand, inside a Release too", async () => {
        await bed.kube.delete({ apiVersion: "v1", kind: "Service", namespace: "sandbox-storage", name: "minio" });
        const certificate = { apiVersion: "cert-manager.io/v1", kind: "Certificate", name: "minio-tls" };
        await bed.kube.delete({ ...certificate, namespace: "sandbox-storage" });
        const { changes } = await up(target);
        assert.deepEqual(changed(changes), ["create Certificate minio.sandbox-storage", "update Release minio"]);
        assert.ok(
            await bed.kube.get({ apiVersion: "v1", kind: "Service", namespace: "sandbox-storage", name: "minio" }),
        );
    });

    it("leaves nothing when it is destroyed, and doesn't mind being destroyed twice", async () => {
        const { changes } = await destroy(target);
        assert.equal(count(changes).delete + count(changes).keep, made);
        assert.deepEqual(await left(bed.kube, before), []);
        assert.deepEqual((await destroy(target)).changes, []);
        assert.deepEqual(outputs(target), {});
    });

    it("keeps the volume and its namespace where the config says so, and finds them again", async () => {
        const keeping = { ...target, config: configWith({ objectStore: { retain: true } }) };
        await up(keeping);
        const claims = () => bed.kube.list("v1", "PersistentVolumeClaim", { namespace: "sandbox-storage" });
        const [{ metadata }] = await claims();
        const { changes } = await destroy(keeping);
        assert.deepEqual(
            changes.filter(({ operation }) => operation === "keep").map(({ name, notes }) => [name, ...notes]),
            [["sandbox-storage", `with PersistentVolumeClaim sandbox-storage/${metadata.name}`]],
        );
        assert.deepEqual(
            (await claims()).map((claim) => claim.metadata.uid),
            [metadata.uid],
        );

        await up(keeping);
        assert.deepEqual(
            (await claims()).map((claim) => claim.metadata.uid),
            [metadata.uid],
            "the volume was not found again",
        );
        // Given up at last: the next destroy takes all.
        await up(target);
        await destroy(target);
        assert.deepEqual(await left(bed.kube, before), []);
    });
});
