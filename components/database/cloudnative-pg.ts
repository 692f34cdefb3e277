import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../../config/schema";
import { DatabaseConfig } from "../../config/sections/database";
import { cloudNativePgImage } from "../../config/versions";
import { kubernetesProvider as connection } from "../cluster";
import { caFile, ClientPeer, Database, DatabaseKey, OperatorRef, Peer, SecretRef } from "../contracts";
import { labels, usesLabel } from "../labels";
import { stackLabel } from "../namespace";
import { fromPods, Network, networkPolicies, PolicySpec } from "../network";
import { statusPort } from "../operators/cloudnative-pg";
import { passwordOverrides, secretVersionOf } from "../rotation";
import { Server, ServerArgs } from "../server";
import { account, accounts, accountSecrets } from "./accounts";
import { apiVersion, clusterSpec, databaseSpec, instanceLabels } from "./cluster";

export interface CloudNativePgArgs extends ServerArgs, Omit<DatabaseConfig, "kind" | "external"> {
    /** The cluster, as in the stack's config. */
    kubernetes: PlatformConfig["kubernetes"];
    /** Policy rules for the API server. */
    network: Network;
    /** Makes it, and must be let in. */
    operator: OperatorRef;
}

/** Port of the Service. */
const port = 5432;

/** With it the operator reads a changed Secret at once, and not hours later. */
const reload = { "cnpg.io/reload": "true" };

/** Seconds that the servers may take to be Ready: images, volumes, and one copy of the data after the other. */
const timeoutSeconds = 900;

/**
 * PostgreSQL by CloudNativePG: one server that writes and others that take over from it, TLS only, a database and a role for each
 * application that others can't open.
 *
 * The volumes belong to the object `Cluster`, and Kubernetes deletes them with it. So where `retain` is set a destroy leaves that
 * object, and with it volumes and servers, which go on running unattended; a stack made anew in the same namespace takes it over,
 * with its own passwords, certificate and settings. Until then `kubectl delete pod -l cnpg.io/cluster=<name>` stops the servers
 * without touching their data, and `kubectl delete cluster.postgresql.cnpg.io <name>` deletes all.
 *
 * There are no backups by it: replicas save from a lost node, not from a wrong DELETE.
 */
export class CloudNativePg extends Server implements Database {
    readonly host: string;
    readonly port = port;
    readonly peer: Peer;
    readonly caFile = caFile;
    readonly sslMode = "verify-full";
    readonly ready: pulumi.Resource;

    private readonly users: Record<string, SecretRef<DatabaseKey>>;

