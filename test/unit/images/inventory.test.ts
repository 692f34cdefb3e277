import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { imageNames, imageRef } from "../../../config/images";
import * as versions from "../../../config/versions";
import { extract } from "../../../kubernetes/pods";
import { type LocatedObject } from "../../../kubernetes/objects";
import { objectsOf } from "../../../checks/bundle";
import { renderStack } from "../../../render/manifests";
import { project, readStackConfig, stackFile } from "../../../program/stack-config";
import { prepareCharts } from "../../../tools/charts";
import { publishedFrom } from "../../../images/build/published";
import { heldToLock } from "../../../images/inventory/check";
import { imagesOfChart } from "../../../images/inventory/charts";
import {
    currentLock,
    isOurs,
    keyOf,
    type LockedImage,
    lockedStacks,
    lockFile,
    readLock,
    textOf,
    withDigests,
} from "../../../images/inventory/lock";
import { mirrorList } from "../../../images/inventory/mirror";
import { imagesOfStack, inPod } from "../../../images/inventory/program";
import { repositoryOf, wholeName } from "../../../images/inventory/reference";
import { imageSettings } from "../../../images/inventory/settings";
import { UserError } from "../../../lib/errors";
import { repoRoot } from "../../../lib/paths";

const mirror = "registry.example.com:5000/mirror";

/** A stack's config with some groups changed. */
function changed(stack: string, groups: Record<string, Record<string, unknown>>): Record<string, string> {
    const { values } = readStackConfig(stackFile(stack));
    for (const [group, keys] of Object.entries(groups)) {
        const key = `${project}:${group}`;
        values[key] = JSON.stringify({ ...(JSON.parse(values[key] ?? "{}") as object), ...keys });
    }
    return values;
}

/** All that asks for further images. */
const everything = {
    autoscaling: { keda: true },
    cluster: { shareable: true },
    orchestrator: { dags: { kind: "git", repo: "https://git.example.com/team/dags.git" } },
};

