import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cgroupMounts } from "../../../sandbox/cluster/cgroups";
import { firstAddress } from "../../../sandbox/cluster/control-plane";
import { describeTroubles, inTrouble, summarize } from "../../../kubernetes/diagnose";
import { removal } from "../../../sandbox/cluster/firewall";
import { layout } from "../../../sandbox/cluster/layout";
import { coreDns, localPath } from "../../../sandbox/cluster/manifests";
import { chooseNetwork, upstreamResolvers } from "../../../sandbox/cluster/network";
import { alternativeName } from "../../../sandbox/cluster/pki";
import { freePorts, requireFreePorts } from "../../../sandbox/cluster/ports";
import { mentions } from "../../../lib/processes";
import { apiPort, requireMemory } from "../../../sandbox/cluster/preflight";
import { removeStateDir, requireOwnDirectory } from "../../../sandbox/cluster/state-dir";
import { UserError } from "../../../lib/errors";

describe("sandbox cluster", () => {
    describe("network", () => {
        it("takes the first pair of ranges that nothing on the machine meets", () => {
            assert.equal(chooseNetwork(["default", "192.0.2.0/24", "fe80::/64"])?.podCidr, "10.213.0.0/16");
            assert.equal(chooseNetwork(["10.213.4.0/24"])?.podCidr, "10.113.0.0/16");
            assert.equal(chooseNetwork(["10.214.0.7"])?.podCidr, "10.113.0.0/16");
            assert.equal(chooseNetwork(["10.0.0.0/8"])?.podCidr, "172.29.0.0/16");
            assert.equal(chooseNetwork(["10.0.0.0/8", "172.16.0.0/12"]), undefined);
            assert.equal(chooseNetwork(["0.0.0.0/0"])?.gateway, "10.213.0.1");
        });

        it("passes on only name servers that a pod reaches", () => {
            const text =
                "nameserver 127.0.0.53\n nameserver 10.0.0.2\nnameserver fe80::1%eth0\nnameserver 9.9.9.9\nsearch x\n";
            assert.deepEqual(upstreamResolvers(text), ["10.0.0.2", "9.9.9.9"]);
        });

        it("knows addresses from names", () => {
            assert.equal(alternativeName("10.0.0.1"), "IP:10.0.0.1");
            assert.equal(alternativeName("kubernetes.default.svc"), "DNS:kubernetes.default.svc");
            assert.equal(firstAddress("10.214.0.0/16"), "10.214.0.1");
        });
    });

    describe("packet filter", () => {
        const saved = [
            "*nat",
            ":PREROUTING ACCEPT [0:0]",
            ":KUBE-SERVICES - [0:0]",
            ":KUBE-OLD - [0:0]",
            ":CNI-abc - [0:0]",
            ":DOCKER - [0:0]",
            '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
            "-A PREROUTING -j KUBE-OLD",
            "-A PREROUTING -j DOCKER",
            "-A KUBE-SERVICES -g CNI-abc",
            '-A POSTROUTING -s 10.213.0.2/32 -m comment --comment "name: \\"x\\" id" -j CNI-abc',
            "COMMIT",
            "*filter",
            ":INPUT ACCEPT [0:0]",
            "COMMIT",
            "",
        ].join("\n");

        it("removes our chains and what leads to them, and nothing else", () => {
            assert.equal(
                removal("iptables", saved, ["iptables nat KUBE-OLD"]),
                [
                    "*nat",
                    ":KUBE-SERVICES - [0:0]",
                    ":CNI-abc - [0:0]",
                    '-D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
                    '-D POSTROUTING -s 10.213.0.2/32 -m comment --comment "name: \\"x\\" id" -j CNI-abc',
                    "-X KUBE-SERVICES",
                    "-X CNI-abc",
                    "COMMIT",
                    "",
                ].join("\n"),
            );
        });

        it("has nothing to say when all chains were there before", () => {
            const before = ["KUBE-SERVICES", "KUBE-OLD", "CNI-abc"].map((chain) => `iptables nat ${chain}`);
            assert.equal(removal("iptables", saved, before), "");
        });
    });

    describe("ports", () => {
        it("names the port, where it is, and the program that has it", async () => {
            const server = createServer();
            await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
            const { port } = server.address() as AddressInfo;
            try {
                await assert.rejects(requireFreePorts("etcd", [{ address: "127.0.0.1", port }]), (error) => {
                    assert.ok(error instanceof UserError);
                    const text = error.render();
                    assert.match(
                        text,
                        new RegExp(`port ${port}, which etcd needs, is in use by \\S+ \\(pid ${process.pid}\\)`),
                    );
                    assert.match(text, new RegExp(`where: {3}127\\.0\\.0\\.1:${port}`));
                    return true;
                });
            } finally {
                server.close();
            }
            await requireFreePorts("etcd", [{ address: "127.0.0.1", port }]);
        });

        it("finds as many free ones as asked for, all different", async () => {
            assert.equal(new Set(await freePorts(5)).size, 5);
        });

        it("takes the API server's from the environment, and says what a port is", () => {
            assert.equal(apiPort({}), 6443);
            assert.equal(apiPort({ DATA_PLATFORM_API_PORT: "16443" }), 16443);
            for (const text of ["0", "65536", "64x", "-1", "1e3"]) {
                assert.throws(() => apiPort({ DATA_PLATFORM_API_PORT: text }), /not a port/, text);
            }
        });
    });

    it("wants a machine with memory enough for the whole platform, and says how much", () => {
        requireMemory(8 * 2 ** 30);
        assert.throws(() => requireMemory(4 * 2 ** 30), /this machine has 4\.0 GiB of memory/);
    });

    it("tells its own processes by the directory in their arguments", () => {
        assert.equal(mentions(["/bin/etcd", "--data-dir=/var/lib/x/etcd"], "/var/lib/x"), true);
        assert.equal(mentions(["/bin/etcd", "--data-dir=/var/lib/xy/etcd"], "/var/lib/x"), false);
        assert.equal(mentions(["/var/lib/x/etcd"], "/var/lib/x"), false);
    });

    it("refuses a directory with somebody's files, and removes nothing but its own", async () => {
        const dir = mkdtempSync(join(tmpdir(), "state-"));
        const at = layout(dir);
        writeFileSync(join(dir, "thesis.txt"), "");
        await assert.rejects(requireOwnDirectory(at), (error) => {
            assert.ok(error instanceof UserError);
            assert.match(error.render(), /thesis\.txt[\s\S]*DATA_PLATFORM_SANDBOX_DIR/);
            return true;
        });
        mkdirSync(at.volumes);
        writeFileSync(at.host, "{}");
        await removeStateDir(at);
        assert.deepEqual(readdirSync(dir), ["thesis.txt"]);
        rmSync(join(dir, "thesis.txt"));
        // What the two engines know of the applied program.
        for (const engine of ["apply", "pulumi"]) mkdirSync(join(dir, engine));
        await requireOwnDirectory(at);
        await removeStateDir(at);
        await removeStateDir(at);
        assert.equal(existsSync(dir), false);
    });

    it("finds the control groups of both versions", () => {
        const mountinfo = [
            "30 25 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro",
            "31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
            "32 30 0:28 / /sys/fs/cgroup/memory rw shared:3 - cgroup cgroup rw,memory",
        ].join("\n");
        assert.deepEqual(cgroupMounts(mountinfo), ["/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory"]);
    });

    it("runs its addons without privileges, and DNS without a way out when the machine has none", () => {
        const options = { images: { coredns: "c", localPath: "l" }, dns: "10.0.0.10", resolvers: [], volumes: "/v" };
        const objects = [...coreDns(options), ...localPath(options)];
        const deployments = objects.filter(({ kind }) => kind === "Deployment");
        assert.equal(deployments.length, 2);
        for (const deployment of deployments) {
            const text = JSON.stringify(deployment);
            assert.ok(
                text.includes('"runAsNonRoot":true') && text.includes('"drop":["ALL"]'),
                deployment.metadata.name,
            );
        }
        const text = (resolvers: string[]) => JSON.stringify(coreDns({ ...options, resolvers }));
        assert.ok(!text([]).includes("forward"));
        assert.ok(text(["9.9.9.9"]).includes("forward . 9.9.9.9"));
    });

    describe("diagnosis", () => {
        const pod = (status: object) => ({ metadata: { name: "p", namespace: "n" }, status });

        it("leaves pods alone that are ready or done", () => {
            assert.equal(inTrouble(pod({ phase: "Succeeded" })), false);
            assert.equal(inTrouble(pod({ phase: "Running", conditions: [{ type: "Ready", status: "True" }] })), false);
            assert.equal(inTrouble(pod({ phase: "Running", conditions: [{ type: "Ready", status: "False" }] })), true);
            assert.equal(inTrouble(pod({ phase: "Failed" })), true);
        });

        it("says why a pod has no node", () => {
            const message = "0/1 nodes are available: 1 Insufficient memory.";
            const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }];
            assert.equal(summarize(pod({ phase: "Pending", conditions })).reason, `Unschedulable: ${message}`);
        });

        it("says what its containers are at, and how they ended before", () => {
            const containerStatuses = [
                {
                    name: "server",
                    ready: false,
                    restartCount: 3,
                    state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
                    lastState: { terminated: { reason: "Error", exitCode: 2 } },
                },
                { name: "helper", ready: true, restartCount: 0, state: { running: {} } },
                { name: "slow", ready: false, restartCount: 0, state: { running: {} } },
            ];
            const summary = summarize(pod({ phase: "Running", containerStatuses }));
            assert.deepEqual(summary.containers, [
                "server: waiting, CrashLoopBackOff: back-off 40s; last time Error (exit code 2); 3 restarts",
                "slow: running, but its readiness probe has not succeeded",
            ]);
            assert.deepEqual(describeTroubles([{ ...summary, events: ["Failed: x"], logs: { server: ["boom"] } }]), [
                "pod n/p: Running",
                ...summary.containers.map((line) => `  container ${line}`),
                "  event Failed: x",
                "  log server: boom",
            ]);
        });
    });
});
