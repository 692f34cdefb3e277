import assert from "node:assert/strict";

import { clusterValues, dnsOfCluster, onCluster } from "../../../components/cluster-settings";
import { dnsEgress, egressTo, networkOf } from "../../../components/network";
import { parse } from "../../../config/parse";
import type { KubernetesConfig } from "../../../config/sections/kubernetes";
import { closedAddressesStay } from "../../../policy/policies/closed-addresses";
import { violations } from "../../support/policy";

const registry = { images: { registry: "registry.example.com/data-platform" } };
const config = (kubernetes: object, ingress: object = {}) =>
    parse({ profile: "dev", ...registry, kubernetes, ingress }, "dev");
const openShift = {
    pods: [{ namespace: "openshift-dns", labels: { "dns.operator.openshift.io/daemonset-dns": "default" } }],
    ports: [5353],
};
const rules = (dns?: KubernetesConfig["dns"]) => {
    onCluster({ dns });
    return dnsEgress(dnsOfCluster()) as { to: { ipBlock?: { cidr: string } }[]; ports: object[] }[];
};
const lookUps = (port: number) => ["UDP", "TCP"].map((protocol) => ({ protocol, port }));

describe("the cluster's DNS", () => {
    afterEach(() => onCluster({}));

    it("is that of most clusters, which no chart is told of", () => {
        assert.deepEqual(rules(), [
            {
                to: [
                    {
                        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
                        podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
                    },
                ],
                ports: lookUps(53),
            },
        ]);
        assert.deepEqual(clusterValues(), {});
    });

    it("is where the config says, on its pods' ports; charts have the same rules", () => {
        const found = rules(config({ dns: openShift }).kubernetes.dns);
        assert.deepEqual(found, [
            {
                to: [
                    {
                        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "openshift-dns" } },
                        podSelector: { matchLabels: openShift.pods[0].labels },
                    },
                ],
                ports: lookUps(5353),
            },
        ]);
        assert.deepEqual(clusterValues(), { dns: found });
    });

    it("may be several pods, and a node's cache, whose port is resolvers' own whatever that of the pods", async () => {
        const pods = ["kube-dns", "node-local-dns"].map((app) => ({
            namespace: "kube-system",
            labels: { "k8s-app": app },
        }));
        const addresses = ["169.254.20.10", "fd00::10"];
        const found = rules(config({ dns: { pods, ports: [53, 1053], addresses } }).kubernetes.dns);
        assert.equal(found[0].to.length, 2);
        assert.deepEqual(found[0].ports, [...lookUps(53), ...lookUps(1053)]);
        assert.deepEqual(found[1], {
            to: [{ ipBlock: { cidr: "169.254.20.10/32" } }, { ipBlock: { cidr: "fd00::10/128" } }],
            ports: lookUps(53),
        });
        const policy = { type: "kubernetes:networking.k8s.io/v1:NetworkPolicy", props: { spec: { egress: found } } };
        assert.deepEqual(await violations(closedAddressesStay, policy), []);
    });

    it("is where Cilium learns the addresses of names", () => {
        const { kubernetes } = config({ networkPlugin: "cilium", dns: openShift });
        const at = networkOf(kubernetes).outside({ host: "git.example.com", port: 443 });
        const text = JSON.stringify(egressTo({ ...at, clientLabels: {} }));
        assert.match(text, /"k8s:io.kubernetes.pod.namespace":"openshift-dns"/);
        assert.match(text, /"k8s:dns.operator.openshift.io\/daemonset-dns":"default"/);
        assert.match(text, /"port":"5353","protocol":"ANY"/);
    });

    it("counter-proof: config refuses a cloud's metadata, a range, every pod of a namespace, and addresses on Cilium", () => {
        const refused: Record<string, [object, RegExp]> = {
            metadata: [{ addresses: ["169.254.169.254"] }, /dns.addresses\[0\] .*never opened; .*NodeLocal DNSCache/],
            "ECS' credentials": [{ addresses: ["169.254.170.2"] }, /never opened/],
            Azure: [{ addresses: ["168.63.129.16"] }, /never opened/],
            AWS: [{ addresses: ["fd00:ec2::253"] }, /never opened/],
            range: [{ addresses: ["169.254.20.10/32"] }, /must be an address such as .*without its bits/],
            name: [{ addresses: ["kube-dns.kube-system"] }, /must be an address/],
            "no label": [
                { pods: [{ namespace: "openshift-dns", labels: {} }] },
                /dns.pods\[0\].labels .*must have a label/,
            ],
            "no pods": [{ pods: [] }, /dns.pods/],
            port: [{ ports: [0] }, /dns.ports\[0\]/],
        };
        for (const [what, [dns, message]] of Object.entries(refused))
            assert.throws(() => config({ dns }), message, what);
        assert.throws(
            () => config({ networkPlugin: "cilium", dns: { addresses: ["169.254.20.10"] } }),
            /kubernetes.dns.addresses .*leave it out, and name those in kubernetes.dns.pods/,
        );
    });
});

describe("addresses that visitors come from", () => {
    it("are ranges of either family, and never those that nothing opens", () => {
        const from = ["10.0.0.0/16", "2001:db8:1::/64"];
        assert.deepEqual(config({}, { from }).ingress.from, from);
        assert.throws(
            () => config({}, { from: ["169.254.0.0/17", "alb.example.com"] }),
            (error: Error) => {
                assert.match(error.message, /ingress.from\[0\] .*never opened/);
                assert.match(error.message, /ingress.from\[1\] .*must be a range/);
                return true;
            },
        );
    });
});