describe("images of the stacks", function () {
    this.timeout(300_000);

    it("are those of the lock: none is missing, none too many", async () => {
        const lock = await currentLock();
        const committed = readLock();
        const way = "the images of the stacks have changed: make images-lock (OFFLINE=1 without a network)";
        assert.deepEqual(committed, withDigests(lock, committed), way);
        assert.equal(readFileSync(lockFile, "utf8"), textOf(committed), way);
        const digests = [...committed.ours, ...committed.upstream].map(({ digest }) => digest ?? "");
        assert.ok(digests.every((digest) => /^(sha256:[0-9a-f]{64})?$/.test(digest)));
    });

    for (const stack of lockedStacks) {
        it(`${stack}: the lock has what its charts and objects render, and nothing else`, () => {
            const { registry } = imageSettings({ stack });
            const located = objectsOf(golden(stack));
            const pods = [...located, ...extract(located).objects].flatMap(({ manifest }) =>
                inPod(manifest).map(wholeName),
            );
            // Operators' own choices stand for what the table says.
            const rendered = names(
                pods.filter((image) => !image.endsWith(":operator-default")),
                registry,
            );
            const locked = [...readLock().ours, ...readLock().upstream].filter(({ stacks }) => stacks.includes(stack));
            const inLock = locked.map(nameIn);
            const missing = (image: string) => `${image} is missing in images.lock.json`;
            for (const image of rendered) assert.ok(inLock.includes(image), missing(image));
            for (const image of inLock.filter((each) => !rendered.includes(each))) {
                assert.match(image, byTables, `${image} is in images.lock.json, and nothing asks for it`);
            }
            // Whatever else looks like an image of ours: in arguments, variables, settings.
            const ours = new RegExp(`${registry.replaceAll(".", "\\.")}/([a-z-]+:[\\w.-]+)`, "g");
            for (const [, image] of JSON.stringify(located).matchAll(ours))
                assert.ok(inLock.includes(image), missing(image));
        });
    }

    /** Images that no chart in the project renders: operators' own charts, and what they take for what they make. */
    const byTables = /^(ghcr\.io\/cloudnative-pg|ghcr\.io\/kedacore|quay\.io\/strimzi)\/|\/cert-manager-acmesolver$/;

    /** A stack as the golden tests hold it, by the charts that are in the project. */
    function golden(stack: string): Map<string, string> {
        const root = join(repoRoot, "test/golden", stack);
        const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        return new Map(
            files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "utf8")]),
        );
    }

    /** Of ours name and tag, of upstream's the repository: versions are held to config/versions.ts below. */
    function names(images: string[], registry: string): string[] {
        return [...new Set(images)].map((image) =>
            isOurs(image, registry) ? image.slice(registry.length + 1) : repositoryOf(image),
        );
    }
    function nameIn(each: LockedImage): string {
        return each.image.includes("/") ? each.image : keyOf(each);
    }

    it("upstream's have the versions of config/versions.ts", () => {
        const { charts, kafka, cloudNativePg, cloudNativePgImage, gitSync, silo } = versions;
        const tags = Object.fromEntries(readLock().upstream.map(({ image, tag }) => [image, tag]));
        assert.deepEqual(tags, {
            "ghcr.io/cloudnative-pg/cloudnative-pg": cloudNativePg,
            "ghcr.io/cloudnative-pg/postgresql": cloudNativePgImage.split(":")[1],
            ...Object.fromEntries(
                ["keda", "keda-admission-webhooks", "keda-metrics-apiserver"].map((name) => [
                    `ghcr.io/kedacore/${name}`,
                    charts.keda,
                ]),
            ),
            "ghcr.io/kubeflow/spark-operator/controller": charts.sparkOperator,
            ...Object.fromEntries(
                ["acmesolver", "cainjector", "controller", "startupapicheck", "webhook"].map((name) => [
                    `quay.io/jetstack/cert-manager-${name}`,
                    charts.certManager,
                ]),
            ),
            "quay.io/strimzi/kafka": `${charts.strimzi}-kafka-${kafka}`,
            "quay.io/strimzi/operator": charts.strimzi,
            "docker.io/pgsty/silo": silo,
            "registry.k8s.io/git-sync/git-sync": gitSync,
        });
    });

    it("another chart of CloudNativePG than the pinned one is refused: which operator it has isn't known", async () => {
        const config = changed("prod", { chartVersions: { cloudNativePg: "0.28.0" } });
        await assert.rejects(
            imagesOfStack({ stack: "prod", config }),
            (error) =>
                error instanceof UserError && /cloudnative-pg 0\.28\.0 is known for 0\.29\.0 only/.test(error.message),
        );
    });

    it("a chart in a directory says itself what it installs", () => {
        const chart = "./test/integration/fixtures/charts/cloudnative-pg";
        assert.deepEqual(imagesOfChart({ chart, values: {} }), ["ghcr.io/cloudnative-pg/cloudnative-pg:1.30.0"]);
    });

    describe("with a mirror", () => {
        for (const [stack, groups] of [
            ["dev", {}],
            // staging is prod in small.
            ["prod", everything],
        ] as const) {
            const all = stack === "prod";
            it(`${stack}${all ? " with all there is" : ""}: every image comes from it, or from our own registry`, async () => {
                const config = changed(stack, { ...groups, images: { mirror } });
                const { registry } = imageSettings({ stack, config });
                const list = await mirrorList({ stack, config, from: "ci.example.com/builds" });
                assert.deepEqual(list.elsewhere, []);
                assert.equal(list.inForce, true);
                for (const { target } of list.images) {
                    assert.ok(
                        target.startsWith(`${mirror}/`) || isOurs(target, registry),
                        `${target} is from elsewhere`,
                    );
                }
                const tag = versions.charts.strimzi;
                const strimzi = list.images.find(({ source }) => source === `quay.io/strimzi/operator:${tag}`);
                assert.equal(strimzi?.target, `${mirror}/strimzi/operator:${tag}`);
                const minio = list.images.find(({ target }) => target.startsWith(`${registry}/minio:`));
                assert.equal(minio?.source, minio?.target.replace(registry, "ci.example.com/builds"));
                const sources = list.images.map(({ source }) => repositoryOf(source));
                for (const name of ["ghcr.io/kedacore/keda", "registry.k8s.io/git-sync/git-sync"]) {
                    assert.equal(sources.includes(name), all, name);
                }
            });
        }

        it("what is published comes from it, by its digest, where a stack has no registry of its own", async () => {
            const file = ".sandbox/test-published.json";
            const names = imageNames.filter((name) => name !== "minio" && !name.startsWith("workload-"));
            const at = { registry: "ghcr.io/acme/data-platform", platforms: ["linux/amd64", "linux/arm64"] as const };
            const digest = `sha256:${"a".repeat(64)}`;
            const digests = Object.fromEntries(names.map((name) => [imageRef(name, at), digest]));
            mkdirSync(join(repoRoot, ".sandbox"), { recursive: true });
            writeFileSync(join(repoRoot, file), textOf(publishedFrom(digests, "v1.0.0", at.platforms)));
            try {
                const own = { registry: undefined, published: file };
                const config = changed("prod", { images: { ...own, mirror } });
                const list = await mirrorList({ stack: "prod", config });
                assert.deepEqual(list.elsewhere, []);
                const mlflow = list.images.find(({ target }) =>
                    target.startsWith(`${mirror}/acme/data-platform/mlflow:`),
                );
                assert.deepEqual(
                    [mlflow?.source, mlflow?.digest],
                    [`ghcr.io/acme/data-platform/mlflow@${digest}`, digest],
                );
                // Held by their digests, so the lock needn't have them.
                const held = await heldToLock({
                    ...{ stack: "prod", config: changed("prod", { images: own }), offline: true },
                });
                assert.deepEqual(
                    held.problems.filter((each) => /acme\/data-platform/.test(each)),
                    [],
                );
            } finally {
                rmSync(join(repoRoot, file));
            }
        });

        it("an image that the program names itself is told apart", async () => {
            const program = join(__dirname, "../fixtures/images.ts");
            const list = await mirrorList({ stack: "dev", program, mirror });
            assert.equal(list.inForce, false);
            assert.deepEqual(list.elsewhere, ["docker.io/library/busybox:1.37"]);
            assert.deepEqual(
                list.images.map(({ source }) => source.split(":").at(-2)),
                ["5001/data-platform/etl"],
            );
        });

        it("what is rendered comes from it, too, custom resources and hidden pods included", async () => {
            await prepareCharts();
            const config = changed("prod", { images: { mirror } });
            const { registry } = imageSettings({ stack: "prod", config });
            const { objects } = await renderStack({ stack: "prod", config, charts: "directories" });
            const text = JSON.stringify(objects.map(({ manifest }) => manifest));
            // An image's name has a tag; the address of a chart has none.
            assert.deepEqual(text.match(/(quay|ghcr|docker|registry\.k8s)\.io\/[\w./-]+:[\w.-]+/g), null);
            const located = objects.map(({ manifest }): LocatedObject => ({ manifest, origin: "" }));
            for (const image of located.flatMap(({ manifest }) => inPod(manifest))) {
                assert.ok(image.startsWith(`${mirror}/`) || isOurs(image, registry), image);
            }
        });

        it("a stack whose images are on this machine only has nothing to mirror", async () => {
            await assert.rejects(mirrorList({ stack: "sandbox" }), /takes its images from this machine/);
        });
    });
});