    constructor(name: string, args: CloudNativePgArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:database:CloudNativePg", name, args.authority, opts);
        const child = { parent: this };
        const { namespace, credentials = {}, rotation, authority, retain, operator } = args;

        // The Service that always leads to the server that writes; its name is known before it is there.
        const service = `${name}-rw`;
        this.host = `${service}.${namespace.name}.svc`;
        this.users = accountSecrets(
            name,
            {
                namespace,
                rotation,
                secretVersion: secretVersionOf(name, rotation, passwordOverrides(credentials, "database"), child),
                address: { host: this.host, port, sslMode: this.sslMode, caFile },
                accounts: accounts(),
                credentials,
                labels: reload,
                // As the operator's documentation wants it.
                type: "kubernetes.io/basic-auth",
            },
            child,
        );
        const certificate = authority.certificate(name, {
            namespace,
            service,
            dnsNames: [...names(`${name}-ro`, namespace.name), ...names(`${name}-r`, namespace.name)],
            secretLabels: reload,
        });
        const policies = networkPolicies(
            policiesOf(name, args.network, operator.peer),
            { namespace, component: "database" },
            child,
        );

        const cluster = new k8s.apiextensions.CustomResource(
            name,
            {
                apiVersion,
                kind: "Cluster",
                metadata: {
                    name,
                    namespace: namespace.ready,
                    labels: labels({ name, component: "database" }),
                    annotations: {
                        "pulumi.com/waitFor": "condition=Ready",
                        "pulumi.com/timeoutSeconds": String(timeoutSeconds),
                        // One that was kept carries the marks of the stack that is gone.
                        ...(retain ? { "pulumi.com/patchForce": "true" } : {}),
                    },
                },
                spec: clusterSpec(name, {
                    ...args,
                    image: image(args.images.mirror),
                    pullPolicy: args.images.pullPolicy,
                    accounts: accounts(),
                    secretOf: (application) => this.users[application].name,
                    certificate: certificate.secretName,
                }),
            },
            {
                ...child,
                dependsOn: [
                    ...operator.ready,
                    ...Object.values(this.users).map(({ resource }) => resource),
                    certificate.ready,
                    ...policies,
                ],
                protect: args.protect,
                retainOnDelete: retain,
                ...(retain ? { provider: connection(`${name}-adopting`, args.kubernetes, true) } : {}),
            },
        );

        // Whoever depends on it waits for all that is in it.
        const databases = new pulumi.ComponentResource(
            "data-platform:database:Databases",
            `${name}-databases`,
            {},
            child,
        );
        for (const each of accounts()) {
            const own = `${name}-${each.application}`;
            new k8s.apiextensions.CustomResource(
                own,
                {
                    apiVersion,
                    kind: "Database",
                    metadata: {
                        name: own,
                        namespace: namespace.ready,
                        labels: labels({ name: own, component: "database" }),
                        annotations: {
                            "pulumi.com/waitFor": "jsonpath={.status.applied}=true",
                            "pulumi.com/timeoutSeconds": "180",
                        },
                    },
                    spec: databaseSpec(name, each),
                },
                {
                    parent: databases,
                    dependsOn: [cluster],
                    // The server that writes lets it go; without one a destroy ends here, and says so.
                    customTimeouts: { delete: "180s" },
                },
            );
        }
        this.ready = databases;

        this.peer = this.peerOf(namespace, instanceLabels(name), port);
        this.registerOutputs({ host: this.host });
    }

    credentials(application: string): SecretRef<DatabaseKey> {
        return account(this.users, application);
    }
}

/** PostgreSQL's image, from upstream's registry or where it is mirrored, with its path kept. */
function image(mirror: string | undefined): string {
    return mirror ? cloudNativePgImage.replace(/^[^/]+/, mirror) : cloudNativePgImage;
}

/** By which names one of the operator's Services is called inside the cluster. */
function names(service: string, namespace: string): string[] {
    const inNamespace = `${service}.${namespace}`;
    return [service, inNamespace, `${inNamespace}.svc`, `${inNamespace}.svc.cluster.local`];
}

/**
 * Network policies of the servers, and of the jobs that make servers: clients and copies of the data come in, the operator asks for their
 * state, servers ask each other whether they are cut off, and all of them talk to the API server.
 */
function policiesOf(name: string, { apiServer }: Network, peer: ClientPeer): Record<string, PolicySpec> {
    const ports = (...all: number[]) => all.map((each) => ({ protocol: "TCP", port: each }));
    const servers = { podSelector: { matchLabels: instanceLabels(name) } };
    const jobs = {
        podSelector: {
            matchLabels: { "cnpg.io/cluster": name },
            matchExpressions: [{ key: "cnpg.io/jobRole", operator: "Exists" }],
        },
    };
    const operator = fromPods(peer);
    const clients = {
        namespaceSelector: { matchLabels: stackLabel() },
        podSelector: { matchLabels: usesLabel(name) },
    };
    return {
        [name]: {
            ...servers,
            policyTypes: ["Ingress", "Egress"],
            ingress: [
                { from: [clients, servers, jobs], ports: ports(port) },
                { from: [servers, operator], ports: ports(statusPort) },
            ],
            egress: [{ to: [servers], ports: ports(port, statusPort) }, apiServer],
        },
        [`${name}-jobs`]: {
            ...jobs,
            policyTypes: ["Ingress", "Egress"],
            egress: [{ to: [servers], ports: ports(port) }, apiServer],
        },
    };
}
