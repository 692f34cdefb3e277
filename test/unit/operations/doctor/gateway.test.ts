import assert from "node:assert/strict";

import type { KubeObject } from "../../../../kubernetes/client";
import { GatewayFacts, gatewayFindings } from "../../../../operations/doctor/gateway";
import { config, levels, object } from "../../../support/doctor";

const group = "gateway.networking.k8s.io";
const definition = (plural: string, version: string, bundle: string): KubeObject => {
    const made = object("CustomResourceDefinition", `${plural}.${group}`, {
        spec: { versions: [{ name: version, served: true }] },
    });
    made.metadata.annotations = { [`${group}/bundle-version`]: bundle };
    return made;
};
const plurals = ["gateways", "httproutes", "backendtlspolicies"];
const status = (conditions: Record<string, string>, more: object = {}) => ({
    status: {
        conditions: Object.entries(conditions).map(([type, value]) => ({ type, status: value, message: "why" })),
        ...more,
    },
});
const well = { Accepted: "True", Programmed: "True" };
const listener = {
    name: "https",
    protocol: "HTTPS",
    hostname: "*.example.com",
    allowedRoutes: { namespaces: { from: "All" } },
};
const shared = (more: object = {}, conditions: Record<string, string> = well) =>
    object("Gateway", "shared", { spec: { listeners: [{ ...listener, ...more }] }, ...status(conditions) }, "edge");
const facts = (more: Partial<GatewayFacts> = {}): GatewayFacts => ({
    definitions: plurals.map((plural) => definition(plural, "v1", "v1.6.0")),
    classes: [object("GatewayClass", "eg", status({ Accepted: "True" }))],
    gateways: [shared()],
    namespaces: [object("Namespace", "edge")],
    ...more,
});
const hosts = { tracking: "mlflow.example.com" };
const there = { name: "shared", namespace: "edge", sectionName: "https" };

describe("doctor: the Gateway API", () => {
    const look = (gateway: { namespace?: string; className?: string; name?: string }, more?: Partial<GatewayFacts>) => {
        const whole = config({ ingress: { hosts, gateway } });
        return gatewayFindings("dev", whole, whole.ingress.gateway ?? {}, facts(more));
    };
    const own = { className: "eg", namespace: "edge" };
    const bad = (found: ReturnType<typeof look>) => found.filter(({ level }) => level !== "passed");

    it("passes where all is there", () => {
        assert.deepEqual(bad(look(own)), []);
        assert.deepEqual(levels(look(there)), [
            "DP-NETWORK-007 passed",
            "DP-NETWORK-007 passed",
            "DP-NETWORK-007 passed",
        ]);
    });

    it("without the API, or before 1.4, nothing else is asked", () => {
        const old = plurals.map((plural) =>
            definition(plural, plural === "backendtlspolicies" ? "v1alpha3" : "v1", "v1.3.0"),
        );
        const [found, ...more] = look(own, { definitions: old });
        assert.equal(more.length, 0);
        assert.match(found.message, /has v1\.3\.0, without backendtlspolicies in v1, which come with 1\.4/);
        assert.match(look(there, { definitions: [] })[0].message, /has none of it/);
    });

    it("the class: there, accepted, and able to speak TLS to what is behind it", () => {
        const classes = (...each: KubeObject[]) => bad(look(own, { classes: each }));
        assert.match(classes()[0].message, /"eg" is no GatewayClass of the cluster; there are none/);
        assert.match(
            classes(object("GatewayClass", "eg", status({ Accepted: "False" })))[0].message,
            /accepted .*: why/,
        );
        assert.match(classes(object("GatewayClass", "eg"))[0].message, /controller isn't running/);
        const some = (...names: string[]) =>
            object("GatewayClass", "eg", status(well, { supportedFeatures: names.map((name) => ({ name })) }));
        assert.match(classes(some("Gateway", "HTTPRoute"))[0].message, /doesn't say that it knows BackendTLSPolicy/);
        assert.deepEqual(classes(some("Gateway", "BackendTLSPolicy")), []);
    });

    it("one of the stack's own: its namespace, and what has become of it", () => {
        assert.match(bad(look(own, { namespaces: [] }))[0].message, /"edge" is no namespace of the cluster/);
        const made = object("Gateway", "dev-ingress", status({ Accepted: "True", Programmed: "False" }), "edge");
        assert.match(bad(look(own, { gateways: [made] }))[0].message, /isn't programmed: why/);
    });

    it("one that is there: its listener takes the stack's routes, by HTTPS, for its hosts", () => {
        const gateways = (...each: KubeObject[]) => bad(look(there, { gateways: each }));
        assert.match(gateways()[0].message, /no Gateway edge\/shared; there are none/);
        assert.match(gateways(shared({}, { Accepted: "True" }))[0].message, /isn't programmed: its controller/);
        for (const [more, message] of [
            [{ name: "web" }, /no listener "https"; there are web/],
            [{ protocol: "HTTP" }, /is for HTTP: passwords would go in the clear/],
            [{ allowedRoutes: undefined }, /takes routes of its own namespace only/],
            [{ hostname: "*.example.org" }, /is for \*\.example\.org, and not for mlflow\.example\.com/],
        ] as const)
            assert.match(gateways(shared(more))[0].message, message);
        assert.deepEqual(gateways(shared({ hostname: undefined })), []);
        assert.deepEqual(gateways(shared({ hostname: "mlflow.example.com" })), []);
    });
});
