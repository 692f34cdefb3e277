import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { identityOf, KubeObject } from "../../kubernetes/client";
import { extract } from "../../kubernetes/pods";
import { Manifest, mapAt } from "../../kubernetes/objects";
import { outputDir } from "../../lib/paths";
import { prepareCrds } from "../../tools/charts";
import { Admission } from "../support/admitted";
import { examples, renderExample } from "../support/clusters";
import { Bed, useBed } from "./bed";

describe("the example settings of each kind of cluster are admitted by a real API server", function () {
    this.timeout(300_000);
    let bed: Bed;
    let admission: Admission;
    /** Kinds of each example's objects. */
    const admitted: Set<string>[] = [];

    /** The Gateway API's own definitions, which a cluster has with its implementation. */
    const definitions = () => {
        const folder = join(outputDir, "crds", "gateway-api");
        return readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as KubeObject);
    };

    before(async () => {
        await prepareCrds();
        bed = await useBed();
        admission = new Admission(bed.kube);
        for (const each of definitions()) await bed.kube.apply(each, { force: true });
        for (const each of definitions()) while (!(await served(each))) await pause(100);
    });
    after(async () => {
        await admission.clean();
        for (const each of definitions()) await bed.kube.delete(identityOf(each));
    });

    /** Tells whether the server knows the kind of a definition by now. */
    const served = async ({ spec }: KubeObject) => {
        const { names, versions } = spec as { names: { kind: string }; versions: { name: string; served: boolean }[] };
        const version = versions.find((each) => each.served)?.name ?? "";
        return bed.kube.list(`gateway.networking.k8s.io/${version}`, names.kind).then(
            () => true,
            () => false,
        );
    };

    /** Values of Secrets are masked, which is no base64. */
    const readable = (object: KubeObject): KubeObject => {
        if (object.kind !== "Secret") return object;
        const data = Object.keys(mapAt(object, "data")).map((key) => [key, "bWFza2Vk"]);
        return { ...object, data: Object.fromEntries(data) as Record<string, string> };
    };

    /** Namespaces that are none of the stack's: a Gateway's. */
    const foreign = (all: KubeObject[]): KubeObject[] => {
        const own = all.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name);
        const named = all.filter(({ kind }) => kind === "Gateway").flatMap(({ metadata }) => metadata.namespace ?? []);
        return [...new Set(named)]
            .filter((name) => !own.includes(name))
            .map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
    };

    async function objects(example: string): Promise<KubeObject[]> {
        const manifests = await renderExample(example);
        const hidden = extract(manifests.map((manifest) => ({ manifest, origin: "" }))).objects;
        const all = [...manifests, ...hidden.map(({ manifest }): Manifest => manifest)] as unknown as KubeObject[];
        return [...foreign(all), ...all.map(readable)];
    }

    // All of them make namespaces of the same names.
    for (const example of examples) {
        it(example, async () => {
            const all = await objects(example);
            await admission.ready(all);
            assert.ok(all.length > 150, `${all.length} objects`);
            admitted.push(new Set(all.map(({ kind }) => kind)));
            assert.deepEqual(await admission.objections(all), []);
        });
    }

    it("by the Gateway API as by Ingresses", () => {
        const having = (kind: string) => admitted.filter((kinds) => kinds.has(kind)).length;
        assert.deepEqual(["Gateway", "HTTPRoute", "BackendTLSPolicy", "Ingress"].map(having), [3, 4, 4, 4]);
    });

    it("counter-proof: a page that would be believed unseen, and a route to an address, are found", async () => {
        const all = structuredClone(await objects("kind"));
        await admission.ready(all);
        type Inside = { spec: { hostnames?: string[]; validation?: object } };
        const wrong = all.filter(({ kind }) => ["HTTPRoute", "BackendTLSPolicy"].includes(kind)) as (KubeObject &
            Inside)[];
        for (const { spec } of wrong) {
            if (spec.hostnames) spec.hostnames = ["10.0.0.1:443"];
            else spec.validation = { hostname: "mlflow.example-tracking.svc" };
        }
        const found = (await admission.objections(wrong)).join("\n");
        assert.match(found, /HTTPRoute .*spec\.hostnames/);
        assert.match(found, /BackendTLSPolicy .*validation/);
    });

    it("counter-proof: a pod that runs as root is found", async () => {
        const all = structuredClone(await objects("openshift"));
        await admission.ready(all);
        const pods = all.filter(({ kind }) => kind === "Pod") as (KubeObject & { spec: { securityContext: object } })[];
        assert.ok(pods.length > 0);
        for (const { spec } of pods) spec.securityContext = { runAsNonRoot: false };
        assert.match((await admission.objections(pods)).join("\n"), /violates PodSecurity "restricted/);
    });
});
