import assert from "node:assert/strict";

import { dnsCaches, DnsFacts, dnsFindings, dnsPorts, dnsServices } from "../../../../operations/doctor/dns";
import { ingressFindings } from "../../../../operations/doctor/ingress";
import { architectureFindings, podSecurityFindings, podUserFindings } from "../../../../operations/doctor/machines";
import { enforcementFindings, pluginFacts } from "../../../../operations/doctor/network-plugin";
import type { KubeObject } from "../../../../kubernetes/client";
import { config, levels, object } from "../../../support/doctor";

const ports = [
    { name: "dns", port: 53, protocol: "UDP" },
    { name: "dns-tcp", port: 53, protocol: "TCP" },
    { name: "metrics", port: 9153, protocol: "TCP" },
];
const usual: DnsFacts["servers"][number] = {
    service: "kube-dns",
    namespace: "kube-system",
    selector: { "k8s-app": "kube-dns" },
    pods: [{ "k8s-app": "kube-dns", hash: "1" }],
    ports: [53],
};
const cache: DnsFacts["caches"][number] = {
    namespace: "kube-system",
    labels: { "k8s-app": "node-local-dns" },
    addresses: ["169.254.20.10", "10.96.0.10"],
};

describe("doctor: the cluster's DNS", () => {
    const look = (kubernetes: object, servers: DnsFacts["servers"], caches: DnsFacts["caches"] = []) =>
        dnsFindings("dev", config({ kubernetes }), { servers, caches });

    it("passes where the config has it, and says where it looked for none", () => {
        assert.deepEqual(levels(look({}, [usual])), ["DP-NETWORK-004 passed"]);
        assert.deepEqual(levels(look({}, [])), ["DP-NETWORK-004 info"]);
        const addresses = [...cache.addresses];
        assert.deepEqual(levels(look({ dns: { addresses } }, [usual], [cache])), ["DP-NETWORK-004 passed"]);
    });

    it("counter-proof: other pods, another port, a cache; by its pods on Cilium", () => {
        const others = { ...usual, namespace: "openshift-dns", selector: { dns: "default" }, pods: [], ports: [5353] };
        const [one] = look({}, [others], [cache]);
        assert.equal(one.level, "error");
        assert.match(one.message, /pods has none of .*openshift-dns\/kube-dns/);
        assert.match(one.message, /ports doesn't hold 5353/);
        assert.match(one.message, /addresses doesn't hold .*169.254.20.10, 10.96.0.10/);
        const [cilium] = look({ networkPlugin: "cilium" }, [usual], [cache]);
        assert.match(cilium.message, /pods has not the node's cache/);
        assert.match(cilium.fix ?? "", /pods\[1\].labels\["k8s-app"\]' node-local-dns/);
        const pods = [usual.selector, cache.labels].map((labels) => ({ namespace: "kube-system", labels }));
        assert.deepEqual(levels(look({ networkPlugin: "cilium", dns: { pods } }, [usual], [cache])), [
            "DP-NETWORK-004 passed",
        ]);
    });

    it("reads Services, slices and DaemonSets", () => {
        const service = object("Service", "rke2-coredns-rke2-coredns", { spec: { ports } }, "kube-system");
        const other = object("Service", "metrics-server", { spec: { ports } }, "kube-system");
        assert.deepEqual(dnsServices([service, other]), [service]);
        const slice = {
            ...object("EndpointSlice", "x"),
            metadata: { name: "x", labels: { "kubernetes.io/service-name": service.metadata.name } },
            ports: ports.map((port) => ({ ...port, port: port.port + 5300 })),
        };
        assert.deepEqual(dnsPorts(service, [slice]), [5353]);
        for (const args of [["-localip", "169.254.20.10,10.0.0.10"], ["-localip=169.254.20.10,10.0.0.10"]]) {
            const template = { metadata: { labels: cache.labels }, spec: { containers: [{ args }] } };
            const found = dnsCaches([object("DaemonSet", "nodelocaldns", { spec: { template } }, "kube-system")]);
            assert.deepEqual(found[0].addresses, ["169.254.20.10", "10.0.0.10"]);
        }
    });
});

describe("doctor: who enforces NetworkPolicies", () => {
    const daemonSet = (name: string, container: object = {}) =>
        object("DaemonSet", name, { spec: { template: { spec: { containers: [container] } } } }, "kube-system");
    const look = (...names: [string, object?][]) =>
        enforcementFindings(
            pluginFacts(
                names.map(([name, container]) => daemonSet(name, container)),
                [],
            ),
        );

    it("knows those that do", () => {
        for (const each of [
            ...["calico-node", "cilium", "anetd", "ovnkube-node", "antrea-agent"].map((name): [string] => [name]),
            ["kindnet", { image: "docker.io/kindest/kindnetd:v20250512-df8de77b" }] as [string, object],
            ["aws-node", { args: ["--enable-network-policy=true"] }] as [string, object],
        ])
            assert.deepEqual(levels(look(each)), ["DP-NETWORK-005 passed"], each[0]);
        const k3s = object("Node", "a", { status: { nodeInfo: { kubeletVersion: "v1.34.2+k3s1" } } });
        assert.deepEqual(levels(enforcementFindings(pluginFacts([], [k3s]))), ["DP-NETWORK-005 passed"]);
    });

    it("counter-proof: those that don't, by themselves or by their settings", () => {
        for (const each of [
            ["kube-flannel-ds"] as [string],
            ["kindnet", { image: "docker.io/kindest/kindnetd:v20230511-dc714da8" }] as [string, object],
            ["aws-node", { args: ["--enable-network-policy=false"] }] as [string, object],
        ])
            assert.deepEqual(levels(look(each)), ["DP-NETWORK-005 warning"], each[0]);
        assert.deepEqual(levels(look(["fluentd"])), ["DP-NETWORK-005 info"]);
        assert.deepEqual(levels(look(["kube-flannel-ds"], ["calico-node"])), ["DP-NETWORK-005 passed"]);
    });
});

describe("doctor: nodes and pods of other kinds", () => {
    const node = (name: string, architecture?: string) => ({
        ...object("Node", name),
        metadata: { name, labels: { "kubernetes.io/arch": architecture ?? "" } },
        status: architecture ? { nodeInfo: { architecture } } : {},
    });

    it("architectures: the usual one, or the one that was chosen", () => {
        assert.deepEqual(levels(architectureFindings("dev", config(), [node("a", "amd64")])), [
            "DP-CLUSTER-007 passed",
            "DP-CLUSTER-007 passed",
        ]);
        const nodes = [node("a", "amd64"), node("b", "arm64")];
        const found = architectureFindings("dev", config(), nodes);
        assert.deepEqual(levels(found), ["DP-CLUSTER-007 warning", "DP-CLUSTER-007 warning"]);
        assert.match(found[0].fix ?? "", /scheduling.platform.nodeSelector\["kubernetes.io\/arch"\]' amd64/);
        const arm = [node("b", "arm64")];
        assert.match(
            architectureFindings("dev", config(), arm)[0].fix ?? "",
            /images\.platforms\[0\]' linux\/arm64 .*make images STACK=dev PUSH=1/,
        );
        assert.match(
            architectureFindings("dev", config(), [node("c", "s390x")])[0].fix ?? "",
            /nodes of amd64 or arm64/,
        );
        const platforms = (...all: string[]) =>
            config({ images: { registry: "registry.example.com/data-platform", platforms: all } });
        const passes = ["DP-CLUSTER-007 passed", "DP-CLUSTER-007 passed"];
        assert.deepEqual(levels(architectureFindings("dev", platforms("linux/arm64"), arm)), passes);
        assert.deepEqual(levels(architectureFindings("dev", platforms("linux/amd64", "linux/arm64"), nodes)), passes);
        assert.match(
            architectureFindings("dev", platforms("linux/arm64"), nodes)[0].fix ?? "",
            /nodeSelector.* arm64 /,
        );
        assert.deepEqual(architectureFindings("dev", config(), [node("a")]), []);
        const nodeSelector = { "kubernetes.io/arch": "arm64" };
        const chosen = config({ scheduling: { platform: { nodeSelector }, batch: { nodeSelector } } });
        assert.deepEqual(levels(architectureFindings("dev", chosen, nodes)), [
            "DP-CLUSTER-007 passed",
            "DP-CLUSTER-007 passed",
        ]);
    });

    it("users of pods: as the cluster wants it, or not", () => {
        const look = (podUser: string, assigns: boolean) =>
            levels(podUserFindings("dev", config({ kubernetes: { podUser } }), assigns)).join();
        assert.equal(look("fixed", false), "DP-CLUSTER-008 passed");
        assert.equal(look("assigned", true), "DP-CLUSTER-008 passed");
        assert.equal(look("fixed", true), "DP-CLUSTER-008 error");
        assert.equal(look("assigned", false), "DP-CLUSTER-008 warning");
    });

    it("Pod Security: refused is well", () => {
        const look = (tried: Parameters<typeof podSecurityFindings>[1]) =>
            podSecurityFindings("dev-jobs", tried)[0].level;
        assert.deepEqual([look("refused"), look("not tried"), look("admitted")], ["passed", "info", "warning"]);
    });

    const hosts = { tracking: "mlflow.example.com" };
    const ingressClass = (name: string, controller: string, isDefault = false) => {
        const found = object("IngressClass", name, { spec: { controller } });
        if (isDefault) found.metadata.annotations = { "ingressclass.kubernetes.io/is-default-class": "true" };
        return found;
    };
    const nginx = "k8s.io/ingress-nginx";

    it("Ingresses: a default class will do, and addresses in a controller's place", () => {
        const usual = ingressClass("web", nginx, true);
        const look = (ingress: object, classes = [usual], pods = [object("Pod", "x")]) =>
            ingressFindings("dev", config({ ingress }), { classes, pods }).map(({ level }) => level);
        assert.deepEqual(look({}), []);
        assert.deepEqual(look({ hosts }), ["passed", "info", "passed"]);
        assert.deepEqual(look({ hosts, className: "nginx" }), ["error", "passed"]);
        assert.deepEqual(look({ hosts }, []), ["error", "passed"]);
        assert.deepEqual(look({ hosts }, [usual], []), ["passed", "info", "warning"]);
        assert.deepEqual(look({ hosts, from: ["10.0.0.0/16"] }, [usual], []), ["passed", "info", "passed"]);
    });

    it("Ingresses: the class belongs to the controller that is told how to speak TLS", () => {
        const look = (ingress: object, each: KubeObject) =>
            ingressFindings("dev", config({ ingress: { hosts, ...ingress } }), { classes: [each], pods: [] })[1];
        const traefik = "traefik.io/ingress-controller";
        assert.equal(look({ className: "traefik" }, ingressClass("traefik", traefik)).level, "passed");
        const contour = ingressClass("contour", "projectcontour.io/projectcontour/contour");
        assert.equal(look({ className: "contour" }, contour).level, "passed");
        const wrong = look({}, ingressClass("web", traefik, true));
        assert.equal(wrong.level, "error");
        assert.match(wrong.message, /the class web is of traefik.io.*tell ingress-nginx.*in the clear/);
        assert.match(wrong.fix ?? "", /ingress\.controller' traefik$/);
        const f5 = look({ className: "nginx" }, ingressClass("nginx", "nginx.org/ingress-controller"));
        assert.match(f5.fix ?? "", /ingress\.controller' nginx$/);
        const unknown = look({ className: "nginx" }, ingressClass("nginx", "example.com/other"));
        assert.match(unknown.fix ?? "", /ingress\.gateway/);
    });

    it("Ingresses: pods with the labels that the policies let in", () => {
        const pod = object("Pod", "x");
        pod.metadata.labels = { "app.kubernetes.io/name": "traefik" };
        const look = (pods: KubeObject[]) =>
            ingressFindings("dev", config({ ingress: { hosts, className: "traefik" } }), { classes: [], pods })[1];
        assert.equal(look([object("Pod", "y"), pod]).level, "passed");
        const none = look([object("Pod", "y")]);
        assert.equal(none.level, "warning");
        assert.match(none.message, /traefik has no pods with app.kubernetes.io\/name=traefik.*1 without/);
    });
});
