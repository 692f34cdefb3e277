import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { canonicalQuantity } from "../../config/canonical";
import { imagePullSecrets } from "../cluster-settings";
import { WorkloadSecret } from "../contracts";
import { labels, labelValue, prefix, versionOf } from "../labels";
import { accountOfPod, identityAnnotations } from "../identity";
import { safeToEvict, doNotDisrupt, Placement, placementValues } from "../placement";
import { restrictedContainer, restrictedPod } from "../restricted";
import { EtlArgs, EtlVolume } from "./args";
import { bind, Bindings, identityOf } from "./bindings";
import { secretVariables } from "./own-secrets";
import { podFields } from "./pod-args";
import { groupReads } from "./places";
import { containerResources } from "./resources";
import { fileVolumes } from "./secret-files";
import { isReadOnly, volumesOf } from "./volumes";

type PodTemplate = k8s.types.input.core.v1.PodTemplateSpec;
type Container = k8s.types.input.core.v1.Container;

/** The group that owns mounted files, so that the container's user can read them. */
const group = 10001;

export interface PodOptions {
    restartPolicy: "Never" | "OnFailure" | "Always";
    /** Merged into the main container: ports and probes of a service. */
    container?: Partial<Container>;
    /** Merged into the pod: what only one form of workload needs. */
    pod?: Partial<k8s.types.input.core.v1.PodSpec>;
    /** @default none */
    annotations?: Record<string, string>;
    /** Volumes of the platform's own that only one form of workload needs. @default none */
    volumes?: EtlVolume[];
}

/** The pod of a workload: restricted, with its own ServiceAccount without a token, its settings from handles and arguments. */
export function podTemplate(name: string, args: EtlArgs, options: PodOptions): PodTemplate {
    const bindings = bind(name, args);
    const user = args.user ?? group;
    const volumes = volumesOf([...bindings.volumes, ...(options.volumes ?? [])], args.volumes, args.tmpSize);
    const files = fileVolumes(args.secretFiles);
    const mounts = volumes.map((volume) => ({
        name: volume.name,
        mountPath: volume.mountPath,
        ...(isReadOnly(volume) ? { readOnly: true } : {}),
    }));
    const common = {
        imagePullPolicy: args.pullPolicy ?? "IfNotPresent",
        securityContext: restrictedContainer(),
        volumeMounts: [...mounts, ...files.mounts],
    };
    return {
        metadata: {
            labels: podLabels(name, args, bindings),
            annotations: {
                // A run that is cut off starts anew; one of a service's pods is soon stood in for.
                ...(options.restartPolicy === "Always" ? safeToEvict : doNotDisrupt),
                ...rotations(bindings.secrets),
                ...identityAnnotations(identityOf(args)),
                ...accountOfPod(args.accountAnnotations).annotations,
                ...args.podAnnotations,
                ...options.annotations,
            },
        },
        spec: {
            serviceAccountName: name,
            ...imagePullSecrets(),
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            restartPolicy: options.restartPolicy,
            terminationGracePeriodSeconds: 30,
            ...placementValues(placementOf(args)),
            securityContext: restrictedPod({ runAsUser: user, runAsGroup: user, fsGroup: group }),
            initContainers: args.initContainers?.map((init) => ({
                ...common,
                name: init.name,
                image: init.image ?? args.image,
                command: init.command,
                args: init.args,
                env: [...variables({ HOME: "/tmp", ...bindings.env, ...init.env }), ...secretVariables(init.secretEnv)],
                resources: containerResources(init.resources),
                ...(init.sidecar ? { restartPolicy: "Always" } : {}),
            })),
            containers: [
                {
                    ...common,
                    name,
                    image: args.image,
                    command: args.command,
                    args: args.args,
                    env: [
                        // The last words of a run, kept with the pod: its result, or why it failed.
                        ...variables({
                            HOME: "/tmp",
                            RESULT_FILE: "/dev/termination-log",
                            ...bindings.env,
                            ...args.env,
                        }),
                        ...secretVariables(args.secretEnv),
                    ],
                    resources: containerResources(args.resources),
                    terminationMessagePath: "/dev/termination-log",
                    terminationMessagePolicy: "FallbackToLogsOnError",
                    ...options.container,
                },
            ],
            volumes: [...volumes.map(source), ...files.volumes],
            ...options.pod,
            ...podFields(name, args),
        },
    };
}