describe("images of upstream's charts", () => {
    it("stand where values put them", () => {
        const chart = (name: string, values: object) =>
            imagesOfChart({ chart: `oci://r.example.com/charts/${name}`, version: "1.0.0", values: { ...values } });
        assert.deepEqual(chart("keda", { image: { keda: { registry: "r", repository: "x/keda" } } }), [
            "r/x/keda:1.0.0",
            "ghcr.io/kedacore/keda-metrics-apiserver:1.0.0",
            "ghcr.io/kedacore/keda-admission-webhooks:1.0.0",
        ]);
        assert.deepEqual(chart("strimzi-kafka-operator", { defaultImageRegistry: "r/m" }), [
            "r/m/strimzi/operator:1.0.0",
        ]);
        assert.deepEqual(chart("some-other", { a: [{ image: { repository: "r/x", tag: "2" } }] }), ["r/x:2"]);
        assert.equal(chart("cert-manager", {}).length, 5);
    });

    // Upstream's own values, where they lie beside the checkout.
    const charts = join(repoRoot, "../shared/charts");
    if (existsSync(charts)) {
        it("are those of their own values", () => {
            const values = (chart: string) =>
                parse(readFileSync(join(charts, chart, "values.yaml"), "utf8")) as Record<string, unknown>;
            for (const name of ["spark-operator", "strimzi-kafka-operator", "keda"]) {
                const of = (given: Record<string, unknown>) =>
                    imagesOfChart({ chart: name, version: "9.9.9", values: given });
                assert.deepEqual(of(values(name)), of({}), name);
            }
            const { imageRegistry, imageNamespace, image } = values("cert-manager") as Record<string, unknown>;
            assert.equal(
                imagesOfChart({ chart: "cert-manager", version: "v1", values: {} })[0],
                `${String(imageRegistry)}/${String(imageNamespace)}/${(image as { name: string }).name}:v1`,
            );
            const { gitSync } = (values("airflow") as { images: { gitSync: { repository: string; tag: string } } })
                .images;
            assert.deepEqual(gitSync.tag, versions.gitSync);
            const cnpg = (values("cloudnative-pg") as { image: { repository: string } }).image.repository;
            const [own] = imagesOfChart({
                chart: "cloudnative-pg",
                version: versions.charts.cloudNativePg,
                values: {},
            });
            assert.equal(own, `${cnpg}:${versions.cloudNativePg}`);
        });
    }
});
