import * as pulumi from "@pulumi/pulumi";

import {
    Database,
    EventStream,
    NamespaceRef,
    ObjectStore,
    Peer,
    SecretKeyRef,
    SecretRef,
    StoreIdentity,
    Tracking,
    TrustBundle,
} from "../contracts";
import { Resources } from "../../config/schema";
import { Placements, Toleration } from "../placement";

/** A volume of a workload, mounted into each of its containers. */
export type EtlVolume = { name: string; mountPath: string } & (
    | {
          /** Scratch space that goes with the pod. */
          kind: "scratch";
          /** @default 1Gi */
          sizeLimit?: string;
      }
    | { kind: "claim"; claimName: pulumi.Input<string>; readOnly?: boolean }
    | { kind: "configMap"; configMapName: pulumi.Input<string> }
    | {
          kind: "secret";
          /** The whole Secret, one file a key. */
          secret: SecretRef;
      }
    | {
          kind: "trust";
          /** The CA's certificate, as the file `ca.crt`. */
          bundle: TrustBundle;
      }
);

/** A container that runs to its end before the workload's own starts. */
export interface EtlInitContainer {
    name: string;
    /** @default the workload's image */
    image?: pulumi.Input<string>;
    command: string[];
    args?: string[];
    env?: Record<string, pulumi.Input<string>>;
    resources: Resources;
}

/** Somewhere outside the platform that a workload may connect to; everything else is closed. */
export interface EtlEgress {
    /** Network of the target, e.g. `203.0.113.0/24`. What is in it of link-local addresses and clouds' metadata stays closed. */
    cidr: string;
    port: number;
}

/** Arguments that all forms of a workload have in common. */
export interface EtlArgs {
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
    volumes?: EtlVolume[];
    initContainers?: EtlInitContainer[];
    resources: Resources;
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
    /** Other targets. @default none */
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
