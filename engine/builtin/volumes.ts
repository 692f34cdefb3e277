import { UserError } from "../../lib/errors";
import { Context } from "./context";
import { KubeObject, nameOf } from "../../kubernetes/client";
import { sleep } from "../../kubernetes/wait/ready";

/** Milliseconds in which a provisioner has to clean up after claims that were deleted. */
const limit = 120_000;

interface VolumeSpec {
    claimRef?: { namespace?: string };
    persistentVolumeReclaimPolicy?: string;
}

/** Volumes that will go once the namespaces of their claims are deleted. */
export async function claimedVolumes(namespaces: string[], { kube, signal }: Context): Promise<KubeObject[]> {
    const volumes = await kube.list("v1", "PersistentVolume", { signal });
    return volumes.filter(({ spec }) => {
        const { claimRef, persistentVolumeReclaimPolicy } = (spec ?? {}) as VolumeSpec;
        return persistentVolumeReclaimPolicy === "Delete" && namespaces.includes(claimRef?.namespace ?? "");
    });
}

/** Waits until volumes have gone: a provisioner frees them after their claims, and until then their disk space is taken. */
export async function untilReleased(volumes: KubeObject[], { kube, signal, progress }: Context): Promise<void> {
    const started = Date.now();
    let left = volumes;
    for (;;) {
        const found = await Promise.all(
            left.map(({ metadata }) =>
                kube.get({ apiVersion: "v1", kind: "PersistentVolume", name: metadata.name }, signal),
            ),
        );
        left = found.filter((volume) => volume !== undefined);
        if (left.length === 0) return;
        if (Date.now() - started > limit) {
            const names = left.map(({ metadata }) =>
                nameOf({ apiVersion: "v1", kind: "PersistentVolume", name: metadata.name }),
            );
            throw new UserError(`${names.join(", ")} still there ${limit / 1000} s after the claims were deleted`, {
                evidence: left.map(({ metadata, status }) => `${metadata.name}: ${String(status?.phase)}`),
                fix: "see whether the volumes' provisioner runs, then run the same command again",
            });
        }
        progress("volumes", `${left.length} still being freed`);
        await sleep(500, signal);
    }
}
