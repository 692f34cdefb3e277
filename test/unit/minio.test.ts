import assert from "node:assert/strict";

import { nodeNames, values } from "../../components/minio";
import { placements } from "../../components/placement";
import { objectStoreDefaults } from "../../config/systems/object-store";
import { collect } from "../lib/collect";
import { find, needHelm, render, template, type Values } from "./charts.helpers";

const certificates = { certificate: "minio-tls", authority: "platform-ca" };
const { platform } = placements({
    platform: { nodeSelector: { pool: "servers" }, tolerations: [{ key: "servers", operator: "Exists" }] },
    batch: {},
});
const of = (nodes: number): Values =>
    values(
        "minio",
        {
            ...objectStoreDefaults,
            nodes,
            placement: platform,
            chart: "./charts/minio",
            images: { registry: "registry.test", pullPolicy: "IfNotPresent" },
        },
        certificates,
    );

describe("MinIO, component", function () {
    this.timeout(120_000);
    before(needHelm);

    it("hands placement and hints to the chart, which takes them", async () => {
        for (const [nodes, evictable] of [
            [1, "false"],
            [4, "true"],
        ] as const) {
            const objects = await render("minio", of(nodes));
            assert.equal(find(objects, "StatefulSet", "minio").spec.replicas, nodes);
            for (const name of ["minio", "minio-setup"]) {
                const { metadata, spec } = template(objects, name);
                assert.equal(spec.priorityClassName, "data-platform-platform");
                assert.deepEqual(spec.nodeSelector, { pool: "servers" });
                assert.deepEqual(spec.tolerations, [{ key: "servers", operator: "Exists" }]);
                assert.equal(metadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"], evictable);
            }
        }
    });

    it("asks for a certificate that covers every server's name", async () => {
        const names = nodeNames("minio", "prod-storage");
        assert.deepEqual(names, ["*.minio-nodes.prod-storage.svc", "*.minio-nodes.prod-storage.svc.cluster.local"]);
        const [, host] = /^https:\/\/minio-\{0\.\.\.3\}\.(.*):9000/.exec(await drives(4)) ?? [];
        assert.equal(host, "minio-nodes.test-ns.svc", "what the wildcard stands before");
        const asked = async (nodes: number) => {
            const made = await collect({
                config: {
                    "data-platform:profile": "dev",
                    "data-platform:images": '{"registry":"registry.example.com/platform"}',
                    "data-platform:objectStore": JSON.stringify({ nodes }),
                },
            });
            const [certificate] = made.all("Certificate").filter(({ name }) => name.startsWith("minio"));
            return (certificate.inputs as { spec: { dnsNames: string[] } }).spec.dnsNames;
        };
        assert.ok((await asked(4)).some((name) => /^\*\.minio-nodes\..*-storage\.svc$/.test(name)));
        assert.ok(!(await asked(1)).some((name) => name.startsWith("*")));
    });
});

async function drives(nodes: number): Promise<string> {
    const [container] = template(await render("minio", of(nodes)), "minio").spec.containers;
    return container.args?.[1] ?? "";
}
