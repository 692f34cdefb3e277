import { dirname } from "node:path/posix";

import * as pulumi from "@pulumi/pulumi";

import {
    caFile,
    NamedWay,
    NamespaceRef,
    Peer,
    SecretRef,
    StoreIdentity,
    TlsServer,
    WorkloadSecret,
} from "../contracts";
import { proxyEnvironment, proxyVariables } from "../egress/environment";
import { EtlArgs, EtlVolume } from "./args";
import { isNamed } from "./egress";
import { ownSecrets } from "./own-secrets";

/** Settings, volumes and peers of a workload, by the handles that it was given. */
export interface Bindings {
    env: Record<string, pulumi.Input<string>>;
    volumes: EtlVolume[];
    /** Secrets that its pods read: with another round of one they are made anew. */
    secrets: WorkloadSecret[];
    /** Systems that its NetworkPolicy must let it reach. */
    peers: Peer[];
    /** Resources to depend on before starting it. */
    dependsOn: pulumi.Resource[];
}

/** Mount path of credentials, a directory a system. */
const credentials = "/var/run/data-platform";

/** Properties that all systems have in common. */
type System = TlsServer & { ready: pulumi.Resource } & ({ peer: Peer } | { peers: readonly Peer[] });

/** Turns handles into settings, files and reachable peers. Secrets are copied into the workload's namespace and mounted as files. */
export function bind(name: string, args: EtlArgs): Bindings {
    const wirings = [...[...stream(args), ...store(args), ...tracking(args), ...database(args)], ...byName(name, args)];
    const services = (args.services ?? []).flatMap(({ peer }) => (peer ? [peer] : []));
    return {
        env: Object.assign({}, ...wirings.map(({ env }) => env)) as Bindings["env"],
        volumes: unique(wirings.flatMap(({ volumes }) => volumes)),
        secrets: [...wirings.flatMap(({ secrets }) => secrets), ...ownSecrets(args)],
        peers: [...wirings.flatMap(({ peers }) => peers), ...services],
        dependsOn: [...new Set(wirings.flatMap(({ dependsOn }) => dependsOn))],
    };
}

function stream({ namespace, stream: handle }: EtlArgs): Bindings[] {
    if (!handle) return [];
    const { from, as } = handle;
    const env = {
        KAFKA_BOOTSTRAP: from.bootstrap,
        KAFKA_SECURITY_PROTOCOL: from.protocol,
        KAFKA_SASL_MECHANISM: from.mechanism,
        KAFKA_CREDENTIALS_DIR: `${credentials}/kafka`,
    };
    return [system("kafka", from, from.user(as), { namespace, env, caVariable: "KAFKA_CA_FILE" })];
}

function store({ namespace, store: handle }: EtlArgs): Bindings[] {
    if (!handle) return [];
    const { from, as } = handle;
    const keys = from.credentials(as);
    const env = {
        S3_ENDPOINT: from.endpoint,
        S3_REGION: from.region,
        ...(from.pathStyle ? {} : { S3_PATH_STYLE: "false" }),
        ...(keys
            ? {
                  S3_CREDENTIALS_DIR: `${credentials}/s3`,
                  // The same for programs that leave their keys to AWS' own clients.
                  AWS_SHARED_CREDENTIALS_FILE: `${credentials}/s3/credentials`,
              }
            : {}),
        ...from.identity(as)?.env,
    };
    return [system("s3", from, keys, { namespace, env, caVariable: "S3_CA_FILE", file: from.caFile })];
}

/** Identity of a workload's account outside of the cluster, if it has one. */
export function identityOf({
    identity,
    store: handle,
}: Partial<Pick<EtlArgs, "identity" | "store">>): StoreIdentity | undefined {
    return identity ?? handle?.from.identity(handle.as);
}

/** Annotations of a workload's account: those of its identity, and the author's. */
export function accountOf(args: EtlArgs): Pick<StoreIdentity, "annotations"> | undefined {
    const identity = identityOf(args);
    return args.accountAnnotations
        ? { annotations: { ...identity?.annotations, ...args.accountAnnotations } }
        : identity;
}

/** Its name and password come as files: what MLflow itself reads from the environment is set by who needs it. */
function tracking({ namespace, tracking: handle }: EtlArgs): Bindings[] {
    if (!handle) return [];
    const { from, as } = handle;
    const env = { MLFLOW_TRACKING_URI: from.uri, MLFLOW_CREDENTIALS_DIR: `${credentials}/mlflow` };
    const caVariable = "MLFLOW_TRACKING_SERVER_CERT_PATH";
    return [system("mlflow", from, from.credentials(as), { namespace, env, caVariable })];
}

/** All in files, the whole `uri` too; that names the CA's file itself. */
function database({ namespace, database: handle }: EtlArgs): Bindings[] {
    if (!handle) return [];
    const { from, as } = handle;
    const env = { DATABASE_CREDENTIALS_DIR: `${credentials}/database` };
    return [system("database", from, from.credentials(as), { namespace, env, file: from.caFile })];
}

/** Hosts that it names, and how its programs get there. */
function byName(name: string, args: EtlArgs): Bindings[] {
    const way = wayByName(name, args);
    if (!way) return [];
    const env = way.proxy ? proxyEnvironment(way.proxy, directHosts(args)) : {};
    return [{ env, volumes: [], secrets: [], peers: way.peers, dependsOn: way.ready }];
}

