import { dirname } from "node:path/posix";

import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../config/images";
import { ChartConfig } from "../config/sections/charts";
import { TrackingConfig } from "../config/sections/tracking";
import { ciliumPolicy } from "./cilium";
import { caFile, Database, ObjectStore, PodPeer, SecretName, SecretRef, Tracking } from "./contracts";
import { identityAnnotations } from "./identity";
import { imageValue } from "./image-value";
import { chartLabels, labels, prefix, usesLabel } from "./labels";
import { stackLabel } from "./namespace";
import { ciliumWays, egressTo, plainWays } from "./network";
import { safeToEvict, placementValues, spread } from "./placement";
import { passwordOverrides, secretVersionOf } from "./rotation";
import { passwordSecret } from "./secrets";
import { Made, Server, ServerArgs } from "./server";
import { notDeclared } from "./undeclared";

export interface MlflowArgs extends Omit<ServerArgs, "protect"> {
    config: TrackingConfig;
    /** The chart's directory or `oci://` address. */
    chart: string | ChartConfig;
    /** Has databases for the applications `mlflow` and `mlflow-auth`. */
    database: Database;
    /** Has a bucket `models`, which the application `mlflow` may write. */
    store: ObjectStore;
    /** Host name of its Ingress, besides the config's `allowedHosts`. @default none */
    host?: string;
}

/** Port of the API and the pages, HTTPS. */
const port = 5000;

/** Percent of the CPU that servers request, above which there are more of them. */
const targetCpu = 75;

type Login = SecretRef<"username" | "password">;

/** The Secrets of other systems that the server reads, copied into its namespace. */
interface SecretCopies {
    database: SecretRef;
    authDatabase: SecretRef;
    /** None where the store knows the server by its account. */
    store?: SecretRef;
}

/**
 * MLflow: runs, models and their files, which it puts into the object store itself; one user per application.
 *
 * The chart is ours: it brings both databases up to date before the server starts, and makes the users.
 */
export class Mlflow extends Server implements Tracking {
    readonly uri: string;
    readonly peer: PodPeer;
    readonly ready: pulumi.Resource;
    /** Credentials of the administrator, for the pages. */
    readonly admin: Login;

    private readonly users: Record<string, Login>;

    constructor(name: string, args: MlflowArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:tracking:Mlflow", name, args.authority, opts);
        const child = { parent: this };
        const { config, namespace, database, store, credentials = {} } = args;
        const secretVersion = secretVersionOf(name, config.rotation, passwordOverrides(credentials, "tracking"), child);
        const common = { namespace, component: "tracking", rotation: config.rotation, secretVersion };
        const login = (secret: string, user: string) =>
            passwordSecret(
                secret,
                { ...common, plain: { username: user }, passwords: { password: credentials[`tracking.${user}`] } },
                child,
            );

        this.admin = login(`${name}-admin`, "admin");
        this.users = Object.fromEntries(
            config.users.map((user) => [user.name, login(`${name}-user-${user.name}`, user.name)]),
        );
        // Signs forms, so that it may change with the passwords: who has a page open loads it again.
        const keys = passwordSecret(
            `${name}-keys`,
            { ...common, plain: {}, passwords: { flaskSecretKey: undefined } },
            child,
        );

        const secretCopies: SecretCopies = {
            database: database.credentials("mlflow").in(namespace),
            authDatabase: database.credentials("mlflow-auth").in(namespace),
            store: store.credentials("mlflow")?.in(namespace),
        };
        const trusted = [database, store].flatMap((system) => system.trust(namespace) ?? []);

        const named = ciliumWays(peersOf(args).map(egressTo));
        const metadata = { name, namespace: namespace.ready, labels: labels({ name, component: "tracking" }) };
        // Beside the chart's own, for the server and for the job that prepares its databases.
        const policies =
            named.length > 0
                ? [
                      ciliumPolicy(
                          name,
                          { metadata, podSelector: { matchLabels: chartLabels("mlflow", name) }, ways: named },
                          child,
                      ),
                  ]
                : [];

        this.ready = this.install({
            chart: args.chart,
            namespace,
            dnsNames: dnsNames(args),
            secrets: [this.admin, keys, ...Object.values(this.users), ...secretsOf(secretCopies)],
            after: [...trusted.map(({ ready }) => ready), ...policies, database.ready, store.ready],
            values: (tls) =>
                values(name, args, secretCopies, { ...tls, admin: this.admin, keys, users: this.users, secretVersion }),
        });

        this.uri = `https://${name}.${namespace.name}.svc:${port}`;
        this.peer = this.peerOf(namespace, serverLabels(name), port);
        this.registerOutputs({ uri: this.uri });
    }

