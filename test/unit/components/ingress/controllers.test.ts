import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { backendTls } from "../../../../components/ingress/controllers";
import type { Page } from "../../../../components/ingress/page";
import { controllerNames, controllerOfClass, ingressControllers } from "../../../../config/ingress-controllers";
import type { ResourceRequest } from "../../../../program/program";
import { collect } from "../../../support/collect";
import { configProblems } from "../../../support/config-problems";

const page = {
    name: "ingress-tracking",
    host: "mlflow.example.com",
    system: "tracking",
    namespace: { name: "prod-tracking", ready: pulumi.output("prod-tracking") },
    service: "mlflow",
    port: 5000,
    trust: { secretName: "platform-ca" },
} as Page;
const name = "mlflow.prod-tracking.svc";

interface Manifest {
    metadata: { name: string; namespace: string; annotations: Record<string, string> };
    spec: Record<string, unknown>;
}
const manifest = ({ inputs }: ResourceRequest) => inputs as unknown as Manifest;

describe("ingress controllers", () => {
    it("each is told in its own way to speak TLS, and by nothing that its list lacks", () => {
        for (const controller of controllerNames) {
            const { ingress, service } = backendTls(controller, page);
            const { always, byPage } = ingressControllers[controller];
            assert.deepEqual(Object.keys(ingress).sort(), [...Object.keys(always), ...byPage].sort(), controller);
            const all = Object.entries({ ...ingress, ...service });
            assert.ok(
                all.some(([key]) =>
                    /backend|server-?ssl|serversscheme|ssl-services|upstream-protocol|termination/.test(key),
                ),
                controller,
            );
        }
    });

    it("those that verify it do so by the platform's CA, and by its name where they can", () => {
        const told = (controller: (typeof controllerNames)[number]) => JSON.stringify(backendTls(controller, page));
        for (const controller of ["ingress-nginx", "traefik", "haproxy", "haproxy-ingress", "openshift"] as const)
            assert.match(told(controller), /"(prod-tracking\/)?platform-ca(-bundle)?"/, controller);
        for (const controller of ["ingress-nginx", "traefik", "haproxy-ingress", "agic"] as const)
            assert.ok(told(controller).includes(`"${name}"`), controller);
        assert.deepEqual(
            controllerNames.filter((each) => backendTls(each, page).bundle),
            ["haproxy", "openshift"],
        );
    });

    it("are known by a class' name, where that says it", () => {
        const known = {
            nginx: "ingress-nginx",
            "nginx-internal": "ingress-nginx",
            traefik: "traefik",
            "traefik-external": "traefik",
            contour: "contour",
            "openshift-default": "openshift",
            alb: "alb",
            "azure-application-gateway": "agic",
            haproxy: undefined,
            gce: undefined,
            cilium: undefined,
            nginxinc: undefined,
        };
        for (const [className, controller] of Object.entries(known))
            assert.equal(controllerOfClass(className), controller, className);
    });
});

describe("Ingresses for other controllers than ingress-nginx", function () {
    // Each evaluates the whole program.
    this.timeout(180_000);
    const made = (ingress: object) =>
        collect({
            stack: "prod",
            config: {
                "data-platform:profile": "staging",
                "data-platform:images": '{"registry":"registry.example.com/platform"}',
                "data-platform:ingress": JSON.stringify({ hosts: { tracking: page.host }, ...ingress }),
            },
        });

    it("Traefik: a Service of the platform's own says https, and Traefik's object names the CA", async () => {
        const found = await made({ className: "traefik", controllerNamespace: "kube-system" });
        const ingress = manifest(found.one("Ingress", page.name));
        assert.deepEqual(
            Object.keys(ingress.metadata.annotations).filter((key) => !key.startsWith("traefik.")),
            ["cert-manager.io/cluster-issuer", "pulumi.com/skipAwait"],
        );
        assert.equal(ingress.metadata.annotations["traefik.ingress.kubernetes.io/router.entrypoints"], "websecure");
        assert.match(JSON.stringify(ingress.spec.rules), /"service":\{"name":"ingress-tracking"/);
        const service = manifest(found.one("Service", page.name));
        assert.equal(service.metadata.annotations["traefik.ingress.kubernetes.io/service.serversscheme"], "https");
        assert.equal(
            service.metadata.annotations["traefik.ingress.kubernetes.io/service.serverstransport"],
            "prod-tracking-ingress-tracking@kubernetescrd",
        );
        const policy = manifest(found.one("NetworkPolicy", page.name)).spec as {
            podSelector: { matchLabels: object };
            ingress: { from: object[] }[];
        };
        assert.deepEqual(service.spec.selector, policy.podSelector.matchLabels);
        assert.deepEqual(policy.ingress[0].from, [
            {
                namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
                podSelector: { matchLabels: { "app.kubernetes.io/name": "traefik" } },
            },
        ]);
        const transport = manifest(found.one("ServersTransport", page.name));
        assert.deepEqual(transport.metadata.namespace, "prod-tracking");
        assert.deepEqual(transport.spec, { serverName: name, rootCAsSecrets: ["platform-ca"] });
        assert.ok(found.all("Job").every((job) => !job.name.startsWith("ingress-")));
    });

    it("HAProxy's: the CA in a Secret of its form, copied before", async () => {
        const found = await made({ className: "haproxy", controller: "haproxy" });
        const ingress = found.one("Ingress", page.name);
        const { annotations } = manifest(ingress).metadata;
        assert.equal(annotations["haproxy.org/server-ca"], "prod-tracking/platform-ca-bundle");
        assert.ok(ingress.dependencies.some((urn) => urn.endsWith("::ingress-ca-tracking")));
        const { rules } = found.one("Role", "ingress-ca-tracking").inputs as unknown as { rules: object[] };
        assert.deepEqual(rules[1], {
            ...{ apiGroups: [""], resources: ["secrets"] },
            ...{ resourceNames: ["platform-ca-bundle"], verbs: ["patch"] },
        });
    });

    const problems = (ingress: object) =>
        configProblems({ profile: "dev", images: { registry: "registry.example.com/platform" }, ingress }, "dev");

    it("the config can't tell them otherwise, but may say the same", () => {
        const hosts = { tracking: page.host };
        const annotated = (className: string, annotations: object, more: object = {}) =>
            Object.entries(problems({ hosts, className, annotations, ...more })).filter(([key]) =>
                key.startsWith("ingress"),
            );
        for (const [className, key, value, more] of [
            ["traefik", "traefik.ingress.kubernetes.io/router.tls", "no", {}],
            ["haproxy", "haproxy.org/server-ca", "team/other", { controller: "haproxy" }],
            ["openshift-default", "route.openshift.io/termination", "edge", {}],
            ["nginx", "nginx.org/ssl-services", "", { controller: "nginx" }],
            ["azure-application-gateway", "appgw.ingress.kubernetes.io/backend-hostname", "x.example.com", {}],
        ] as const)
            assert.match(String(annotated(className, { [key]: value }, more)), /is set by the platform/, key);
        assert.deepEqual(annotated("alb", { "alb.ingress.kubernetes.io/backend-protocol": "HTTPS" }), []);
        // Of another controller than the chosen one: nobody reads it.
        assert.deepEqual(annotated("traefik", { "haproxy.org/server-ca": "team/other" }), []);
    });
});
