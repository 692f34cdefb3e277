import assert from "node:assert/strict";

import type { ResourceRequest } from "../../../../program/program";
import { collect, Collected } from "../../../support/collect";

const stackConfig = (ingress: object, more: Record<string, unknown> = {}) => ({
    "data-platform:profile": "staging",
    "data-platform:images": '{"registry":"registry.example.com/platform"}',
    "data-platform:ingress": JSON.stringify(ingress),
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`data-platform:${key}`, JSON.stringify(value)])),
});
const hosts = {
    orchestrator: "airflow.example.com",
    tracking: "mlflow.example.com",
    objectStore: "s3.example.com",
    console: "minio.example.com",
};

const sorted = Object.entries(hosts).sort(([one], [other]) => one.localeCompare(other));

interface Manifest {
    kind: string;
    metadata: { name: string; namespace: string; annotations?: Record<string, string> };
    spec: Record<string, unknown>;
}

const manifest = ({ inputs }: ResourceRequest) => inputs as unknown as Manifest;
/** Objects of a kind, by their names: what waits for something else is asked for later. */
const ofKind = (made: Collected, kind: string) =>
    made.requests
        .filter((request) => manifest(request).kind === kind)
        .sort((one, other) => manifest(one).metadata.name.localeCompare(manifest(other).metadata.name));
const needs = ({ dependencies }: ResourceRequest) => dependencies.map((urn) => urn.split("::").slice(-1)[0]);