/** The way to the hosts that a workload names; none for one that names none. */
export function wayByName(name: string, { namespace, egress = [] }: EtlArgs): NamedWay | undefined {
    const hosts = egress.filter(isNamed);
    return hosts.length === 0 ? undefined : namespace.egress?.open({ namespace: namespace.name, name }, hosts);
}

/** Hosts that a workload reaches without a proxy, wherever they are: those of the systems that it uses. */
export function directHosts({ store: objects, tracking: runs, database: rows }: Partial<Handles>): string[] {
    const urls = [objects?.from.endpoint, runs?.from.uri].flatMap((url) => (url ? [new URL(url).hostname] : []));
    return [...urls, ...(rows ? [rows.from.host] : [])];
}

interface SystemOptions {
    namespace: NamespaceRef;
    env: Record<string, pulumi.Input<string>>;
    /** Environment variable that names the CA's file; left out where the CA is a public one. @default none */
    caVariable?: string;
    /** Path at which the CA's file must be mounted. @default where every pod of ours has it */
    file?: string;
}

function system(name: string, from: System, user: SecretRef | undefined, options: SystemOptions): Bindings {
    const { namespace, env, caVariable, file = caFile } = options;
    const secret = user?.in(namespace);
    const bundle = from.trust(namespace);
    return {
        env: { ...env, ...(bundle && caVariable ? { [caVariable]: file } : {}) },
        volumes: [
            ...(secret ? [credentialsVolume(name, secret)] : []),
            ...(bundle ? [trustVolume(file === caFile ? "ca" : `${name}-ca`, file, bundle)] : []),
        ],
        secrets: secret ? [secret] : [],
        peers: "peers" in from ? [...from.peers] : [from.peer],
        dependsOn: [from.ready, ...(secret ? [secret.resource] : []), ...(bundle ? [bundle.ready] : [])],
    };
}

function credentialsVolume(name: string, secret: SecretRef): EtlVolume {
    return { name: `${name}-credentials`, mountPath: `${credentials}/${name}`, kind: "secret", secret };
}

function trustVolume(name: string, file: string, bundle: { secretName: string; ready: pulumi.Resource }): EtlVolume {
    return { name, mountPath: dirname(file), kind: "trust", bundle };
}

/** Systems of one CA share its volume. */
function unique(volumes: EtlVolume[]): EtlVolume[] {
    return [...new Map(volumes.map((volume) => [volume.name, volume])).values()];
}

/** Arguments that are handles on systems. */
type Handles = Pick<EtlArgs, "stream" | "store" | "tracking" | "database">;

/** Variables that `bind` may set for each handle; a test holds them against what it does. */
const variablesOf: Record<keyof Handles, string[]> = {
    stream: ["BOOTSTRAP", "SECURITY_PROTOCOL", "SASL_MECHANISM", "CREDENTIALS_DIR", "CA_FILE"].map(
        (key) => `KAFKA_${key}`,
    ),
    store: [
        ...["ENDPOINT", "REGION", "PATH_STYLE", "CREDENTIALS_DIR", "CA_FILE"].map((key) => `S3_${key}`),
        "AWS_SHARED_CREDENTIALS_FILE",
    ],
    tracking: ["TRACKING_URI", "CREDENTIALS_DIR", "TRACKING_SERVER_CERT_PATH"].map((key) => `MLFLOW_${key}`),
    database: ["DATABASE_CREDENTIALS_DIR"],
};

/** Names of systems in the paths of their files. */
const filesOf: Record<keyof Handles, string> = {
    stream: "kafka",
    store: "s3",
    tracking: "mlflow",
    database: "database",
};

const systems = Object.keys(variablesOf) as (keyof Handles)[];

/** Variables that are the platform's in a workload, each with what sets it. */
export function boundVariables(args: Handles & Partial<Pick<EtlArgs, "egress" | "namespace">>): Record<string, string> {
    const { store: handle, egress = [] } = args;
    const own = systems.filter((each) => args[each]).flatMap((each) => variablesOf[each].map((name) => [name, each]));
    const identity = Object.keys(handle?.from.identity(handle.as)?.env ?? {}).map((name) => [name, "store"]);
    const proxied = egress.some(isNamed) ? proxyVariables.map((name) => [name, "egress by name"]) : [];
    return Object.fromEntries([["RESULT_FILE", "the platform"], ...own, ...identity, ...proxied]) as Record<
        string,
        string
    >;
}

/** Volumes that `bind` may mount for each handle, by name and place: the same test holds them against what it does. */
export function boundVolumes(args: Handles): EtlVolume[] {
    const used = systems.filter((each) => args[each]);
    const files = used.flatMap((each) => {
        const name = filesOf[each];
        const from = args[each]?.from;
        const own = from && "caFile" in from && from.caFile && from.caFile !== caFile ? from.caFile : undefined;
        return [
            { name: `${name}-credentials`, mountPath: `${credentials}/${name}` },
            ...(own ? [{ name: `${name}-ca`, mountPath: dirname(own) }] : [{ name: "ca", mountPath: dirname(caFile) }]),
        ];
    });
    return files.map((file) => ({ ...file, kind: "scratch" }));
}
