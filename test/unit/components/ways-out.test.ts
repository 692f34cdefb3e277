import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parseAllDocuments } from "yaml";

import { closedAddresses, closedIn, isRange, rangeProblem, within } from "../../../config/addresses";
import { ConfigError } from "../../../config/errors";
import { parse } from "../../../config/parse";
import type { EtlArgs } from "../../../components/etl/args";
import { networkPolicy } from "../../../components/etl/prerequisites";
import { egressTo, EgressRule, networkOf, plainWays, toAddresses } from "../../../components/network";
import { closedAddressesStay } from "../../../policy/policies/closed-addresses";
import { repoRoot } from "../../../lib/paths";
import { violations } from "../../support/policy";

const registry = { images: { registry: "registry.example.com/data-platform" } };
const config = (raw: Record<string, unknown>) => parse({ profile: "dev", ...registry, ...raw }, "dev");

describe("addresses that nothing opens", () => {
    it("are link-local, and where clouds hand out credentials", () => {
        const metadata = ["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"];
        for (const address of [...metadata, "169.254.170.23", "fe80::a9fe:a9fe", "fd20:ce::254"])
            assert.ok(
                closedAddresses.some((cidr) => within(address, cidr)),
                address,
            );
        for (const address of ["10.0.0.1", "169.253.255.255", "100.100.100.201", "203.0.113.7", "2001:db8::1"])
            assert.ok(!closedAddresses.some((cidr) => within(address, cidr)), address);
    });

    it("are left out of a range that holds them, and a range inside of them is refused", () => {
        assert.deepEqual(closedIn("10.0.0.0/8"), []);
        assert.deepEqual(closedIn("169.0.0.0/8"), ["169.254.0.0/16"]);
        assert.deepEqual(closedIn("100.64.0.0/10"), ["100.100.100.200/32"]);
        assert.deepEqual([...closedIn("0.0.0.0/0"), ...closedIn("::/0")].sort(), [...closedAddresses].sort());
        for (const cidr of ["169.254.0.0/16", "169.254.169.254/32", "fe80::1/64", "fd00:ec2::254/128"]) {
            assert.match(rangeProblem(cidr) ?? "", /never opened/, cidr);
            assert.throws(() => toAddresses([cidr], [443]), /never opened/);
        }
    });

    it("can't be had by another way to write them", () => {
        for (const cidr of ["::ffff:169.254.169.254/128", "::ffff:a9fe:a9fe/128", "0251.0376.169.254/32", "1.2.3.4"])
            assert.equal(isRange(cidr), false, cidr);
        assert.match(rangeProblem("fe80::1%eth0/64") ?? "", /must be a range/);
        assert.match(rangeProblem("10.0.0.0/33") ?? "", /must be a range/);
        assert.match(rangeProblem("FD00:0EC2:0::0254/128") ?? "", /never opened/);
    });
});