describe("access by the Gateway API", function () {
    // Each evaluates the whole program.
    this.timeout(180_000);

    describe("a Gateway of the stack's own", () => {
        let made: Collected;
        before(async () => {
            const gateway = { className: "eg" };
            const ingress = {
                hosts,
                gateway,
                controllerNamespace: "envoy-gateway-system",
                controllerLabels: { "app.kubernetes.io/name": "envoy" },
                annotations: { "external-dns.alpha.kubernetes.io/ttl": "60" },
                from: ["10.0.0.0/16", "fd12::/64"],
            };
            made = await collect({ stack: "prod", config: stackConfig(ingress) });
        });

        it("listens for each host by HTTPS, for routes out of that page's namespace only", () => {
            const [gateway, ...more] = ofKind(made, "Gateway").map(manifest);
            assert.equal(more.length, 0);
            assert.deepEqual(
                [gateway.metadata.namespace, gateway.metadata.name],
                ["envoy-gateway-system", "prod-ingress"],
            );
            assert.equal(gateway.spec.gatewayClassName, "eg");
            const listeners = gateway.spec.listeners as Record<string, unknown>[];
            assert.deepEqual(
                listeners.map(({ name, hostname }) => [name, hostname]),
                Object.entries(hosts).map(([key, host]) => [key.toLowerCase(), host]),
            );
            assert.ok(listeners.every(({ protocol, port }) => protocol === "HTTPS" && port === 443));
            assert.deepEqual(listeners[1].tls, {
                mode: "Terminate",
                certificateRefs: [{ group: "", kind: "Secret", name: "prod-ingress-tracking-tls" }],
            });
            assert.deepEqual(listeners[1].allowedRoutes, {
                kinds: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute" }],
                namespaces: {
                    from: "Selector",
                    selector: { matchLabels: { "kubernetes.io/metadata.name": "prod-tracking" } },
                },
            });
        });

        it("has certificates where it looks for them, so that no ReferenceGrant is needed", () => {
            const certificates = ofKind(made, "Certificate")
                .map(manifest)
                .filter(({ metadata }) => metadata.namespace === "envoy-gateway-system");
            assert.deepEqual(
                certificates.map(({ spec }) => [spec.secretName, ...(spec.dnsNames as string[])]),
                sorted.map(([key, host]) => [`prod-ingress-${key.toLowerCase()}-tls`, host]),
            );
            assert.equal(certificates[0].metadata.annotations?.["pulumi.com/waitFor"], "condition=Ready");
            assert.deepEqual(ofKind(made, "ReferenceGrant"), []);
            assert.deepEqual(made.all("Ingress"), []);
        });

        it("gets a route a host, each to its listener", () => {
            const routes = ofKind(made, "HTTPRoute").map(manifest);
            assert.deepEqual(
                routes.map(({ spec }) => spec.hostnames),
                sorted.map(([, host]) => [host]),
            );
            const [console, , , tracking] = routes;
            assert.equal(tracking.metadata.annotations?.["external-dns.alpha.kubernetes.io/ttl"], "60");
            assert.deepEqual(tracking.spec.parentRefs, [
                {
                    group: "gateway.networking.k8s.io",
                    kind: "Gateway",
                    namespace: "envoy-gateway-system",
                    name: "prod-ingress",
                    sectionName: "tracking",
                },
            ]);
            const backend = ({ spec }: Manifest) => (spec.rules as { backendRefs: object[] }[])[0].backendRefs;
            assert.deepEqual(backend(tracking), [
                { group: "", kind: "Service", name: "mlflow", port: 5000, weight: 1 },
            ]);
            assert.deepEqual(backend(console), [{ group: "", kind: "Service", name: "minio", port: 9001, weight: 1 }]);
        });

        it("speaks TLS to each Service, verified by the platform's CA and the Service's name", () => {
            const policies = ofKind(made, "BackendTLSPolicy").map(manifest);
            assert.deepEqual(
                policies.map(({ metadata, spec }) => [metadata.namespace, spec.targetRefs]),
                [
                    // The object store, and its console.
                    ["prod-storage", [{ group: "", kind: "Service", name: "minio" }]],
                    ["prod-orchestration", [{ group: "", kind: "Service", name: "airflow-api-server" }]],
                    ["prod-tracking", [{ group: "", kind: "Service", name: "mlflow" }]],
                ],
            );
            assert.deepEqual(policies[2].spec.validation, {
                caCertificateRefs: [{ group: "", kind: "ConfigMap", name: "platform-ca" }],
                hostname: "mlflow.prod-tracking.svc",
            });
            const certificate = manifest(made.one("cert-manager.io/v1:Certificate", "mlflow.prod-tracking"));
            assert.ok((certificate.spec.dnsNames as string[]).includes("mlflow.prod-tracking.svc"));
        });

        it("has the CA's certificate copied by a job that may do nothing else, before any policy names it", () => {
            const [policy] = ofKind(made, "BackendTLSPolicy").filter(
                (request) => manifest(request).metadata.namespace === "prod-tracking",
            );
            assert.ok(needs(policy).includes("ingress-ca-tracking"));
            const role = made.one("Role", "ingress-ca-tracking").inputs as unknown as { rules: object[] };
            assert.deepEqual(role.rules, [
                { apiGroups: [""], resources: ["configmaps"], verbs: ["create"] },
                { apiGroups: [""], resources: ["configmaps"], resourceNames: ["platform-ca"], verbs: ["patch"] },
            ]);
            const { spec } = made.one("Job", "ingress-ca-tracking").inputs as unknown as {
                spec: { template: { spec: { volumes: object[]; containers: { env: object[] }[] } } };
            };
            assert.deepEqual(spec.template.spec.volumes, [
                { name: "ca", secret: { secretName: "platform-ca", items: [{ key: "ca.crt", path: "ca.crt" }] } },
            ]);
            assert.deepEqual(
                made.all("Job").filter(({ name }) => name.startsWith("ingress-ca-")).length,
                3,
                "one a namespace",
            );
        });

        it("is let in by its pods' namespace and labels, and by the addresses", () => {
            const policy = made.one("NetworkPolicy", "ingress-console").inputs as unknown as Manifest;
            assert.deepEqual((policy.spec.ingress as { from: object[]; ports: object[] }[])[0], {
                from: [
                    {
                        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "envoy-gateway-system" } },
                        podSelector: { matchLabels: { "app.kubernetes.io/name": "envoy" } },
                    },
                    { ipBlock: { cidr: "10.0.0.0/16" } },
                    { ipBlock: { cidr: "fd12::/64" } },
                ],
                ports: [{ protocol: "TCP", port: 9001 }],
            });
        });
    });

    it("a Gateway that is there: routes to its listener, whose certificate is its own", async () => {
        const gateway = { name: "shared", namespace: "edge", sectionName: "https" };
        const { tracking } = hosts;
        const made = await collect({ config: stackConfig({ hosts: { tracking }, gateway }) });
        assert.deepEqual(ofKind(made, "Gateway"), []);
        const [route] = ofKind(made, "HTTPRoute").map(manifest);
        assert.deepEqual(route.spec.parentRefs, [
            {
                group: "gateway.networking.k8s.io",
                kind: "Gateway",
                namespace: "edge",
                name: "shared",
                sectionName: "https",
            },
        ]);
        const edge = ofKind(made, "Certificate").filter((request) => manifest(request).metadata.namespace === "edge");
        assert.deepEqual(edge, []);
        const policy = made.one("NetworkPolicy", "ingress-tracking").inputs as unknown as Manifest;
        assert.deepEqual((policy.spec.ingress as { from: object[] }[])[0].from, [
            { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "edge" } } },
        ]);
    });

    it("certificates of an issuer of others' are not waited for, and solvers are let in where they are, not here", async () => {
        const gateway = { className: "traefik", namespace: "edge", port: 8443 };
        const made = await collect({ config: stackConfig({ hosts, gateway, issuer: "public" }) });
        const { listeners } = manifest(ofKind(made, "Gateway")[0]).spec as { listeners: { port: number }[] };
        assert.ok(listeners.every(({ port }) => port === 8443));
        const certificate = manifest(made.one("cert-manager.io/v1:Certificate", "ingress-tracking"));
        assert.deepEqual(certificate.spec.issuerRef, {
            group: "cert-manager.io",
            kind: "ClusterIssuer",
            name: "public",
        });
        assert.deepEqual(certificate.metadata.annotations, { "pulumi.com/skipAwait": "true" });
        assert.ok(made.all("NetworkPolicy").every(({ name }) => !name.startsWith("ingress-acme")));
    });

    it("without a host nothing is made", async () => {
        const made = await collect({
            config: stackConfig({ hosts: {}, gateway: { className: "eg", namespace: "edge" } }),
        });
        for (const kind of ["Gateway", "HTTPRoute", "BackendTLSPolicy"]) assert.deepEqual(ofKind(made, kind), []);
        assert.ok(made.all("Job").every(({ name }) => !name.startsWith("ingress-")));
    });
});