/** The placement of a workload's priority, and what it asks of its nodes besides. */
function placementOf({ placements, priority = "batch", nodeSelector, tolerations }: EtlArgs): Placement {
    const chosen = placements[priority];
    return {
        ...chosen,
        ...(nodeSelector ? { nodeSelector: { ...chosen.nodeSelector, ...nodeSelector } } : {}),
        ...(tolerations ? { tolerations: [...(chosen.tolerations ?? []), ...tolerations] } : {}),
    };
}

/** Labels of a workload's pods; those of the systems that it uses let it in there. */
export function podLabels(name: string, args: EtlArgs, bindings: Bindings): Record<string, string> {
    return {
        ...labels({ name, component: "etl", version: versionOf(args.image) }),
        ...accountOfPod(args.accountAnnotations).labels,
        ...(Object.assign({}, ...bindings.peers.map(({ clientLabels }) => clientLabels)) as Record<string, string>),
    };
}

/** A replaced password is read only by a new pod: its round stands in the pod's annotations, so that one is made. */
function rotations(secrets: WorkloadSecret[]): Record<string, pulumi.Input<string>> {
    return Object.fromEntries(
        secrets.map(({ name, secretVersion }) => [`${prefix}/${labelValue(`rotation-${name}`)}`, secretVersion]),
    );
}

function variables(env: Record<string, pulumi.Input<string>>) {
    return Object.entries(env).map(([name, value]) => ({ name, value }));
}

function source(volume: EtlVolume): k8s.types.input.core.v1.Volume {
    switch (volume.kind) {
        case "scratch":
            return { name: volume.name, ...scratch(volume) };
        case "claim":
            return {
                name: volume.name,
                persistentVolumeClaim: { claimName: volume.claimName, readOnly: volume.readOnly },
            };
        case "token": {
            const { audience, expiration: expirationSeconds = 3600 } = volume;
            const serviceAccountToken = { audience, expirationSeconds, path: "token" };
            return { name: volume.name, projected: { sources: [{ serviceAccountToken }], defaultMode: groupReads } };
        }
        case "configMap":
            return { name: volume.name, configMap: { name: volume.configMapName } };
        case "trust":
            return {
                name: volume.name,
                secret: {
                    secretName: volume.bundle.secretName,
                    // Beside it lies a private key, which is nobody's business.
                    items: [{ key: "ca.crt", path: "ca.crt" }],
                    defaultMode: 0o440,
                },
            };
        case "secret":
            return {
                name: volume.name,
                secret: {
                    secretName: volume.secret.name,
                    ...(volume.items ? { items: Object.entries(volume.items).map(itemOf) } : {}),
                    defaultMode: volume.mode ?? groupReads,
                },
            };
    }
}

function itemOf([path, item]: [string, string | { key: string; mode?: number }]) {
    return typeof item === "string" ? { key: item, path } : { ...item, path };
}

/** Space on the node, or on a claim that is made and deleted with the pod. */
function scratch({ sizeLimit = "1Gi", storageClass }: Extract<EtlVolume, { kind: "scratch" }>) {
    const storage = canonicalQuantity(sizeLimit);
    if (storageClass === undefined) return { emptyDir: { sizeLimit: storage } };
    const spec = {
        accessModes: ["ReadWriteOnce"],
        storageClassName: storageClass,
        resources: { requests: { storage } },
    };
    return { ephemeral: { volumeClaimTemplate: { spec } } };
}
