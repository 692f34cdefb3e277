import { isRecord, listAt, type Manifest, mapAt } from "../objects";

/** Parts of a hidden pod, in Kubernetes' own fields. */
export interface PodParts {
    name: string;
    namespace: string | undefined;
    labels: Record<string, unknown>;
    annotations: Record<string, unknown>;
    spec: Record<string, unknown>;
}

/** A Pod document. Fields that are undefined are left out. */
export function pod({ name, namespace, labels, annotations, spec }: PodParts): Manifest {
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
            name,
            ...(namespace ? { namespace } : {}),
            ...(Object.keys(labels).length ? { labels: strings(labels) } : {}),
            ...(Object.keys(annotations).length ? { annotations: strings(annotations) } : {}),
        },
        spec: defined(spec),
    };
}

/** A map without the entries that are undefined. */
export function defined(map: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));
}

/** The pod of a template, as whoever copies templates makes it. */
export function podOfTemplate(template: unknown, name: string, namespace: string | undefined): Manifest {
    return pod({
        name,
        namespace,
        labels: mapAt(template, "metadata", "labels"),
        annotations: mapAt(template, "metadata", "annotations"),
        spec: structuredClone(mapAt(template, "spec")),
    });
}

/** Paths of the pod templates in Kubernetes' own kinds. */
const templates: Record<string, string[]> = {
    CronJob: ["spec", "jobTemplate", "spec", "template"],
    DaemonSet: ["spec", "template"],
    Deployment: ["spec", "template"],
    Job: ["spec", "template"],
    ReplicaSet: ["spec", "template"],
    ReplicationController: ["spec", "template"],
    StatefulSet: ["spec", "template"],
};

/** The pod that an object of Kubernetes' own kinds stands for, as a Pod; nothing for one that stands for none. */
export function podOf(manifest: Manifest): Manifest | undefined {
    if (manifest.kind === "Pod" && manifest.apiVersion === "v1") return manifest;
    const path = templates[manifest.kind];
    if (!path || manifest.apiVersion.includes(".")) return undefined;
    const pod = podOfTemplate(mapAt(manifest, ...path), manifest.metadata.name, manifest.metadata.namespace);
    const claims = listAt(manifest, "spec", "volumeClaimTemplates");
    if (claims.length > 0) {
        const spec = mapAt(pod, "spec");
        pod.spec = { ...spec, volumes: [...listAt(spec, "volumes"), ...claims.map(volumeOf)] };
    }
    return pod;
}

/** The volume that a StatefulSet's pod has of a claim. */
function volumeOf(claim: Record<string, unknown>): Record<string, unknown> {
    const name = mapAt(claim, "metadata").name;
    return { name, persistentVolumeClaim: { claimName: `${String(name)}-0` } };
}

/** The pod specs anywhere inside a value, with the path at which each stands. */
export function podSpecsIn(value: unknown, path: string[] = []): { path: string[]; holder: Record<string, unknown> }[] {
    if (Array.isArray(value)) return value.flatMap((item, index) => podSpecsIn(item, [...path, String(index)]));
    if (!isRecord(value)) return [];
    const containers = listAt(value, "containers");
    if (containers.some(({ image, name }) => typeof image === "string" && typeof name === "string"))
        return [{ path, holder: value }];
    return Object.entries(value).flatMap(([key, item]) => podSpecsIn(item, [...path, key]));
}

function strings(map: Record<string, unknown>): Record<string, string> {
    return Object.fromEntries(
        Object.entries(map).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    );
}
