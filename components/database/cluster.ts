import { Resources } from "../../config/schema";
import { canonicalQuantity } from "../../config/canonical";
import { quantity } from "../../config/units";
import { imagePullSecrets } from "../cluster-settings";
import { safeToEvict, doNotDisrupt, Placement, spread, Toleration } from "../placement";
import { prefix } from "../labels";
import { Account } from "./accounts";

/** The group and version of CloudNativePG's kinds. */
export const apiVersion = "postgresql.cnpg.io/v1";

/** The name of something in the same namespace. */
interface Named {
    name: string;
}

/** As much of the spec of CloudNativePG's `Cluster` as is used here. */
export interface ClusterSpec {
    instances: number;
    imageName: string;
    imagePullPolicy: string;
    imagePullSecrets?: Named[];
    inheritedMetadata: { labels: Record<string, string>; annotations: Record<string, string> };
    bootstrap: { initdb: { database: string; owner: string; secret: Named; dataChecksums: boolean } };
    managed: {
        roles: {
            name: string;
            ensure: "present" | "absent";
            login: boolean;
            superuser: boolean;
            createdb: boolean;
            passwordSecret: Named;
        }[];
    };
    enableSuperuserAccess: boolean;
    certificates: { serverTLSSecret: string; serverCASecret: string };
    postgresql: {
        parameters: Record<string, string>;
        pg_hba: string[];
        synchronous?: {
            method: "any" | "first";
            number: number;
            dataDurability: "required" | "preferred";
            failoverQuorum: boolean;
        };
    };
    primaryUpdateStrategy: "unsupervised" | "supervised";
    primaryUpdateMethod: "switchover" | "restart";
    enablePDB: boolean;
    storage: { size: string; storageClass?: string };
    walStorage?: { size: string; storageClass?: string };
    ephemeralVolumesSizeLimit: { shm: string; temporaryData: string };
    resources: Resources;
    affinity: {
        enablePodAntiAffinity: boolean;
        podAntiAffinityType: "preferred" | "required";
        topologyKey: string;
        nodeSelector?: Record<string, string>;
        tolerations?: Toleration[];
    };
    topologySpreadConstraints: ReturnType<typeof spread>;
    priorityClassName: string;
    monitoring: { disableDefaultQueries: boolean };
}

/** The spec of CloudNativePG's `Database`, as far as it is used here. */
export interface DatabaseSpec {
    cluster: Named;
    name: string;
    owner: string;
    ensure: "present" | "absent";
    databaseReclaimPolicy: "retain" | "delete";
}

export interface ClusterArgs {
    /** Servers, of which one writes. */
    instances: number;
    /** Image of PostgreSQL for the operator, with its tag. */
    image: string;
    pullPolicy: string;
    /** Of each server. */
    resources: Resources;
    /** Volume of each server, e.g. `10Gi`. */
    storage: string;
    /** Further volume of each server for its write-ahead log. @default none, it is on the first */
    walStorage?: string;
    /** @default the cluster's default class */
    storageClass?: string;
    /** Connections at a time. */
    maxConnections: number;
    placement: Placement;
    /** Roles and databases; the first one's are there from the beginning. */
    accounts: Account[];
    /** Name of the Secret of an application. */
    secretOf: (application: string) => string;
    /** Secret with the servers' certificate and its CA. */
    certificate: string;
}

/** Labels of the servers' pods, and of none of the jobs that make them. */
export function instanceLabels(name: string): Record<string, string> {
    return { "cnpg.io/cluster": name, "cnpg.io/podRole": "instance" };
}

/** From how many servers on a commit waits for a second one. */
const quorum = 3;

