import assert from "node:assert/strict";

import { pluginProblems } from "../../../../components/preflight";
import { apiServerFacts, apiServerFindings, proofFindings, proposed } from "../../../../operations/doctor/network";
import { config, levels, object } from "../../../support/doctor";

describe("doctor: the way to the API server", () => {
    const service = object("Service", "kubernetes", {
        spec: {
            clusterIP: "10.96.0.1",
            clusterIPs: ["10.96.0.1", "fd12::1"],
            ports: [{ port: 443, targetPort: 6443 }],
        },
    });
    const slices = [
        object("EndpointSlice", "kubernetes", {
            endpoints: [{ addresses: ["192.168.1.10"] }, { addresses: ["192.168.1.11"] }],
            ports: [{ name: "https", port: 6443 }],
        }),
    ];
    const facts = apiServerFacts(service, slices);
    const all = ["10.96.0.1/32", "fd12::1/128", "192.168.1.10/32", "192.168.1.11/32"];
    const found = (kubernetes: object) => apiServerFindings("dev", config({ kubernetes }), facts);

    it("is proposed: the Service's own addresses and those behind it, before and after translation", () => {
        assert.deepEqual(proposed(facts), { cidrs: all, ports: [443, 6443] });
        const [open] = found({});
        assert.deepEqual(levels([open]), ["DP-NETWORK-001 info"]);
        for (const cidr of all)
            assert.match(open.fix ?? "", new RegExp(`'data-platform:kubernetes.apiServer.cidrs\\[\\d\\]' ${cidr}`));
    });

    it("is well when config holds all of it, by ranges too", () => {
        assert.deepEqual(levels(found({ apiServer: { cidrs: all } })), ["DP-NETWORK-001 passed"]);
        const ranges = ["10.96.0.0/12", "fd12::/64", "192.168.1.0/24"];
        assert.deepEqual(levels(found({ apiServer: { cidrs: ranges } })), ["DP-NETWORK-001 passed"]);
        assert.deepEqual(levels(found({ networkPlugin: "cilium" })), ["DP-NETWORK-001 passed"]);
    });

    it("is an error when one side of the translation is missing, or a port", () => {
        const [behind] = found({ apiServer: { cidrs: ["10.96.0.1/32", "fd12::1/128"] } });
        assert.equal(behind.level, "error");
        assert.match(behind.message, /doesn't hold 192.168.1.10 \(behind it\)\n.*192.168.1.11/);
        assert.match(found({ apiServer: { cidrs: all.slice(1) } })[0].message, /10.96.0.1 \(the Service's own\)/);
        const [port] = found({ apiServer: { cidrs: all, ports: [6443] } });
        assert.match(port.message, /ports doesn't hold 443 \(the Service's own\)/);
        assert.match(found({ networkPlugin: "cilium", apiServer: { ports: [443] } })[0].message, /6443 \(behind it\)/);
    });

    it("isn't guessed where the cluster doesn't say it whole", () => {
        const narrow = config({ kubernetes: { apiServer: { cidrs: all } } });
        for (const known of [
            apiServerFacts(undefined, []),
            apiServerFacts(service, []),
            apiServerFacts(undefined, slices),
        ]) {
            assert.deepEqual(levels(apiServerFindings("dev", config(), known)), ["DP-NETWORK-001 info"]);
            assert.deepEqual(levels(apiServerFindings("dev", narrow, known)), ["DP-NETWORK-001 warning"]);
        }
    });

    it("on a port that no default opens is told to whoever has said nothing", () => {
        const microk8s = facts.map((each) => (each.port === 6443 ? { ...each, port: 16443 } : each));
        const [found] = apiServerFindings("dev", config(), microk8s);
        assert.deepEqual([found.level, /ports doesn't hold 16443/.test(found.message)], ["warning", true]);
    });

    it("a pod that didn't get there contradicts whatever looks right", () => {
        const job = (type: string) =>
            object("Job", "api-server-check-1", { status: { conditions: [{ type, status: "True" }] } });
        const pod = object("Pod", "api-server-check-1-x", {
            status: { containerStatuses: [{ state: { terminated: { message: "no pod gets to the API server\n" } } }] },
        });
        assert.deepEqual(levels(proofFindings("dev-jobs", [job("Complete")], [])), ["DP-NETWORK-002 passed"]);
        const [failed] = proofFindings("dev-jobs", [job("Failed")], [pod]);
        assert.deepEqual([failed.level, failed.message], ["error", "no pod gets to the API server"]);
        assert.match(
            failed.fix ?? "",
            /^kubectl logs --namespace dev-jobs --selector app.kubernetes.io\/name=api-server-check$/,
        );
        assert.deepEqual(proofFindings("dev-jobs", [], []), []);
    });
});

describe("the network plugin", () => {
    it("has to be said where Cilium may be in force, and is refused where it can't be", () => {
        const problems = (kubernetes: object, cilium?: boolean) => pluginProblems(config({ kubernetes }), { cilium });
        assert.match(problems({}, true)[0].message, /set it to cilium, or to standard/);
        assert.match(problems({ networkPlugin: "cilium" }, false)[0].message, /doesn't know CiliumNetworkPolicies/);
        for (const networkPlugin of ["cilium", "standard"]) assert.deepEqual(problems({ networkPlugin }, true), []);
        for (const known of [undefined, false]) assert.deepEqual(problems({}, known), []);
        assert.deepEqual(problems({ networkPlugin: "cilium" }), []);
    });
});
