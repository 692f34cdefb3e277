import type { Manifest } from "../../kubernetes/objects";
import type { KubeObject } from "../../kubernetes/client";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import { nodeFacts } from "./cluster";
import type { Check } from "./check";
import { namespacesOf } from "./namespaces";
import { bytesText, named } from "./objects";
import { type CachedReader, Unanswered } from "./cluster-reader";

/** Shares of a volume from which on it is told, and from which on it is an error. */
const limits = { warning: 0.8, error: 0.95 };

/** A claim's volume as the kubelet that has it mounted counts it, in bytes and inodes. */
export interface VolumeUse {
    namespace: string;
    claim: string;
    used: number;
    capacity: number;
    inodesUsed?: number;
    inodes?: number;
}

/** The part of a kubelet's summary that is read here. https://kubernetes.io/docs/reference/instrumentation/node-metrics/ */
interface Summary {
    pods?: {
        volume?: {
            pvcRef?: { name: string; namespace: string };
            usedBytes?: number;
            capacityBytes?: number;
            inodesUsed?: number;
            inodes?: number;
        }[];
    }[];
}

/** Volumes of claims in a kubelet's summary; those that it couldn't measure are left out. */
export function volumesIn({ pods = [] }: Summary): VolumeUse[] {
    return pods.flatMap(({ volume = [] }) =>
        volume.flatMap(({ pvcRef, usedBytes, capacityBytes, inodesUsed, inodes }) =>
            pvcRef && usedBytes !== undefined && capacityBytes
                ? [
                      {
                          namespace: pvcRef.namespace,
                          claim: pvcRef.name,
                          ...{ used: usedBytes, capacity: capacityBytes, inodesUsed, inodes },
                      },
                  ]
                : [],
        ),
    );
}

/** Says of each volume of the stack whether it fills, by bytes or by inodes. */
export function volumeFindings(volumes: VolumeUse[]): Finding[] {
    if (volumes.length === 0) return [];
    const full = volumes.flatMap((volume): Finding[] => {
        const shares = [
            { share: volume.used / volume.capacity, of: `of ${bytesText(volume.capacity)}` },
            ...(volume.inodes ? [{ share: (volume.inodesUsed ?? 0) / volume.inodes, of: "of its inodes" }] : []),
        ];
        const most = shares.reduce((one, other) => (other.share > one.share ? other : one));
        if (most.share < limits.warning) return [];
        return [
            finding(
                "DP-STORAGE-003",
                most.share < limits.error ? "warning" : "error",
                `PersistentVolumeClaim ${volume.namespace}/${volume.claim}`,
                `${Math.floor(most.share * 100)} % ${most.of} is used; its server stops when it is full`,
                `kubectl describe persistentvolumeclaim ${volume.claim} --namespace ${volume.namespace}`,
            ),
        ];
    });
    if (full.length > 0) return full;
    const fullest = volumes.reduce((one, other) =>
        other.used / other.capacity > one.used / one.capacity ? other : one,
    );
    const share = Math.floor((fullest.used / fullest.capacity) * 100);
    return [
        passed("DP-STORAGE-003", "volumes", `${volumes.length} in use, the fullest (${fullest.claim}) to ${share} %`),
    ];
}

/** Asks the kubelets of the nodes that have pods with claims of the stack. */
async function volumesOf(stack: string, manifests: Manifest[], cluster: CachedReader): Promise<VolumeUse[]> {
    const [nodes, namespaces] = await Promise.all([cluster.list("v1", "Node"), cluster.list("v1", "Namespace")]);
    const own = namespacesOf(stack, manifests, namespaces);
    const pods = (await cluster.list("v1", "Pod")).filter(
        ({ metadata, spec }) => own.includes(metadata.namespace ?? "") && claims(spec),
    );
    const ready = nodeFacts(nodes).filter(({ ready }) => ready);
    const asked = ready.filter(({ name }) =>
        pods.some(({ spec }) => (spec as { nodeName?: string }).nodeName === name),
    );
    const summaries = await Promise.all(
        asked.map(({ name }) =>
            cluster.ask(`volumes of node ${named([name])}`, async (signal) => {
                const path = `/api/v1/nodes/${name}/proxy/stats/summary`;
                return JSON.parse(
                    await cluster.kube.http.send({ method: "GET", path, signal, retry: false }),
                ) as Summary;
            }),
        ),
    );
    return summaries.flatMap(volumesIn).filter(({ namespace }) => own.includes(namespace));
}

/** Tells whether a pod mounts a claim. */
function claims(spec: KubeObject["spec"]): boolean {
    const { volumes = [] } = (spec ?? {}) as { volumes?: { persistentVolumeClaim?: object }[] };
    return volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined);
}

export const volumeChecks = (stack: string): Check[] => [
    {
        what: "volumes that fill",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared: { manifests } }) => {
            try {
                return volumeFindings(await volumesOf(stack, manifests, cluster));
            } catch (error) {
                // Few accounts may ask a kubelet (nodes/proxy), and an update doesn't hang on it.
                if (!(error instanceof Unanswered)) throw error;
                return [
                    finding("DP-STORAGE-003", "info", "volumes", `how full they are isn't known: ${error.message}`),
                ];
            }
        },
    },
];
