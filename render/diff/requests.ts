import { quantity } from "../../config/units";
import { listAt, type Manifest, mapAt } from "../../kubernetes/objects";
import { Requests } from "./model";

type Group = Record<string, unknown>;

/**
 * Requests of a stack's servers: pods that run all the time, times their replicas, and the volumes that they claim. Jobs and what starts
 * them are left out. A DaemonSet counts once, as on one node; what scales by itself counts by its minimum.
 */
export function requestsOf(manifests: Manifest[]): Requests {
    const total: Requests = { cpu: 0, memory: 0, storage: 0 };
    const add = (requests: unknown, times: number) => {
        total.cpu += times * read(mapAt(requests).cpu);
        total.memory += times * read(mapAt(requests).memory);
    };
    const claim = (size: unknown, times: number) => (total.storage += times * read(size));
    for (const manifest of manifests) {
        const spec = mapAt(manifest.spec);
        const times = Number(spec.replicas ?? minimum(manifest, manifests) ?? 1);
        switch (manifest.kind) {
            case "Deployment":
            case "StatefulSet":
            case "DaemonSet":
                add(podRequests(mapAt(spec.template, "spec")), times);
                listAt(spec.volumeClaimTemplates).forEach((each) => claim(claimed(mapAt(each.spec)), times));
                break;
            case "PersistentVolumeClaim":
                claim(claimed(spec), 1);
                break;
            case "KafkaNodePool": {
                const storage = mapAt(spec.storage);
                add(mapAt(spec.resources).requests, times);
                [storage, ...listAt(storage.volumes)].forEach(({ size }) => claim(size, times));
                break;
            }
            case "Cluster":
                if (!manifest.apiVersion.startsWith("postgresql.cnpg.io/")) break;
                add(mapAt(spec.resources).requests, Number(spec.instances ?? 1));
                [spec.storage, spec.walStorage].forEach((each) => claim(mapAt(each).size, Number(spec.instances ?? 1)));
                break;
        }
    }
    return total;
}

/** E.g. `1.5 CPU, 4 GiB memory, 20 GiB storage`. */
export function asked({ cpu, memory, storage }: Requests): string {
    return `${Number(cpu.toFixed(2))} CPU, ${gib(memory)} memory, ${gib(storage)} storage`;
}

function gib(bytes: number): string {
    return `${Number((bytes / 2 ** 30).toFixed(2))} GiB`;
}

/** As the scheduler counts: containers together, or the largest of those that run before them. */
function podRequests(pod: Group): Group {
    const sum = (containers: Group[], key: string) =>
        containers.reduce((total, each) => total + read(mapAt(each.resources, "requests")[key]), 0);
    const first = listAt(pod.initContainers);
    const beside = [...listAt(pod.containers), ...first.filter(({ restartPolicy }) => restartPolicy === "Always")];
    const largest = (key: string) => Math.max(0, ...first.map((each) => sum([each], key)));
    return Object.fromEntries(["cpu", "memory"].map((key) => [key, Math.max(sum(beside, key), largest(key))]));
}

/** The least replicas of what an autoscaler looks after. */
function minimum({ kind, metadata }: Manifest, manifests: Manifest[]): unknown {
    const scaler = manifests.find((each) => {
        const target = mapAt(each.spec, "scaleTargetRef");
        return (
            each.kind === "HorizontalPodAutoscaler" &&
            each.metadata.namespace === metadata.namespace &&
            target.kind === kind &&
            target.name === metadata.name
        );
    });
    return scaler && (mapAt(scaler.spec).minReplicas ?? 1);
}

function claimed(claim: Group): unknown {
    return mapAt(claim.resources, "requests").storage;
}

function read(value: unknown): number {
    if (typeof value === "number") return value;
    return (typeof value === "string" && quantity(value)) || 0;
}
