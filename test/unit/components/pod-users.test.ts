import assert from "node:assert/strict";

import { values as cloudNativePg } from "../../../components/operators/cloudnative-pg";
import { onCluster } from "../../../components/cluster-settings";
import { extract } from "../../../kubernetes/pods";
import type { LocatedObject, Manifest } from "../../../kubernetes/objects";
import { readStackConfig, stackFile } from "../../../program/stack-config";
import { renderStack } from "../../../render/manifests";
import { prepareCharts } from "../../../tools/charts";

const keys = ["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"];

/** Places of an object that name a user or a group of processes; texts of manifests are read by `extract`. */
function named(value: unknown, path: string[] = []): string[] {
    if (Array.isArray(value)) return value.flatMap((each, index) => named(each, [...path, String(index)]));
    if (typeof value !== "object" || value === null) {
        const key = path.at(-1) ?? "";
        const text = typeof value === "string" && /\b(runAsUser|runAsGroup|fsGroup): *\d/.test(value);
        return (keys.includes(key) && value !== null) || text ? [path.join(".")] : [];
    }
    return Object.entries(value).flatMap(([key, inner]) => named(inner, [...path, key]));
}

/** Objects with such places, of everything that a stack makes and of the pods that operators make of it. */
async function users(stack: string, podUser: string | undefined, more: Record<string, unknown> = {}) {
    const { values } = readStackConfig(stackFile(stack));
    for (const [key, value] of Object.entries({ ...more, kubernetes: { podUser } }))
        values[`data-platform:${key}`] = JSON.stringify(value);
    const { objects } = await renderStack({
        stack,
        config: values,
        secretKeys: ["data-platform:credentials"],
        charts: "directories",
    });
    const given = objects.map(({ manifest }): LocatedObject => ({ manifest, origin: "" }));
    const all = [...given, ...extract(given).objects].map(({ manifest }) => manifest);
    const pods = all.filter(
        ({ kind, metadata }) => kind !== "CustomResourceDefinition" && !isOfCloudNativePg(metadata),
    );
    return {
        pods: pods.length,
        found: pods.flatMap((manifest) =>
            named(manifest).map(
                (path) => `${manifest.kind} ${manifest.metadata.namespace}/${manifest.metadata.name} ${path}`,
            ),
        ),
        manifests: all,
    };
}

/** Pods of a Cluster: its operator leaves users out by itself where there are SecurityContextConstraints (by the book). */
function isOfCloudNativePg({ labels }: Manifest["metadata"]): boolean {
    return labels?.["cnpg.io/cluster"] !== undefined;
}

describe("kubernetes.podUser", function () {
    this.timeout(120_000);
    before(async function () {
        // Fetched, where no other test has done so.
        this.timeout(600_000);
        await prepareCharts();
    });
    afterEach(() => onCluster({}));

    for (const stack of ["sandbox", "prod", "staging"]) {
        it(`assigned: no pod of ${stack} names a user or a group, wherever it stands`, async () => {
            const { found, pods, manifests } = await users(stack, "assigned", { autoscaling: { keda: true } });
            assert.deepEqual(found, []);
            assert.ok(pods > 150, `${pods} objects were looked at`);
            const contexts = manifests.filter((each) => JSON.stringify(each).includes('"runAsNonRoot":true'));
            assert.ok(contexts.length > 20, "none of them may run as root all the same");
        });
    }

    it("counter-proof: fixed, each image's own is found, in templates of tasks and of Spark jobs, too", async () => {
        const { found } = await users("prod", undefined);
        assert.ok(found.length > 60, `${found.length}`);
        for (const what of [
            /^StatefulSet .*minio/,
            /^CronJob /,
            /^Job /,
            /^ConfigMap .*flights-tasks/,
            /spark-operator/,
            /^Kafka/,
        ])
            assert.ok(
                found.some((each) => what.test(each)),
                `${String(what)} in\n${found.join("\n")}`,
            );
    });

    it("assigned takes the users away that upstream's charts have by themselves", () => {
        const args = { images: { pullPolicy: "IfNotPresent" }, placement: {} } as Parameters<typeof cloudNativePg>[0];
        assert.equal(cloudNativePg(args).containerSecurityContext, undefined);
        onCluster({ podUser: "assigned" });
        assert.deepEqual(cloudNativePg(args).containerSecurityContext, { runAsUser: null, runAsGroup: null });
    });
});