    credentials(app: string): Login {
        if (app in this.users) return this.users[app];
        throw notDeclared("tracking.users", `has no user "${app}"`, Object.keys(this.users));
    }
}

/** Those Secrets that there are. */
function secretsOf(secretCopies: SecretCopies): SecretRef[] {
    return Object.values(secretCopies).filter((secret: SecretRef | undefined) => secret !== undefined);
}

/** Labels that the chart puts on the servers, and on nothing else. */
const serverLabels = (name: string) => chartLabels("mlflow", name, "server");

/** The systems that it uses. */
const peersOf = ({ database, store }: Pick<MlflowArgs, "database" | "store">) => [database.peer, ...store.peers];

type Outside = Pick<MlflowArgs, "config" | "host">;

/** The names by which it is known outside of the cluster. */
function hosts({ config: { allowedHosts = [] }, host }: Outside): string[] {
    return [...new Set([...allowedHosts, ...(host ? [host] : [])])];
}

/** Those that a certificate can carry: without ports. */
function dnsNames(args: Outside): string[] {
    return [...new Set(hosts(args).map((host) => host.split(":")[0]))];
}

/** Chart values, pure, so that a test can read them. Secrets go in by name only. */
export function values(
    name: string,
    args: MlflowArgs,
    secretCopies: SecretCopies,
    made: Made & { keys: SecretName },
): Record<string, unknown> {
    const { config, namespace, images, database, store } = args;
    const { replicas, maxReplicas = replicas } = config;
    const identity = store.identity("mlflow");
    const peers = peersOf(args);
    return {
        image: imageValue(imageRef("mlflow", images), images.pullPolicy),
        replicas,
        ...(maxReplicas > replicas ? { autoscaling: { enabled: true, maxReplicas, targetCpu } } : {}),
        podDisruptionBudget: { enabled: maxReplicas > 1 },
        topologySpreadConstraints: maxReplicas > 1 ? spread(serverLabels(name)) : [],
        ...placementValues(args.placement),
        resources: config.resources,
        tls: { existingSecret: made.certificate },
        ca: { existingSecret: made.authority },
        // In the cluster the database has the platform's own CA; outside of it maybe another.
        extraTrust: [database, store].flatMap((system) => {
            const trust = system.trust(namespace);
            return trust && system.caFile && system.caFile !== caFile
                ? [{ existingSecret: trust.secretName, directory: dirname(system.caFile) }]
                : [];
        }),
        existingSecret: made.admin.name,
        keys: { existingSecret: made.keys.name },
        users: config.users.map((user) => ({
            name: user.name,
            existingSecret: made.users[user.name].name,
            permission: user.permission,
        })),
        database: { existingSecret: secretCopies.database.name },
        authDatabase: { existingSecret: secretCopies.authDatabase.name },
        artifacts: {
            bucket: store.bucket("models"),
            endpoint: store.endpoint,
            region: store.region,
            pathStyle: store.pathStyle,
            caFile: store.caFile ?? "",
            existingSecret: secretCopies.store?.name ?? "",
            env: identity?.env ?? {},
        },
        serviceAccount: { annotations: identity?.annotations ?? {} },
        allowedHosts: hosts(args),
        service: { port },
        clients: { namespaceLabels: stackLabel(), podLabels: usesLabel(name) },
        egress: plainWays(peers.map(egressTo)),
        podLabels: Object.assign(
            { [`${prefix}/system`]: "tracking" },
            ...peers.map(({ clientLabels }) => clientLabels),
        ),
        // Passwords of other systems, too, are read only by a new pod.
        podAnnotations: {
            ...safeToEvict,
            ...Object.fromEntries(
                secretsOf(secretCopies).map((secret) => [`${prefix}/rotation-${secret.name}`, secret.secretVersion]),
            ),
            ...identityAnnotations(identity),
        },
        rotation: made.secretVersion,
    };
}
