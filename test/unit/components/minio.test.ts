import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { nodeNames, values } from "../../../components/object-store/minio";
import { placements } from "../../../components/placement";
import { objectStoreDefaults } from "../../../config/sections/object-store";
import { storeApplications } from "../../../config/object-store";
import { silo } from "../../../config/versions";
import { repoRoot } from "../../../lib/paths";
import { collect, type Collected, sentinel } from "../../support/collect";
import { find, needHelm, render, template, type Values } from "../../support/charts";

const made = {
    admin: { name: "minio-root" },
    users: Object.fromEntries(
        storeApplications(objectStoreDefaults).map((app) => [app, { name: `minio-user-${app}` }]),
    ),
    certificate: "minio-tls",
    authority: "platform-ca",
    secretVersion: "1",
};
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
        made,
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

    describe("access keys", () => {
        const stack = (objectStore: object, credentials?: Record<string, string>) =>
            collect({
                config: {
                    "data-platform:profile": "sandbox",
                    "data-platform:objectStore": JSON.stringify(objectStore),
                    ...(credentials ? { "data-platform:credentials": JSON.stringify(credentials) } : {}),
                },
                secretKeys: ["data-platform:credentials"],
            });
        const contents = (made: Collected, name: string) => {
            const { inputs, secretPaths } = made.one("Secret", name);
            assert.deepEqual(secretPaths, ["stringData"], name);
            return inputs.stringData as Record<string, string>;
        };

        it("are random, the administrator's too, and an application's name is its policy's alone", async () => {
            const made = await stack({});
            assert.deepEqual(contents(made, "minio-root"), {
                rootUser: `${sentinel}-minio-root-rootUser`,
                rootPassword: `${sentinel}-minio-root-rootPassword`,
            });
            const { users } = made.one("Release", "minio").inputs.values as { users: { name: string }[] };
            assert.ok(users.length > 5);
            for (const { name } of users) {
                const [accessKey, secretKey] = ["accessKey", "secretKey"].map(
                    (key) => `${sentinel}-minio-user-${name}-${key}`,
                );
                assert.deepEqual(contents(made, `minio-user-${name}`), {
                    ...{ accessKey, secretKey },
                    // As workloads/tests/test_store_honest.py gives it to each kind of client.
                    credentials: `[default]\naws_access_key_id = ${accessKey}\naws_secret_access_key = ${secretKey}\n`,
                });
            }
        });

        it("are replaced by rotation, together with their secrets, and so restart what uses them", async () => {
            const [before, after] = [await stack({}), await stack({ rotation: 2 })];
            for (const key of ["accessKey", "secretKey"]) {
                const keepers = (from: Collected) =>
                    from.one("RandomPassword", `minio-user-land-${key}`).inputs.keepers;
                assert.notDeepEqual(keepers(before), keepers(after), key);
            }
            const secretVersion = (from: Collected) => (from.one("Release", "minio").inputs.values as Values).rotation;
            // Not "1", which it was when keys were names: the first update restarts the server and all that use it.
            assert.deepEqual([secretVersion(before), secretVersion(after)], ["1-1", "2-1"]);
        });

        it("reach clients when the store knows them: their copies come after its job", async () => {
            const made = await stack({});
            const { urn } = made.one("Release", "minio");
            const copies = made.all("Secret").filter(({ name }) => /^minio-user-[a-z-]+\./.test(name));
            assert.ok(copies.length > 5);
            for (const { name, dependencies } of copies) assert.ok(dependencies.includes(urn), name);
        });

        it("may be a team's own, beside secrets of their own or generated ones", async () => {
            const own = { "objectStore.land.accessKey": "OurOwnKey_0123456789" };
            const made = await stack({}, own);
            const { accessKey, secretKey, credentials } = contents(made, "minio-user-land");
            assert.equal(accessKey, "OurOwnKey_0123456789");
            assert.equal(secretKey, `${sentinel}-minio-user-land-secretKey`);
            assert.match(credentials, /^aws_access_key_id = OurOwnKey_0123456789$/m);
            const twice = { ...own, "objectStore.gold.accessKey": "OurOwnKey_0123456789" };
            await assert.rejects(stack({}, twice), /is another user's access key already/);
            const odd = { "objectStore.land.accessKey": "with/a+slash=0123456789" };
            await assert.rejects(stack({}, odd), (error: Error) => {
                assert.match(error.message, /credentials\["objectStore\.land\.accessKey"\] +can't be an access key/);
                assert.doesNotMatch(error.message, /slash/);
                return true;
            });
            await assert.rejects(stack({}, { "objectStore.nobody.accessKey": "0123456789abcdef" }), /names no user/);
        });
    });

    it("is open to nobody outside in any stack file of the project: S3 has nothing but signatures to keep people out", () => {
        const files = readdirSync(repoRoot).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
        assert.ok(files.includes("Pulumi.prod.yaml"));
        for (const file of files) {
            const { config } = parse(readFileSync(join(repoRoot, file), "utf8")) as {
                config: Record<string, { hosts?: object } | undefined>;
            };
            const hosts = Object.keys(config["data-platform:ingress"]?.hosts ?? {});
            assert.ok(!hosts.includes("objectStore") && !hosts.includes("console"), file);
        }
    });

    it("is Silo's image, mirrored or not, unless the stack builds its own", () => {
        const image = (server: "silo" | "built", mirror?: string) =>
            (
                values(
                    "minio",
                    {
                        ...objectStoreDefaults,
                        image: server,
                        placement: platform,
                        chart: "./charts/minio",
                        images: { registry: "registry.test", pullPolicy: "IfNotPresent", mirror },
                    },
                    made,
                ) as { image: { repository: string; tag: string } }
            ).image;
        assert.deepEqual(image("silo"), {
            repository: "docker.io/pgsty/silo",
            tag: silo,
            pullPolicy: "IfNotPresent",
        });
        assert.match(silo, /^RELEASE\.\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z$/, "a day, never latest");
        assert.equal(image("silo", "mirror.test/upstream").repository, "mirror.test/upstream/pgsty/silo");
        assert.equal(image("built").repository, "registry.test/minio");
    });
});

async function drives(nodes: number): Promise<string> {
    const [container] = template(await render("minio", of(nodes)), "minio").spec.containers;
    return container.command?.find((word) => word.endsWith("/data")) ?? "";
}
