import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { CrdCluster } from "../../components/crds-cluster";
import { preview, Target, up } from "../../engine/builtin/builtin";
import { count } from "../../engine/builtin/change";
import { stateFile } from "../../engine/builtin/state";
import { KubeObject } from "../../kubernetes/client";
import { applyDefinitions } from "../../kubernetes/definitions/apply";
import { foreignManagers, managedFields } from "../../kubernetes/definitions/managed-fields";
import { readKubeconfig } from "../../kubernetes/kubeconfig";
import { Masker } from "../../kubernetes/mask";
import { readObjects } from "../../kubernetes/objects";
import { UserError } from "../../lib/errors";
import { repoRoot } from "../../lib/paths";
import { changed, failure, scene } from "../support/drills/scene";
import { definition, forget, knowsColour, makeTheirs, theirs } from "../support/drills/widgets";

const [oldest] = readObjects(
    readFileSync(join(repoRoot, "test/integration/fixtures/definitions/widgets-old.yaml"), "utf8"),
);

/** What the state of a stack was when each CRD was a resource of the program, written by the code of then. */
const stateBefore = join(__dirname, "fixtures/states/definitions-as-resources.json");

describe("CRDs that a hook applies, on a real API server", function () {
    this.timeout(120_000);
    const at = scene("widgets", ({ kube }) => forget(kube));
    const live = async () => (await at.bed.kube.get(definition)) as KubeObject;
    const config = { definitions: "widgets-old", chart: "widgets", widget: "after" };
    const asBefore = { ...oldest.metadata, annotations: { "pulumi.com/patchForce": "true" } };

    it("of a stack whose CRDs were resources stay as they are, and go out of its state", async () => {
        const { kube } = at.bed;
        // As the code of before has left it: the CRD by the engine's own name, the rest as it is still made.
        await kube.apply({ ...oldest, metadata: asBefore }, {});
        await up(at.stack({ chart: "widgets", widget: "after" }));
        await makeTheirs(kube);
        const target = at.stack(config);
        await inState(target, readFileSync(stateBefore, "utf8"));
        const [had, object] = [await live(), await kube.get(theirs)];

        const planned = (await preview(target)).changes;
        assert.deepEqual(changed(planned).filter(ofDefinitions), [
            "create ConfigMap widgets",
            "keep CustomResourceDefinition widgets.drill.data-platform.io",
        ]);
        assert.equal(
            (await live()).metadata.resourceVersion,
            had.metadata.resourceVersion,
            "a preview changes nothing",
        );

        const { changes } = await up(target);
        const { delete: deleted, replace } = count(changes);
        assert.deepEqual({ deleted, replace }, { deleted: 0, replace: 0 });
        const { metadata } = await live();
        assert.equal(metadata.uid, had.metadata.uid);
        assert.equal((await kube.get(theirs))?.metadata.uid, object?.metadata.uid);
        assert.deepEqual(metadata.annotations, undefined, "what isn't declared any more has gone");
        assert.deepEqual(
            managedFields(metadata).map(({ manager }) => manager),
            ["data-platform", "kube-apiserver"],
        );
        assert.deepEqual(changed((await up(target)).changes), []);
    });

    it("lose what a newer definition has not, whoever made them", async () => {
        const { kube } = at.bed;
        const names = { ...(oldest.spec?.names as object), shortNames: ["wd"], categories: ["all"] };
        const theirsBefore = {
            ...oldest,
            metadata: { ...asBefore, labels: { app: "x" } },
            spec: { ...oldest.spec, names },
        };
        await kube.apply(theirsBefore as KubeObject, { manager: "pulumi-kubernetes-0a1b2c3d" });
        await kube.patch(
            definition,
            {
                metadata: { labels: { mine: "too" } },
                spec: { preserveUnknownFields: false, names: { categories: ["theirs"] } },
            },
            { manager: "helm" },
        );
        const { uid } = (await live()).metadata;
        await up(at.stack({ definitions: "widgets-new" }));
        const { metadata, spec } = await live();
        assert.equal(metadata.uid, uid);
        const { shortNames, categories } = spec?.names as { shortNames?: string[]; categories?: string[] };
        assert.deepEqual([shortNames, categories], [undefined, undefined]);
        assert.deepEqual(metadata.labels, { mine: "too" }, "labels of others stay, those of our provider's don't");
        assert.equal(metadata.annotations, undefined);
        assert.deepEqual(foreignManagers(metadata), []);
    });

    it("are applied again when one is gone or was changed, and a preview says so", async () => {
        const { kube } = at.bed;
        const target = at.stack({ definitions: "widgets-new" });
        await up(target);
        const versions = structuredClone(oldest.spec?.versions);
        await kube.patch(definition, { spec: { versions } }, { manager: "kubectl-edit" });
        await makeTheirs(kube);
        assert.equal(await knowsColour(kube), false);
        const note = async () => JSON.stringify((await preview(target)).changes.flatMap(({ fields }) => fields));
        assert.match(await note(), /1: widgets\.drill\.data-platform\.io was changed by kubectl-edit/);
        assert.deepEqual(changed((await up(target)).changes), ["update ConfigMap widgets"]);
        assert.equal(await knowsColour(kube), true);
        assert.deepEqual(changed((await up(target)).changes), []);

        await kube.delete(definition);
        while (await kube.get(definition)) await new Promise((resolve) => setTimeout(resolve, 100));
        assert.match(await note(), /2: widgets\.drill\.data-platform\.io is missing/);
        assert.deepEqual(changed((await up(target)).changes), ["update ConfigMap widgets"]);
        assert.ok(await live());
        assert.deepEqual(changed((await up(target)).changes), []);
    });

    it("keep what a controller injects", async () => {
        const webhook = (more: object) => ({
            conversion: {
                strategy: "Webhook",
                webhook: {
                    conversionReviewVersions: ["v1"],
                    clientConfig: { service: { name: "x", namespace: "y" }, ...more },
                },
            },
        });
        const { kube } = at.bed;

        const watcher = { ...{ kube, progress: () => undefined }, signal: new AbortController().signal };

        const converted = { ...oldest, spec: { ...oldest.spec, ...webhook({}) } };
        const apply = () => applyDefinitions([converted], { ...watcher, masker: new Masker() });
        await apply();
        const caBundle = readKubeconfig(at.bed.kubeconfig).ca?.toString("base64") ?? "";
        await kube.patch(definition, { spec: webhook({ caBundle }) }, { manager: "cert-manager-cainjector" });
        const injected = async () => JSON.stringify((await live()).spec).includes(caBundle);
        assert.ok(await injected());
        assert.deepEqual(foreignManagers((await live()).metadata), []);
        await apply();
        assert.ok(await injected(), "it would be written again and again");
    });

    it("are applied by the kubeconfig where no engine gives a connection, and errors come in one text", async () => {
        const before = process.env.KUBECONFIG;
        process.env.KUBECONFIG = at.bed.kubeconfig;
        try {
            const cluster = new CrdCluster({});
            await cluster.apply([oldest]);
            assert.equal((await live()).spec?.scope, "Namespaced");
            assert.equal(await cluster.reapplied({ namespace: "default", name: "nothing" }, {}), undefined);
            const other = { ...oldest, spec: { ...oldest.spec, scope: "Cluster" } };
            await assert.rejects(cluster.apply([other]), (error: Error) => {
                assert.ok(!(error instanceof UserError));
                assert.match(
                    error.message,
                    /^the cluster refuses CustomResourceDefinition widgets\.[^]*spec\.scope[^]*fix:/,
                );
                return true;
            });
            await assert.rejects(new CrdCluster({ context: "nowhere" }).apply([oldest]), /"nowhere" is no context/);
        } finally {
            if (before === undefined) delete process.env.KUBECONFIG;
            else process.env.KUBECONFIG = before;
        }
    });

    it("are refused with what is wrong and what to do", async () => {
        const { kube } = at.bed;
        const two = structuredClone(oldest);
        const versions = two.spec?.versions as Record<string, unknown>[];
        two.spec = {
            ...two.spec,
            versions: [
                { ...versions[0], storage: false },
                { ...versions[0], name: "v0" },
            ],
        };
        await kube.apply(two, {});
        const error = await failure(up(at.stack({ definitions: "widgets-new" })));
        assert.match(
            error.message,
            /CustomResourceDefinition widgets\.\S+ has objects stored in a version that the new definition drops/,
        );
        assert.match(error.render(), /this one has v1\n[^]*status\.storedVersions/);
        const record = await kube.get({
            apiVersion: "v1",
            kind: "ConfigMap",
            namespace: "drill-widgets",
            name: "widgets",
        });
        assert.equal(record, undefined, "nothing says that it was applied");
    });
});

async function inState(target: Target, text: string): Promise<void> {
    const file = stateFile(target.dir, target.stack);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
}

function ofDefinitions(change: string): boolean {
    return /ConfigMap|CustomResourceDefinition|delete|replace/.test(change);
}