/** The servers, pure, so that a test can hold it to the CRD. Secrets go in by name only. */
export function clusterSpec(name: string, args: ClusterArgs): ClusterSpec {
    const { instances, placement, accounts, secretOf, certificate } = args;
    const [first] = accounts;
    return {
        instances,
        imageName: args.image,
        imagePullPolicy: args.pullPolicy,
        ...imagePullSecrets(),
        inheritedMetadata: {
            labels: { [`${prefix}/system`]: "database" },
            // Of several the operator makes another one the writer first; for a single one nobody stands in.
            annotations: instances > 1 ? safeToEvict : doNotDisrupt,
        },
        bootstrap: {
            // Without a name of ours the operator would make a role and a database of its own, with a password that nobody asked for.
            initdb: {
                database: first.database,
                owner: first.username,
                secret: { name: secretOf(first.application) },
                dataChecksums: true,
            },
        },
        managed: {
            roles: accounts.map(({ application, username }) => ({
                name: username,
                ensure: "present",
                login: true,
                superuser: false,
                createdb: false,
                passwordSecret: { name: secretOf(application) },
            })),
        },
        enableSuperuserAccess: false,
        // The other two, with which servers know each other, the operator makes and renews itself.
        certificates: { serverTLSSecret: certificate, serverCASecret: certificate },
        postgresql: {
            parameters: { max_connections: String(args.maxConnections), shared_buffers: buffers(args.resources) },
            pg_hba: access(accounts),
            ...(instances >= quorum ? { synchronous } : {}),
        },
        primaryUpdateStrategy: "unsupervised",
        // A new version goes to the others first, and one of them takes over: seconds instead of a restart.
        primaryUpdateMethod: instances > 1 ? "switchover" : "restart",
        // With one server it would keep every node from being drained.
        enablePDB: instances > 1,
        storage: volume(args.storage, args.storageClass),
        ...(args.walStorage ? { walStorage: volume(args.walStorage, args.storageClass) } : {}),
        // What lies in shm counts as memory of the server too.
        ephemeralVolumesSizeLimit: {
            shm: canonicalQuantity(`${mebibytes(args.resources.limits.memory, 4)}Mi`),
            temporaryData: "1Gi",
        },
        resources: args.resources,
        affinity: {
            enablePodAntiAffinity: true,
            podAntiAffinityType: placement.podAntiAffinity ?? "preferred",
            topologyKey: "kubernetes.io/hostname",
            ...(placement.nodeSelector ? { nodeSelector: placement.nodeSelector } : {}),
            ...(placement.tolerations ? { tolerations: placement.tolerations } : {}),
        },
        topologySpreadConstraints: spread(instanceLabels(name)),
        priorityClassName: placement.priorityClassName,
        // Nothing collects them yet.
        monitoring: { disableDefaultQueries: true },
    };
}

function volume(size: string, storageClass: string | undefined) {
    return { size, ...(storageClass ? { storageClass } : {}) };
}

/** As of the single server: half of what it may count on, and a quarter of what it may take at most. */
function buffers({ requests, limits }: Resources): string {
    return `${Math.max(16, Math.min(mebibytes(requests.memory, 2), mebibytes(limits.memory, 4)))}MB`;
}

/** A part of an amount of memory, in whole MiB. */
function mebibytes(memory: string, divisor: number): number {
    return Math.floor(quantity(memory) / divisor / 2 ** 20);
}

/**
 * A commit counts when one of the other servers has it too, so what an application was told is written outlives the writer; and
 * only a server that has it all takes over. With three servers one may be gone and writing goes on. With two it would end with
 * either of them, so there a commit waits for nobody.
 */
const synchronous = { method: "any", number: 1, dataDurability: "required", failoverQuorum: true } as const;

/** Each role gets into its own database, by TLS and password, and nobody gets in elsewhere. The operator's own rules stand before these. */
function access(accounts: Account[]): string[] {
    return [
        ...accounts.map(({ username, database }) => `hostssl ${database} ${username} all scram-sha-256`),
        "host all all all reject",
    ];
}

/** A database, pure. */
export function databaseSpec(cluster: string, { username, database }: Account): DatabaseSpec {
    return {
        cluster: { name: cluster },
        name: database,
        owner: username,
        ensure: "present",
        // Deleted with its servers it is gone anyway. Dropped before them, one connection left open would hold up the whole destroy.
        databaseReclaimPolicy: "retain",
    };
}
