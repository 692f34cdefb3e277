import * as pulumi from "@pulumi/pulumi";

import {
    Database,
    EventStream,
    NamedHost,
    NamespaceRef,
    ObjectStore,
    Peer,
    SecretKeyRef,
    StoreIdentity,
    Tracking,
    TrustBundle,
    WorkloadSecret,
} from "../contracts";
import { EtlPodArgs } from "./pod-args";
import { EtlResources } from "./resources";
import { Placements, Toleration } from "../placement";

/** A volume of a workload, mounted into each of its containers. */
export type EtlVolume = { name: string; mountPath: string } & (
    | {
          /** Scratch space that goes with the pod: on its node, whose kubelet ends a pod that takes more. */
          kind: "scratch";
          /** @default 1Gi */
          sizeLimit?: string;
          /** StorageClass of a claim that is made with the pod and deleted with it, for more than a node has. @default none, on the node */
          storageClass?: string;
      }
    | {
          /**
           * A token of the workload's account for somebody else, as the file `token`: for clouds that trust the cluster's issuer (Google's
           * Workload Identity Federation, Vault). The kubelet renews it.
           */
          kind: "token";
          /** For whom it is. Never the Kubernetes API. */
          audience: string;
          /** Seconds that it is good for, 600 at least. @default 3600 */
          expiration?: number;
      }
    | { kind: "claim"; claimName: pulumi.Input<string>; readOnly?: boolean }
    | { kind: "configMap"; configMapName: pulumi.Input<string> }
    | {
          kind: "secret";
          secret: WorkloadSecret;
          /** Its files, each with the key that is in it, by their path below the volume. @default one file a key, called like it */
          items?: Record<string, string | { key: string; mode?: number }>;
          /** Mode of its files. @default 0o440: the pod's group reads them, nobody else */
          mode?: number;
      }
    | {
          kind: "trust";
          /** The CA's certificate, as the file `ca.crt`. */
          bundle: TrustBundle;
      }
);

/** A file out of a Secret: `secret.key("service-account.json")`, with its mode where it isn't 0o440. */
export type EtlSecretFile = SecretKeyRef | { key: SecretKeyRef; mode?: number };

/** A container that runs to its end before the workload's own starts, or beside it. Restricted, with the mounts of the workload's own. */
export interface EtlInitContainer {
    name: string;
    /** It runs beside the workload's own and is ended after that. @default false: it runs to its end first */
    sidecar?: boolean;
    /** @default the workload's image */
    image?: pulumi.Input<string>;
    command: string[];
    args?: string[];
    env?: Record<string, pulumi.Input<string>>;
    /** Variables from a Secret's key, as the workload's own. @default none */
    secretEnv?: Record<string, SecretKeyRef>;
    resources: EtlResources;
}

/** Somewhere outside the platform that a workload may connect to; everything else is closed. */
export type EtlEgress = NamedHost | EtlAddressEgress;

/** Addresses outside the platform. */
export interface EtlAddressEgress {
    /** Network of the target, e.g. `203.0.113.0/24`. What is in it of link-local addresses and clouds' metadata stays closed. */
    cidr: string;
    port: number;
    /** Reason for a range of half the world (IPv4 wider than /8, IPv6 wider than /24), for whoever looks at the change. @default none */
    reason?: string;
}

/** Arguments that all forms of a workload have in common. */
export interface EtlArgs extends EtlPodArgs {
    /** Namespace that it runs in; must allow `restricted` pods. */
    namespace: NamespaceRef;
    /** Full image name with its tag. */
    image: string;
    /** @default IfNotPresent */
    pullPolicy?: string;
    command: string[];
    args?: string[];
    /** Plain settings; never a secret. */
    env?: Record<string, pulumi.Input<string>>;
    /** Environment variables from a Secret's key (`secret.key("password")`), for programs that can't read a file. */
    secretEnv?: Record<string, SecretKeyRef>;
    /**
     * Files out of Secrets by their absolute path, in each of its containers: `{ "/app/service-account.json": gcs.key("service-account.json") }`.
     * What else the image has in that directory stays there. @default none
     */
    secretFiles?: Record<string, EtlSecretFile>;
    volumes?: EtlVolume[];
    initContainers?: EtlInitContainer[];
    /** CPU and memory, and what else is counted: `ephemeral-storage`, and among the limits devices such as `"nvidia.com/gpu": 1`. */
    resources: EtlResources;
    /** The event stream, and the application as which to use it: settings, credentials and the way there come with it. */
    stream?: { from: EventStream; as: string };
    /** The object store, and the application as which to use it. */
    store?: { from: ObjectStore; as: string };
    /** Identity of its account outside of the cluster. @default as the object store knows its application */
    identity?: StoreIdentity;
    /** The tracking server, and the user as whom to use it. */
    tracking?: { from: Tracking; as: string };
    /** The database of one application. */
    database?: { from: Database; as: string };
    /** Services that it connects to, such as an EtlService. @default none */
    services?: { peer: Peer | undefined }[];
    /**
     * Other targets: hosts by their names, `{ host: "api.example.com" }`, or addresses. By name it is a proxy that opens the way
     * (`HTTPS_PROXY` and its like come with it), where the network plugin knows no names. @default none
     */
    egress?: EtlEgress[];
    /** Numeric user of the container, not 0; the cluster's own choice with `kubernetes.podUser: assigned`. @default 10001 */
    user?: number;
    /** The stack's placements, of which `priority` takes one. */
    placements: Pick<Placements, "critical" | "batch">;
    /** Priority: `critical`, which people wait for, makes room for itself; `batch` waits until there is some. @default batch */
    priority?: "critical" | "batch";
    /** Labels that its nodes must have besides the placement's. @default none */
    nodeSelector?: Record<string, string>;
    /** Taints that it puts up with besides the placement's. @default none */
    tolerations?: Toleration[];
}

/** Further arguments of a workload that ends. */
export interface EtlRunArgs extends EtlArgs {
    /** Number of retries of a failed run. @default 3 */
    retries?: number;
    /** Seconds after which a run, its retries included, is stopped and counts as failed. @default 3600 */
    timeout?: number;
}