describe("the way to the API server", () => {
    const rule = (kubernetes: Parameters<typeof networkOf>[0]) => networkOf(kubernetes).apiServer.rule as EgressRule;

    it("is any address but those, or what config says, on its ports", () => {
        const to = rule({}).to as { ipBlock: { cidr: string; except: string[] } }[];
        assert.deepEqual(
            to.map(({ ipBlock: { cidr } }) => cidr),
            ["0.0.0.0/0", "::/0"],
        );
        assert.deepEqual(to.flatMap(({ ipBlock: { except } }) => except).sort(), [...closedAddresses].sort());
        assert.deepEqual(rule({ apiServer: { cidrs: ["10.96.0.1/32", "10.0.0.5/32"], ports: [443, 8443] } }), {
            to: [{ ipBlock: { cidr: "10.96.0.1/32" } }, { ipBlock: { cidr: "10.0.0.5/32" } }],
            ports: [443, 8443].map((port) => ({ protocol: "TCP", port })),
        });
    });

    it("on Cilium is by what it is, and hosts outside by their names", () => {
        const { apiServer, outside } = networkOf({ networkPlugin: "cilium", apiServer: { ports: [6443] } });
        assert.equal(apiServer.rule, undefined);
        assert.deepEqual(apiServer.cilium, {
            egress: [{ toEntities: ["kube-apiserver"], toPorts: [{ ports: [{ port: "6443", protocol: "TCP" }] }] }],
        });
        const way = egressTo({ ...outside({ host: "git.example.com", port: 443 }), clientLabels: {} });
        assert.deepEqual(plainWays([way]), []);
        assert.match(JSON.stringify(way), /"toFQDNs":\[\{"matchName":"git.example.com"\}\]/);
        assert.match(JSON.stringify(way), /"egressDeny":\[\{"toCIDR":\["169.254.0.0\/16"/);
    });

    it("an address for a host needs no name, a name is any address for a plugin that knows none", () => {
        for (const networkPlugin of ["standard", "cilium"] as const) {
            const { outside } = networkOf({ networkPlugin });
            assert.deepEqual(outside({ host: "10.1.2.3", port: 1 }), { cidrs: ["10.1.2.3/32"], port: 1 });
            assert.deepEqual(outside({ host: "fd12::1", port: 1 }), { cidrs: ["fd12::1/128"], port: 1 });
            assert.deepEqual(outside({ host: "db", port: 1, cidrs: ["10.0.0.0/8"] }), {
                cidrs: ["10.0.0.0/8"],
                port: 1,
            });
        }
        assert.deepEqual(networkOf({}).outside({ host: "db.example.com", port: 1 }), { port: 1 });
    });

    it("config refuses what would open more, by its key, all at once", () => {
        const cidrs = ["169.254.0.0/17", "10.0.0.0/8", "300.1.1.1/8", "x"];
        assert.throws(
            () => config({ kubernetes: { apiServer: { cidrs, ports: [0] }, networkPlugin: "calico" } }),
            (error: ConfigError) => {
                const text = error.message;
                assert.match(text, /kubernetes.apiServer.cidrs\[0\] .*is inside of 169.254.0.0\/16/);
                assert.match(text, /kubernetes.apiServer.cidrs\[2\] .*must be a range/);
                assert.match(text, /kubernetes.apiServer.cidrs\[3\] .*must be a range/);
                assert.match(text, /kubernetes.apiServer.ports\[0\] .*at least 1/);
                assert.match(text, /kubernetes.networkPlugin .*"standard" or "cilium"/);
                assert.doesNotMatch(text, /cidrs\[1\]/);
                return true;
            },
        );
        assert.throws(
            () => config({ kubernetes: { apiServer: { cidrs: ["10.0.0.1/32"] }, networkPlugin: "cilium" } }),
            /kubernetes.apiServer.cidrs .*leave it out/,
        );
        for (const key of ["database", "ingress"]) {
            const inner = { cidrs: ["169.254.169.254/32"] };
            const raw = key === "database" ? { kind: "external", external: { host: "db", ...inner } } : inner;
            assert.throws(() => config({ [key]: raw }), /cidrs\[0\] .*never opened/);
        }
    });
});

describe("a workload's own ways out", () => {
    const policy = (cidr: string) =>
        networkPolicy("ingest", { egress: [{ cidr, port: 443 }] } as EtlArgs, {
            env: {},
            volumes: [],
            secrets: [],
            peers: [],
            dependsOn: [],
        });

    it("leave out what nothing opens, and are refused where nothing is left", () => {
        assert.deepEqual(policy("169.0.0.0/8").egress, [
            {
                to: [{ ipBlock: { cidr: "169.0.0.0/8", except: ["169.254.0.0/16"] } }],
                ports: [{ protocol: "TCP", port: 443 }],
            },
        ]);
        assert.throws(() => policy("169.254.170.2/32"), /a range of addresses to open: .*never opened/);
    });
});

describe("every policy of every stack, as rendered", () => {
    interface Policy {
        kind?: string;
        metadata: { name: string; namespace: string };
        spec: { egress?: { to?: { ipBlock?: { except?: string[] } }[] }[] };
    }
    const type = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
    const said = (policy: object) =>
        violations(closedAddressesStay, { type, props: policy as Record<string, unknown> });
    const all = globSync(join(repoRoot, "test/golden/*/*/NetworkPolicy.*.yaml")).flatMap((file) =>
        parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Policy),
    );
    const open = ({ spec }: Policy) =>
        (spec.egress ?? []).filter(({ to }) => (to ?? []).some(({ ipBlock }) => ipBlock !== undefined));

    it("opens none of them", async () => {
        assert.ok(all.length > 200, `only ${all.length} policies were looked at`);
        assert.ok(all.flatMap(open).length >= 50, "what opens addresses wasn't looked at");
        for (const policy of all)
            assert.deepEqual(await said(policy), [], `${policy.metadata.namespace}/${policy.metadata.name}`);
    });

    it("would be found: each that opens addresses, once it leaves nothing out, or names ports only", async () => {
        for (const policy of all.filter((each) => open(each).length > 0)) {
            const wide = structuredClone(policy);
            for (const { ipBlock } of open(wide).flatMap(({ to }) => to ?? [])) delete ipBlock?.except;
            assert.match((await said(wide)).join(), /opens 169.254.0.0\/16, .*opens fe80::\/10/, policy.metadata.name);
            const ports = structuredClone(policy);
            for (const rule of open(ports)) delete rule.to;
            assert.match((await said(ports)).join(), /names ports only/, policy.metadata.name);
        }
    });
});
