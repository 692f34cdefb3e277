import { listAt, type Manifest, mapAt } from "../objects";
import { defined, pod } from "./pod";

/** Settings that the operator gives each container of its own accord; `true` and `ALL` can't be taken back by the Cluster. */
const containerContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
};

/** The user of PostgreSQL in CloudNativePG's images. */
const defaultUser = 26;

/** The pods that the operator makes of a Cluster: an instance, and the Job that makes its first data directory. */
export function cloudNativePgPods(cluster: Manifest): Manifest[] {
    const spec = mapAt(cluster, "spec");
    return [
        instance(cluster, `${cluster.metadata.name}-1`, "postgres", {
            labels: {
                "cnpg.io/podRole": "instance",
                "cnpg.io/instanceName": `${cluster.metadata.name}-1`,
                role: "primary",
            },
            probes: true,
        }),
        instance(cluster, `${cluster.metadata.name}-1-initdb`, "initdb", {
            labels: { "cnpg.io/jobRole": "initdb" },
        }),
        ...(Number(spec.instances ?? 1) > 1
            ? [instance(cluster, `${cluster.metadata.name}-2-join`, "join", { labels: { "cnpg.io/jobRole": "join" } })]
            : []),
    ];
}

function instance(
    { metadata, spec: given }: Manifest,
    name: string,
    container: string,
    { labels, probes = false }: { labels: Record<string, string>; probes?: boolean },
): Manifest {
    const spec = mapAt({ given }, "given");
    const image = spec.imageName ?? "ghcr.io/cloudnative-pg/postgresql:operator-default";
    const resources = spec.resources;
    const securityContext = { ...containerContext, ...mapAt(spec, "securityContext") };
    const user = Number(spec.postgresUID ?? defaultUser);
    const group = Number(spec.postgresGID ?? defaultUser);
    const seccompProfile = spec.seccompProfile ?? { type: "RuntimeDefault" };
    const mounts = [
        { name: "pgdata", mountPath: "/var/lib/postgresql/data" },
        { name: "scratch-data", mountPath: "/run" },
    ];
    const probe = (path: string) => ({ httpGet: { path, port: 8000, scheme: "HTTPS" }, timeoutSeconds: 5 });
    const common = { image, imagePullPolicy: spec.imagePullPolicy, resources, securityContext, volumeMounts: mounts };
    return pod({
        name,
        namespace: metadata.namespace,
        labels: {
            ...mapAt(spec, "inheritedMetadata", "labels"),
            "cnpg.io/cluster": metadata.name,
            ...labels,
        },
        annotations: mapAt(spec, "inheritedMetadata", "annotations"),
        spec: {
            serviceAccountName: metadata.name,
            ...(spec.imagePullSecrets ? { imagePullSecrets: spec.imagePullSecrets } : {}),
            restartPolicy: probes ? undefined : "Never",
            securityContext: {
                runAsNonRoot: true,
                runAsUser: user,
                runAsGroup: group,
                fsGroup: group,
                seccompProfile,
                ...mapAt(spec, "podSecurityContext"),
            },
            initContainers: [defined({ name: "bootstrap-controller", ...common })],
            containers: [
                defined({
                    name: container,
                    ...common,
                    env: listAt(spec, "env").length ? spec.env : undefined,
                    ...(probes
                        ? {
                              ports: [
                                  { name: "postgresql", containerPort: 5432, protocol: "TCP" },
                                  { name: "metrics", containerPort: 9187, protocol: "TCP" },
                                  { name: "status", containerPort: 8000, protocol: "TCP" },
                              ],
                              readinessProbe: probe("/readyz"),
                              livenessProbe: probe("/healthz"),
                              startupProbe: probe("/startupz"),
                          }
                        : {}),
                }),
            ],
            volumes: [
                { name: "pgdata", persistentVolumeClaim: { claimName: `${metadata.name}-1` } },
                { name: "scratch-data", emptyDir: sizeLimit(spec) },
            ],
            nodeSelector: mapAt(spec, "affinity").nodeSelector,
            tolerations: mapAt(spec, "affinity").tolerations,
            topologySpreadConstraints: spec.topologySpreadConstraints,
            priorityClassName: spec.priorityClassName,
            schedulerName: spec.schedulerName,
        },
    });
}

function sizeLimit(spec: Record<string, unknown>): Record<string, unknown> {
    const limit = mapAt(spec, "ephemeralVolumesSizeLimit").temporaryData;
    return limit ? { sizeLimit: limit } : {};
}
