import assert from "node:assert/strict";

import { parse } from "../../../config/parse";
import { proxiesOf } from "../../../config/sections/ingress";
import { configProblems } from "../../support/config-problems";

const images = { registry: "registry.example.com/platform" };
const tracking = "mlflow.example.com";
const hosts = { tracking };
const there = { name: "shared", namespace: "edge", sectionName: "https" };

/** Wrong input, and the keys by which it is told. */
const refused: [object, Record<string, RegExp>][] = [
    [
        { hosts, className: "web" },
        { "ingress.controller": /is missing: the name of the class "web".*ingress\.gateway/ },
    ],
    [{ hosts, className: "haproxy" }, { "ingress.controller": /doesn't say whose it is/ }],
    [{ hosts, className: "web", controller: "istio" }, { "ingress.controller": /must be .*"traefik".*, not "istio"/ }],
    [{ hosts, gateway: {} }, { "ingress.gateway.className": /is missing.*ingress\.gateway\.name/ }],
    [
        { hosts, gateway: { ...there, className: "eg" } },
        { "ingress.gateway.className": /would make another Gateway.*take one of both out/ },
    ],
    [
        { hosts, gateway: { name: "shared" } },
        {
            "ingress.gateway.namespace": /is missing: the namespace of the Gateway "shared"/,
            "ingress.gateway.sectionName": /is missing: a listener for HTTPS .*in the clear too/,
        },
    ],
    [{ hosts, gateway: { className: "eg" } }, { "ingress.gateway.namespace": /is missing: a namespace that is there/ }],
    [
        { hosts, gateway: { className: "eg", namespace: "edge", sectionName: "https" } },
        { "ingress.gateway.sectionName": /has a listener for each host/ },
    ],
    [
        { hosts, gateway: there, className: "nginx", controller: "ingress-nginx" },
        { "ingress.className": /take one of both out/, "ingress.controller": /take one of both out/ },
    ],
    [{ hosts, gateway: { ...there, port: 8443 } }, { "ingress.gateway.port": /is without effect/ }],
    [{ hosts, gateway: { className: "eg", namespace: "edge", port: 0 } }, { "ingress.gateway.port": /at least 1/ }],
    [{ hosts, gateway: there, issuer: "public" }, { "ingress.issuer": /is without effect.*its own certificate/ }],
    [{ hosts, gateway: { ...there, namespace: "Edge" } }, { "ingress.gateway.namespace": /lower-case letters/ }],
    [{ hosts, gateway: { ...there, listener: "https" } }, { "ingress.gateway.listener": /is no key/ }],
    [
        { hosts: { tracking, orchestrator: tracking }, gateway: there },
        { "ingress.hosts.orchestrator": /another system's host|needs one of its own/ },
    ],
    [{ hosts: { tracking: "10.0.0.1" } }, { "ingress.hosts.tracking": /10\.0\.0\.1 is an address/ }],
    [{ hosts: { tracking: "[fd00::1]" } }, { "ingress.hosts.tracking": /must be a host name/ }],
    [{ hosts, from: ["10.0.0.300/8"] }, { "ingress.from[0]": /must be a range of addresses/ }],
    [{ hosts, controllerLabels: { "a b": "c" } }, { 'ingress.controllerLabels["a b"]': /must be a key/ }],
];

const taken: object[] = [
    {},
    { hosts },
    { hosts, className: "nginx" },
    { hosts, className: "nginx", controller: "nginx" },
    { hosts, className: "web", controller: "traefik" },
    { className: "web" },
    { hosts, gateway: there },
    { hosts, gateway: { className: "eg", namespace: "edge" } },
    { hosts, gateway: { className: "traefik", namespace: "traefik", port: 8443 } },
    { hosts, gateway: { className: "eg" }, controllerNamespace: "edge", issuer: "public" },
    { hosts, gateway: there, from: ["10.0.0.0/8", "fd12::/64"], controllerLabels: {} },
];

describe("the way in", () => {
    for (const [ingress, wanted] of refused) {
        it(`refuses ${JSON.stringify(ingress)}`, () => {
            const found = configProblems({ profile: "dev", images, ingress });
            if (!("ingress.hosts.orchestrator" in wanted)) assert.deepEqual(Object.keys(found), Object.keys(wanted));
            for (const [key, message] of Object.entries(wanted)) {
                const told = Object.entries(found).find(([each]) => key === each || key.includes("hosts.orchestrator"));
                assert.match(told?.[1] ?? "", message, JSON.stringify(found));
            }
        });
    }

    for (const ingress of taken) {
        it(`takes ${JSON.stringify(ingress)}`, () =>
            assert.deepEqual(configProblems({ profile: "dev", images, ingress }), {}));
    }

    it("profile prod wants an issuer, but for a Gateway that has its own certificate", () => {
        const found = (ingress: object) => configProblems({ profile: "prod", images, ingress })["ingress.issuer"];
        assert.match(found({ hosts, gateway: { className: "eg", namespace: "edge" } }), /self-signed authority/);
        assert.equal(found({ hosts, gateway: there }), undefined);
    });

    it("knows whose pods pass visitors on", () => {
        const of = (ingress: object) => proxiesOf(parse({ profile: "dev", images, ingress }, "dev").ingress);
        assert.deepEqual(of({ hosts }), { namespace: "ingress-nginx", labels: {} });
        assert.deepEqual(of({ hosts, className: "traefik" }), {
            namespace: "traefik",
            labels: { "app.kubernetes.io/name": "traefik" },
        });
        assert.deepEqual(
            of({ hosts, className: "traefik", controllerNamespace: "kube-system", controllerLabels: {} }),
            {
                namespace: "kube-system",
                labels: {},
            },
        );
        assert.deepEqual(of({ hosts, gateway: there }), { namespace: "edge", labels: {} });
        assert.deepEqual(of({ hosts, gateway: there, controllerNamespace: "eg" }), { namespace: "eg", labels: {} });
    });
});
