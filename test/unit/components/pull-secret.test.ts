import assert from "node:assert/strict";

import { onCluster } from "../../../components/cluster-settings";
import type { LocatedObject, Manifest } from "../../../kubernetes/objects";
import { extract } from "../../../kubernetes/pods";
import { readStackConfig, stackFile } from "../../../program/stack-config";
import { renderStack } from "../../../render/manifests";
import { prepareCharts } from "../../../tools/charts";
import { configProblems } from "../../support/config-problems";

const login = JSON.stringify({
    auths: { "localhost/data-platform": { auth: "aHVudGVyMg==" }, "registry.example.com": { auth: "aHVudGVyMg==" } },
});

interface Rendered {
    objects: Manifest[];
    /** Pods of them, those that operators and controllers make of other objects too. */
    pods: Manifest[];
}

async function rendered(stack: string, config: { pullSecret?: string; content?: string }): Promise<Rendered> {
    const { values } = readStackConfig(stackFile(stack));
    const own = (key: string) => JSON.parse(values[`data-platform:${key}`] ?? "{}") as object;
    values["data-platform:autoscaling"] = JSON.stringify({ keda: true });
    values["data-platform:images"] = JSON.stringify({
        ...{ registry: "registry.example.com/data-platform", ...own("images") },
        ...(config.pullSecret ? { pullSecret: config.pullSecret } : {}),
    });
    if (config.content)
        values["data-platform:credentials"] = JSON.stringify({
            ...own("credentials"),
            "images.pullSecret": config.content,
        });
    const { objects } = await renderStack({
        stack,
        config: values,
        secretKeys: ["data-platform:credentials"],
        charts: "directories",
    });
    const given = objects.map(({ manifest }): LocatedObject => ({ manifest, origin: "" }));
    const all = [...given, ...extract(given).objects].map(({ manifest }) => manifest);
    return { objects: all, pods: all.flatMap(podsOf) };
}

type Spec = { containers?: unknown; serviceAccountName?: string; imagePullSecrets?: { name: string }[] };

/** Every object within another one that has containers. */
function podsOf(manifest: Manifest): Manifest[] {
    if (manifest.kind === "CustomResourceDefinition") return [];
    const found: Manifest[] = [];
    const look = (value: unknown): void => {
        if (Array.isArray(value)) return value.forEach(look);
        if (typeof value !== "object" || value === null) return;
        const spec = value as Spec;
        if (Array.isArray(spec.containers) && "securityContext" in value) found.push({ ...manifest, spec } as Manifest);
        else Object.values(value).forEach(look);
    };
    look(manifest);
    return found;
}

/** Pods that pull without a login: neither they nor their account name it. */
function without(name: string, { objects, pods }: Rendered): string[] {
    const names = (of: Spec) => of.imagePullSecrets?.some((each) => each.name === name) === true;
    const accounts = objects
        .filter((each) => each.kind === "ServiceAccount" && names(each as Spec))
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    return pods
        .filter(({ metadata, spec }) => {
            const own = spec as Spec;
            return !names(own) && !accounts.includes(`${metadata.namespace}/${own.serviceAccountName ?? "default"}`);
        })
        .map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
}

describe("images.pullSecret", function () {
    this.timeout(120_000);
    before(async function () {
        // Fetched, where no other test has done so.
        this.timeout(600_000);
        await prepareCharts();
    });
    afterEach(() => onCluster({}));

    for (const stack of ["sandbox", "staging", "prod"]) {
        it(`every pod of ${stack} pulls by the login, which is in its namespace`, async () => {
            const stackObjects = await rendered(stack, { content: login });
            assert.ok(stackObjects.pods.length > 20, `${stackObjects.pods.length} pods`);
            assert.deepEqual(without("image-pull", stackObjects), []);
            const there = stackObjects.objects
                .filter(({ kind, metadata }) => kind === "Secret" && metadata.name === "image-pull")
                .map(({ metadata }) => metadata.namespace);
            const namespaces = stackObjects.objects.filter(({ kind }) => kind === "Namespace");
            assert.deepEqual(there.sort(), namespaces.map(({ metadata }) => metadata.name).sort());
        });
    }

    it("one that is there is named, and not made", async () => {
        const stackObjects = await rendered("dev", { pullSecret: "regcred" });
        assert.deepEqual(without("regcred", stackObjects), []);
        assert.ok(!stackObjects.objects.some(({ kind, metadata }) => kind === "Secret" && metadata.name === "regcred"));
    });

    it("counter-proof: without it, all of them pull without a login", async () => {
        const stackObjects = await rendered("dev", {});
        assert.equal(without("image-pull", stackObjects).length, stackObjects.pods.length);
    });

    for (const [what, text, said] of [
        ["no JSON", "hunter2", /is none; make one/],
        ["no logins", "{}", /"auths", which isn't there/],
        ["Docker's on a desktop", '{"auths":{"ghcr.io":{}},"credsStore":"desktop"}', /keychain \(credsStore\)/],
        [
            "of another registry",
            '{"auths":{"ghcr.io":{"auth":"hunter2"}}}',
            /logins for ghcr\.io, and images are pulled from registry\.example\.com/,
        ],
    ] as const) {
        it(`refuses a login: ${what}`, () => {
            const problems = configProblems({
                profile: "dev",
                images: { registry: "registry.example.com/p" },
                credentials: { "images.pullSecret": text },
            });
            assert.match(problems['credentials["images.pullSecret"]'] ?? JSON.stringify(problems), said);
            assert.doesNotMatch(JSON.stringify(problems), /hunter2/);
        });
    }

    it("takes Docker Hub by each of its names, and refuses both forms at once", () => {
        const credentials = { "images.pullSecret": '{"auths":{"https://index.docker.io/v1/":{"auth":"x"}}}' };
        assert.deepEqual(configProblems({ profile: "dev", images: { registry: "docker.io/acme" }, credentials }), {});
        const both = configProblems({
            profile: "dev",
            images: { registry: "docker.io/acme", pullSecret: "regcred" },
            credentials,
        });
        assert.match(both["images.pullSecret"] ?? "", /take one of both out/);
    });
});
