import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { patiently, run, type RunOptions } from "../../lib/exec";
import { tool, tools } from "../../tools";
import { writeAtomically } from "../../lib/files";
import { allOrNone, endIfStopped } from "../../lib/stopping";
import { type Layout, names, runDir } from "./layout";
import { type ClusterNetwork } from "./network";
import { type Supervisor } from "./supervisor";

/** An image under the full name that pods ask for, and the OCI archive that holds it. */
export interface ImageArchive {
    ref: string;
    archive: string;
}

/** The namespace of containerd in which the kubelet's images and containers are. */
const namespace = "k8s.io";

/** Starts containerd with everything it keeps in our directories. */
export async function startContainerd(
    at: Layout,
    supervisor: Supervisor,
    network: ClusterNetwork,
    pauseImage: string,
): Promise<void> {
    const binaries = await tools(["containerd", "containerd-shim-runc-v2", "runc", "ctr"]);
    const config = configuration(at, binaries, pauseImage);
    const cni = JSON.stringify(cniConfiguration(at, network), null, 2);
    const configFile = join(at.containerd, "config.toml");
    await Promise.all([
        writeAtomically(configFile, config),
        writeAtomically(join(at.cni, "10-sandbox.conflist"), cni),
        mkdir(runDir, { recursive: true, mode: 0o711 }),
    ]);
    await supervisor.ensure({
        name: "containerd",
        file: binaries.containerd,
        args: ["--config", configFile],
        config: config + cni,
        healthy: async () => {
            await ctr(at, ["version"]);
            return undefined;
        },
    });
}

/**
 * Gives images to the node, without a registry. Those that it has are left alone.
 *
 * @returns how many the node did not have
 */
export async function importImages(
    at: Layout,
    images: ImageArchive[],
    note: (text: string) => void = () => undefined,
): Promise<number> {
    const have = new Set((await ctr(at, ["images", "list", "--quiet"])).split("\n"));
    const missing = images.filter((image) => !have.has(image.ref));
    const left = missing.entries();
    // From one list, so none is taken twice. Two that share their base and come at the same time unpack it twice, and keep one.
    const lane = async () => {
        for (const [i, { archive, ref }] of left) {
            endIfStopped();
            note(`image ${i + 1} of ${missing.length}, ${ref.split("/").at(-1) ?? ref}`);
            // What is unpacked need not be kept packed too; the archive is in the cache.
            await ctr(at, ["images", "import", "--local", "--discard-unpacked-layers", archive], patiently());
        }
    };
    await allOrNone([lane, lane]);
    return missing.length;
}

/** Removes the images that are none of these, before the first pod. @returns how many names of images there were */
export async function removeOtherImages(at: Layout, images: ImageArchive[]): Promise<number> {
    const lines = (await ctr(at, ["images", "list"])).split("\n").slice(1).filter(Boolean);
    const there = lines.map((line) => line.split(/\s+/)).map(([ref, , digest]) => ({ ref, digest }));
    // An image has further names, by its digest, that lead to the same.
    const wanted = new Set(images.map(({ ref }) => there.find((each) => each.ref === ref)?.digest));
    const others = there.filter(({ digest }) => !wanted.has(digest)).map(({ ref }) => ref);
    if (others.length > 0) await ctr(at, ["images", "remove", "--sync", ...others], patiently());
    return others.length;
}

async function ctr(at: Layout, args: string[], options: RunOptions = { still: 60 }): Promise<string> {
    const global = ["--address", at.socket, "--namespace", namespace];
    return (await run(await tool("ctr"), [...global, ...args], options)).stdout;
}

/** containerd's configuration; strings of TOML are written like those of JSON. */
function configuration(
    at: Layout,
    binaries: Record<"containerd-shim-runc-v2" | "runc", string>,
    pause: string,
): string {
    const q = (text: string) => JSON.stringify(text);
    const runtime = `plugins."io.containerd.cri.v1.runtime"`;
    return `version = 4
root = ${q(join(at.containerd, "root"))}
state = ${q(join(runDir, "containerd"))}
# Plugins that would leave traces elsewhere, or look for what a bare machine lacks.
disabled_plugins = [
    "io.containerd.nri.v1.nri",
    "io.containerd.image-verifier.v1.bindir",
    "io.containerd.snapshotter.v1.blockfile",
    "io.containerd.snapshotter.v1.erofs",
    "io.containerd.differ.v1.erofs",
    "io.containerd.mount-handler.v1.erofs",
]
imports = []

[plugins."io.containerd.server.v1.grpc"]
address = ${q(at.socket)}
[plugins."io.containerd.server.v1.ttrpc"]
address = ${q(`${at.socket}.ttrpc`)}
[plugins."io.containerd.shim.v1.manager"]
socket_dir = ${q(join(runDir, "s"))}
[plugins."io.containerd.internal.v1.opt"]
path = ${q(join(at.containerd, "opt"))}
[plugins."io.containerd.metadata.v1.bolt"]
# A bed to be thrown away does not wait for the disk.
no_sync = true

[plugins."io.containerd.cri.v1.images"]
snapshotter = "overlayfs"
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = ${q(pause)}

[${runtime}]
# Where the process that starts all this may not lower oom_score_adj, containers could not start otherwise.
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[${runtime}.cni]
bin_dirs = ["/usr/lib/cni", "/opt/cni/bin"]
conf_dir = ${q(at.cni)}
use_internal_loopback = true
[${runtime}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
runtime_path = ${q(binaries["containerd-shim-runc-v2"])}
[${runtime}.containerd.runtimes.runc.options]
BinaryName = ${q(binaries.runc)}
Root = ${q(join(runDir, "runc"))}
SystemdCgroup = false
`;
}

/** The pods' network: one bridge, addresses from one range. It does not enforce NetworkPolicies. */
function cniConfiguration(at: Layout, { podCidr, gateway }: ClusterNetwork): object {
    return {
        cniVersion: "1.0.0",
        name: names.network,
        plugins: [
            {
                type: "bridge",
                bridge: names.bridge,
                isGateway: true,
                ipMasq: true,
                hairpinMode: true,
                ipam: {
                    type: "host-local",
                    dataDir: join(at.cni, "addresses"),
                    ranges: [[{ subnet: podCidr, gateway }]],
                    routes: [{ dst: "0.0.0.0/0" }],
                },
            },
            // Lets pods' packets pass where the machine forwards nothing by default, as it does with Docker installed.
            { type: "firewall", backend: "iptables" },
            { type: "portmap", capabilities: { portMappings: true } },
        ],
    };
}
