import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { accessFindings, escalationFindings } from "../../../../operations/doctor/access";
import {
    beyond,
    boundRoles,
    lacking,
    type May,
    rightsFor,
    rolesIn,
    rulesOf,
} from "../../../../operations/doctor/rights";
import {
    chartFindings,
    definitionSourceFindings,
    imageFindings,
    listed,
    type Probe,
    probeCharts,
} from "../../../../operations/doctor/sources";
import type { Manifest } from "../../../../kubernetes/objects";
import { levels } from "../../../support/doctor";

const manifest = (apiVersion: string, kind: string, namespace?: string, rest = {}): Manifest => ({
    ...{ apiVersion, kind, metadata: { name: "x", ...(namespace ? { namespace } : {}) } },
    ...rest,
});

describe("doctor: rights", () => {
    const manifests = [
        manifest("v1", "Namespace"),
        manifest("apps/v1", "Deployment", "dev-jobs"),
        manifest("apps/v1", "Deployment", "dev-storage"),
        manifest("networking.k8s.io/v1", "NetworkPolicy", "dev-jobs"),
        manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ];
    const rights = rightsFor(manifests, [{ namespace: "dev-storage" }], (_, kind) =>
        kind === "NetworkPolicy" ? undefined : { plural: `${kind.toLowerCase()}s`, namespaced: kind === "Deployment" },
    );
    const of = (resource: string, namespace?: string) =>
        rights.find((each) => each.resource === resource && each.namespace === namespace);

    it("come out of what the stack makes, what is watched until it is ready, and Helm's records", () => {
        assert.deepEqual(of("namespaces")?.verbs, ["get", "list", "watch", "create", "patch", "delete"]);
        assert.ok(of("deployments", "dev-jobs") && of("deployments", "dev-storage"));
        assert.deepEqual(of("pods", "dev-jobs")?.verbs, ["get", "list", "watch"]);
        assert.deepEqual(of("secrets", "dev-storage")?.verbs, ["get", "list", "create", "update", "delete"]);
        assert.ok(of("networkpolicies", "dev-jobs"), "a kind that the server doesn't know yet");
        assert.ok(!of("customresourcedefinitions")?.verbs.includes("delete"), "definitions stay");
    });

    /** An account that has some verbs, and how often it was asked. */
    const account = (allow: (question: Parameters<May>[0]) => boolean) => {
        const asked: string[] = [];
        const may: May = (question) => {
            asked.push(JSON.stringify(question));
            return Promise.resolve(allow(question));
        };
        return { may, asked };
    };

    it("are asked for once where all is allowed", async () => {
        const { may, asked } = account(() => true);
        assert.deepEqual(await lacking(rights, may), []);
        assert.equal(asked.length, 1);
    });

    it("that are lacking are named, and nothing is asked twice", async () => {
        const { may, asked } = account(({ resource, verb, namespace }) =>
            resource === "deployments"
                ? namespace === "dev-jobs" || verb === "get"
                : resource !== "namespaces" && verb !== "*",
        );
        const missing = await lacking(rights, may);
        assert.deepEqual(
            missing.map(({ resource, namespace, verbs }) => [resource, namespace, verbs.length]),
            [
                ["namespaces", undefined, 6],
                ["deployments", "dev-storage", 5],
            ],
        );
        assert.equal(new Set(asked).size, asked.length);
        const [one] = accessFindings("dev", { username: "system:serviceaccount:ci:deployer" }, rights, missing);
        assert.equal(one.level, "error");
        assert.match(
            one.message,
            /deployer may not\nget, .*delete namespaces on the cluster\n.*deployments\.apps in dev-storage/,
        );
        assert.match(one.fix ?? "", /^kubectl create clusterrolebinding .*--serviceaccount=ci:deployer /);
        assert.deepEqual(levels(accessFindings("dev", { username: "x" }, rights, [])), ["DP-ACCESS-001 passed"]);
    });

    it("to grant: what a role has beyond the account's own", () => {
        const had = rulesOf([
            { apiGroups: ["apps"], resources: ["*"], verbs: ["*"] },
            { apiGroups: [""], resources: ["secrets"], verbs: ["get"], resourceNames: ["one"] },
            { nonResourceURLs: ["/healthz*"], verbs: ["get"] },
        ]);
        const wanted = (rule: object) => beyond(rulesOf([rule]), had);
        assert.deepEqual(wanted({ apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"] }), []);
        assert.deepEqual(wanted({ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }), ["get secrets"]);
        assert.deepEqual(
            wanted({ apiGroups: [""], resources: ["secrets"], verbs: ["get"], resourceNames: ["one"] }),
            [],
        );
        assert.deepEqual(wanted({ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }), ["* *.*"]);
        assert.deepEqual(wanted({ nonResourceURLs: ["/healthz/x", "/metrics"], verbs: ["get"] }), ["get /metrics"]);
        const role = manifest("rbac.authorization.k8s.io/v1", "Role", "dev-jobs", { rules: [] });
        assert.deepEqual(
            rolesIn([role, ...manifests]).map(({ name }) => name),
            ["Role dev-jobs/x"],
        );
        const binding = (kind: string, name: string, namespace?: string) =>
            manifest("rbac.authorization.k8s.io/v1", "RoleBinding", namespace, { roleRef: { kind, name } });
        const bindings = [role, binding("Role", "x", "dev-jobs"), binding("ClusterRole", "edit", "dev-jobs")];
        assert.deepEqual(boundRoles(bindings), [{ kind: "ClusterRole", name: "edit", namespace: "dev-jobs" }]);
        const who = { username: "u" };
        const found = escalationFindings("dev", who, [{ name: "ClusterRole x", lacks: ["get secrets"] }]);
        assert.deepEqual(levels(found), ["DP-ACCESS-002 error"]);
        assert.match(found[0].fix ?? "", /--user='u'/);
        assert.deepEqual(levels(escalationFindings("dev", who, [{ name: "x", lacks: [] }])), ["DP-ACCESS-002 passed"]);
    });
});

describe("doctor: charts, definitions and images", () => {
    const probe = (what: string, found: Probe["found"], address = "quay.io"): Probe => ({ what, address, found });

    it("that an update fetches itself are errors when they can't be had from here", () => {
        const charts = [
            probe("the chart a 1.0.0", "there"),
            probe("the chart b 1.0.0", "away", "https://b.example.com"),
        ];
        const [one, ...more] = chartFindings("dev", charts, { airflow: "https://b.example.com" });
        assert.deepEqual([one.id, one.level, more.length], ["DP-SOURCE-001", "error", 0]);
        assert.match(
            one.fix ?? "",
            /^pulumi config set --stack dev --path 'data-platform:charts\.airflow' oci:\/\/<your mirror>\/b$/,
        );
        assert.deepEqual(levels(chartFindings("dev", [probe("c", "closed")], {})), ["DP-SOURCE-001 info"]);
        assert.deepEqual(levels(chartFindings("dev", [], {})), ["DP-SOURCE-001 passed"]);
        const crds = ["1", "2", "3"].map((part) => probe("crds.keda", "away", `https://x/${part}`));
        assert.match(definitionSourceFindings("dev", crds)[0].message, /and 2 more addresses/);
        assert.equal(definitionSourceFindings("dev", crds).length, 1);
    });

    it("images: upstream's missing is an error, ours a warning, and away too, because the nodes may reach it", () => {
        const ours = (image: string) => image.startsWith("registry.example.com/");
        const [own] = imageFindings("dev", [probe("registry.example.com/x:1", "missing")], ours);
        assert.deepEqual([own.level, own.fix], ["warning", "make images STACK=dev PUSH=1"]);
        assert.deepEqual(levels(imageFindings("dev", [probe("quay.io/x:1", "missing")], ours)), [
            "DP-SOURCE-003 error",
        ]);
        const away = imageFindings("dev", [probe("quay.io/a:1", "away"), probe("quay.io/b:1", "away")], ours);
        assert.deepEqual(levels(away), ["DP-SOURCE-003 warning"]);
        assert.match(away[0].message, /quay\.io\/a:1, quay\.io\/b:1/);
        assert.deepEqual(levels(imageFindings("dev", [probe("a", "closed"), probe("b", "there")], ours)), [
            "DP-SOURCE-003 passed",
            "DP-SOURCE-003 info",
        ]);
    });

    const index = `apiVersion: v1
entries:
  airflow-other:
  - version: 9.9.9
  airflow:
  - apiVersion: v2
    appVersion: 3.0.0
    version: 1.22.0
  - apiVersion: v2
    version: "1.21.0"
  zeppelin:
  - version: 2.0.0
generated: "2026-01-01T00:00:00Z"
`;

    it("reads an index without taking one chart's version for another's", () => {
        assert.ok(listed(index, "airflow", "1.22.0") && listed(index, "airflow", "v1.21.0"));
        for (const version of ["9.9.9", "2.0.0", "3.0.0", "1.2"])
            assert.ok(!listed(index, "airflow", version), version);
        assert.ok(!listed(index, "minio", "1.22.0"));
        assert.ok(listed(JSON.stringify({ entries: { a: [{ version: "1.0.0" }] } }), "a", "1.0.0"));
    });

    describe("at a repository", () => {
        let server: Server;
        let repository: string;
        before(async () => {
            server = createServer(({ url }, response) => {
                response.statusCode = url === "/charts/index.yaml" ? 200 : url?.startsWith("/closed") ? 401 : 404;
                response.end(response.statusCode === 200 ? index : "");
            });
            await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
            repository = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        });
        after(() => server.close());

        it("asks for the very version, and tells what the answer means", async () => {
            const at = (path: string, version: string) => ({
                ...{ name: "a", namespace: "n", chart: "airflow", version },
                repository: path,
            });
            const host = repository.replace("http", "oci");
            const probes = await probeCharts([
                { name: "own", namespace: "n", chart: "./charts/minio" },
                at(`${repository}/charts`, "1.22.0"),
                at(`${repository}/charts/`, "1.23.0"),
                at(`${repository}/closed`, "1.22.0"),
                at(`${repository}/nothing`, "1.22.0"),
                at("http://127.0.0.1:1", "1.22.0"),
                { name: "o", namespace: "n", chart: `${host}/charts/x`, version: "1.0.0" },
            ]);
            assert.deepEqual(
                probes.map(({ found }) => found),
                ["there", "missing", "closed", "missing", "away", "missing"],
            );
            assert.ok(probes[4].reason);
        });
    });
});
