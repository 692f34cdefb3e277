import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { checkNetwork } from "../../checks/network";
import { apiServerPorts } from "../../config/sections/kubernetes";
import { repoRoot } from "../../lib/paths";
import { platformConfig } from "../../program/stack-config";
import { exampleConfig, examples, renderExample } from "../support/clusters";

describe("the example settings of each kind of cluster", function () {
    this.timeout(180_000);
    const page = readFileSync(join(repoRoot, "docs", "clusters.md"), "utf8");

    it("are of eight kinds, each of which the page names", () => {
        assert.deepEqual([...examples].sort(), [
            "aks",
            "eks",
            "gke",
            "gke-private",
            "k3s",
            "kind",
            "minikube",
            "openshift",
        ]);
        for (const example of examples) assert.ok(page.includes(`(clusters/${example}.yaml)`), example);
    });

    for (const example of examples) {
        it(`${example}: policies open the ways of the table, and nothing else`, async () => {
            const config = platformConfig(exampleConfig(example), "example");
            assert.ok(config.kubernetes.apiServer?.cidrs, "the way to the API server is narrow");
            const { problems, policies } = await checkNetwork({
                stack: "example",
                config,
                objects: await renderExample(example),
            });
            assert.deepEqual(
                problems.map(({ check, at, message }) => `${check} ${at}: ${message}`),
                [],
            );
            assert.ok(policies > 30, `${policies}`);
        });
    }

    it("counter-proof: minikube's API server on the usual ports only would be found closed", async () => {
        const config = platformConfig(exampleConfig("minikube"), "example");
        const { kubernetes } = config;
        const cidrs = ["10.0.0.1/32"];
        const usual = { ...kubernetes, apiServer: { cidrs, ports: [...apiServerPorts] } };
        const objects = await renderExample("minikube", { kubernetes: usual });
        const wanted = { ...config, kubernetes: { ...kubernetes, apiServer: { cidrs, ports: [443, 8443] } } };
        const { problems } = await checkNetwork({ stack: "example", config: wanted, objects });
        const all = problems.map(({ check, message }) => `${check}: ${message}`).join("\n");
        assert.match(all, /closed: .*the Kubernetes API server .* on TCP 8443/);
        assert.match(all, /open: egress to 10\.0\.0\.1 .* on TCP 6443/);
    });
});
