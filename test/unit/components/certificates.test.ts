import assert from "node:assert/strict";

import { serviceNames } from "../../../components/certificate-authority";
import { contentHash } from "../../../config/images";
import { charts } from "../../../config/versions";
import { certManagerType, releaseInside } from "../../../program/cert-manager";
import { ResourceRequest } from "../../../program/program";
import { prepareCharts } from "../../../tools/charts";
import { tool } from "../../../tools";
import {
    certManagerObjects as template,
    certManagerRelease as releaseFor,
    localCertManager as local,
} from "../../support/cert-manager";
import { Collected, collect } from "../../support/collect";

const program = require.resolve("../fixtures/certificates.ts");
const config = { "data-platform:profile": "sandbox" };

const { placement } = local;

describe("cert-manager", () => {
    before(async function () {
        this.timeout(600_000);
        await prepareCharts();
        await tool("helm");
    });

    it("comes from upstream in an exact version, and from nowhere else", () => {
        const inputs = releaseFor({ chart: "https://charts.jetstack.io", pullPolicy: "IfNotPresent", placement });
        assert.equal(inputs.name, "cert-manager");
        assert.equal(inputs.chart, "cert-manager");
        assert.equal(inputs.version, charts.certManager);
        assert.deepEqual(inputs.repositoryOpts, { repo: "https://charts.jetstack.io" });
        assert.ok(!JSON.stringify(inputs.values).includes("image"), "upstream's images by upstream's names");
    });

    it("runs on the nodes of the platform, with its priority, and from a mirror where there is one", () => {
        const { values } = releaseFor({
            chart: { source: "https://charts.jetstack.io", version: "v1.21.3" },
            pullPolicy: "IfNotPresent",
            mirror: "mirror.test/y",
            placement: { ...placement, nodeSelector: { pool: "platform" } },
        });
        const { global, affinity, webhook, image } = values as Record<string, Record<string, unknown>>;
        assert.equal(global.priorityClassName, "data-platform-platform");
        assert.match(JSON.stringify(affinity), /"key":"pool","operator":"In","values":\["platform"\]/);
        assert.deepEqual(webhook.affinity, affinity);
        assert.equal(image.repository, "mirror.test/y/jetstack/cert-manager-controller");
    });

    it("takes another exact version where the stack says one", () => {
        const chart = { source: "https://charts.jetstack.io", version: "v1.21.3" };
        assert.equal(releaseFor({ chart, pullPolicy: "IfNotPresent", placement }).version, "v1.21.3");
    });

    it("from a directory isn't looked for in upstream's repository, which the package does unless it is told not to", () => {
        assert.deepEqual(releaseFor(local).repositoryOpts, { repo: "" });
    });

    it("leaves the definitions of its kinds to their owner", () => {
        const { values } = releaseFor(local);
        assert.ok(!("installCRDs" in values) && !("crds" in values));
    });

    it("takes the same values from the sandbox's chart, whose schema knows no others, with images of the registry given", async () => {
        const manifests = await template(releaseFor(local));
        const pods = manifests.filter(({ kind }) => ["Deployment", "Job"].includes(kind));
        const images = pods.flatMap(({ spec }) =>
            (spec as { template: { spec: { containers: { image: string }[] } } }).template.spec.containers.map(
                ({ image }) => image,
            ),
        );
        assert.deepEqual(
            images.sort(),
            ["cainjector", "controller", "startupapicheck", "webhook"].map(
                (part) => `mirror.test/x/cert-manager-${part}:${charts.certManager}`,
            ),
        );
        assert.ok(!manifests.some(({ kind }) => kind === "CustomResourceDefinition"));
        assert.deepEqual(
            manifests.filter(({ metadata }) => metadata.namespace === "kube-system"),
            [],
            "leases in kube-system would outlive it",
        );
        for (const { metadata, spec } of pods) {
            const { containers } = (spec as { template: { spec: { containers: Record<string, unknown>[] } } }).template
                .spec;
            assert.ok(
                containers.every(({ resources }) => JSON.stringify(resources).includes("limits")),
                metadata.name,
            );
        }
    });

    it("gives the chart only values that its schema knows, whatever a stack says", async () => {
        const check = (values: Record<string, unknown>) => template({ ...releaseFor(local), values });
        const upstreams = { chart: "https://charts.jetstack.io", pullPolicy: "IfNotPresent", placement } as const;
        const nodes = { nodeSelector: { pool: "platform" }, tolerations: [{ operator: "Exists" }] };
        const acme = { cidrs: ["203.0.113.0/24"] };
        await check(releaseFor(upstreams).values);
        await check(releaseFor({ ...upstreams, placement: { ...placement, ...nodes } }).values);
        await check(releaseFor({ ...upstreams, imageRegistry: "mirror.test/x", acme }).values);
        await check(releaseFor({ ...upstreams, mirror: "mirror.test/y", webhookReplicas: 2 }).values);
        await assert.rejects(check({ nonsense: true }), "the schema must be the strict one");
    });

    it("is upgraded when a local chart changes, by a note that no chart sees", () => {
        const { description, values } = releaseFor(local);
        assert.equal(description, `chart ${contentHash([local.chart])}`);
        assert.ok(!JSON.stringify(values).includes(contentHash([local.chart])));
        const elsewhere = { chart: "https://charts.jetstack.io", pullPolicy: "IfNotPresent", placement } as const;
        assert.ok(!("description" in releaseFor(elsewhere)));
    });

    it("is told apart from values that Pulumi's package would drop", () => {
        const request = {
            ...{ urn: "urn", type: certManagerType, name: "x" },
            inputs: { helmOptions: { name: "x", values: { resources: {}, config: {} } } },
        } as unknown as ResourceRequest;
        assert.throws(() => releaseInside(request), /overwrites resources of helmOptions.values/);
        request.inputs = { helmOptions: {} };
        assert.throws(() => releaseInside(request), /no helmOptions.name/);
    });
});

describe("the platform's own authority", () => {
    let made: Collected;
    const names = (urns: string[]) => urns.map((urn) => urn.split("::").at(-1));
    const certificate = (name: string) =>
        made.one("Certificate", name).inputs as { metadata: { name: string }; spec: Record<string, unknown> };

    before(async () => {
        made = await collect({ program, config });
    });

    it("signs after cert-manager answers, and only once its root is there", () => {
        const steps = [
            made.one("ClusterIssuer", "sandbox-self-signed-issuer"),
            made.one("Certificate", "sandbox-platform-ca"),
            made.one("ClusterIssuer", "sandbox-platform-ca-issuer"),
            made.one("Certificate", "minio.try-servers"),
        ];
        assert.ok(names(steps[0].dependencies).includes("cert-manager"));
        steps.slice(1).forEach((step, index) => assert.ok(step.dependencies.includes(steps[index].urn), step.name));
        const { dependencies } = made.one(certManagerType, "cert-manager");
        assert.ok(names(dependencies).includes("cert-manager-crds"));
        assert.ok(names(dependencies).includes("cert-manager-webhook"), "its policies come before its pods");
    });

    it("keeps its key when the root is renewed, and servers get new ones", () => {
        assert.match(JSON.stringify(certificate("sandbox-platform-ca").spec.privateKey), /"rotationPolicy":"Never"/);
        assert.match(JSON.stringify(certificate("minio.try-servers").spec.privateKey), /"rotationPolicy":"Always"/);
    });

    it("covers every name by which a Service is called", () => {
        const { metadata, spec } = certificate("minio.try-servers");
        assert.equal(metadata.name, "minio-tls");
        assert.equal(spec.secretName, "minio-tls");
        assert.deepEqual(spec.dnsNames, serviceNames("minio", "try-servers"));
        assert.deepEqual(serviceNames("a", "b"), ["a.b.svc", "a.b.svc.cluster.local", "a.b", "a", "localhost"]);
        assert.deepEqual(spec.ipAddresses, ["127.0.0.1"]);
    });

    it("is trusted by one Secret a namespace, however often that is asked for", () => {
        assert.deepEqual(made.outputs.bundles, ["platform-ca", "platform-ca", "platform-ca"]);
        const bundles = made.all("Certificate").filter(({ name }) => name.startsWith("platform-ca."));
        assert.deepEqual(bundles.map(({ name }) => name).sort(), [
            "platform-ca.try-clients",
            "platform-ca.try-servers",
        ]);
        // What lies beside the authority's certificate is good for nothing.
        assert.deepEqual(certificate("platform-ca.try-clients").spec.usages, ["digital signature"]);
    });

    it("names what belongs to the whole cluster after the stack", () => {
        for (const { inputs } of made.all("ClusterIssuer"))
            assert.match((inputs.metadata as { name: string }).name, /^sandbox-/);
    });
});
