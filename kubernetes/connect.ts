import { existsSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { delimiter, join } from "node:path";

import type { KubeConfig } from "@kubernetes/client-node";

import { kubeconfigFiles, layered } from "./kubeconfig-files";
import { KubeClient, KubeError } from "./client";
import type { Connection, Login } from "./kubeconfig";
import { UserError } from "../lib/errors";

/** Cluster and credentials. */
export interface ConnectOptions {
    /** One kubeconfig, or several as in KUBECONFIG. @default $KUBECONFIG, else ~/.kube/config, else the pod's own account */
    kubeconfig?: string;
    /** @default the kubeconfig's current context */
    context?: string;
    /** Milliseconds that the server has for its first answer. @default 30000 */
    timeoutMs?: number;
}

/** Milliseconds that a program which logs in has; a person may have to answer it. */
const loginLimit = 60_000;

/**
 * Connects to a cluster in every way that kubectl can: client certificates, tokens, programs that log in, OIDC, proxies. What
 * runs out in a long operation is renewed. `kubeconfig` and `context` of the client are what Helm has to be given.
 *
 * @throws UserError when there is no kubeconfig, no such context, no way to log in, or no answer in time
 */
export async function connect({ kubeconfig, context, timeoutMs = 30_000 }: ConnectOptions = {}): Promise<KubeClient> {
    const files = kubeconfigFiles(kubeconfig);
    const config = await read(files, kubeconfig);
    const connection = connectionOf(config, context, files);
    const kube = new KubeClient(files.join(delimiter), connection);
    try {
        await connection.login?.();
        await kube.version(AbortSignal.timeout(timeoutMs));
        return kube;
    } catch (error) {
        kube.http.close();
        if (error instanceof KubeError && [401, 403].includes(error.status)) {
            throw new UserError(`the cluster does not accept the login: ${error.message}`, {
                where: `${connection.server} (context ${connection.context})`,
                fix: loginFix,
            });
        }
        if ((error as Error).name !== "TimeoutError") throw error;
        throw new UserError(`the cluster does not answer: no answer within ${timeoutMs / 1000} s`, {
            where: `${connection.server} (context ${connection.context})`,
            fix: away,
        });
    }
}

/** A cluster, or why it can't be reached. */
export type Reached = { kube: KubeClient; why?: undefined } | { kube?: undefined; why: UserError };

/** Connects to a cluster, where not to reach it is no reason to give up. */
export async function reach(where: ConnectOptions): Promise<Reached> {
    try {
        return { kube: await connect(where) };
    } catch (error) {
        if (error instanceof UserError) return { why: error };
        throw error;
    }
}

/** Tells whether a cluster answers. */
export async function isReachable(where: ConnectOptions): Promise<boolean> {
    const { kube } = await reach(where);
    kube?.http.close();
    return kube !== undefined;
}

const loginFix = "log in as you do for kubectl, then see that this works: kubectl get --raw /version";
const away = "see whether it runs and can be reached from here: kubectl get --raw /version";

async function read(files: string[], given: string | undefined): Promise<KubeConfig> {
    if (files.length === 0) {
        const inside = given === undefined && (await insideCluster());
        if (inside) return inside;
        throw new UserError("there is no kubeconfig, so it isn't known which cluster is meant", {
            where: given ?? process.env.KUBECONFIG ?? "~/.kube/config",
            fix: "get one from whoever runs the cluster, and name it: export KUBECONFIG=<file>",
        });
    }
    return layered(files).catch((error: unknown) => {
        throw new UserError(`the kubeconfig can't be read: ${(error as Error).message}`, { where: files.join(", ") });
    });
}

/** The account of the pod that this runs in, if it runs in one. */
async function insideCluster(): Promise<KubeConfig | undefined> {
    const account = "/var/run/secrets/kubernetes.io/serviceaccount";
    if (!process.env.KUBERNETES_SERVICE_HOST || !existsSync(join(account, "token"))) return undefined;
    const { KubeConfig } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    config.loadFromCluster();
    return config;
}

function connectionOf(config: KubeConfig, wanted: string | undefined, files: string[]): Connection {
    const context = wanted ?? config.currentContext;
    const names = config.getContexts().map(({ name }) => name);
    const where = files.join(", ");
    if (!context || !names.includes(context)) {
        throw new UserError(
            context ? `"${context}" is no context of the kubeconfig` : "the kubeconfig has no current context",
            {
                ...{ where, allowed: names.join(", ") || undefined },
                fix: wanted
                    ? "correct kubernetes.context in the stack file, or take it out to use the current context"
                    : "choose one: kubectl config use-context <name>",
            },
        );
    }
    config.setCurrentContext(context);
    const cluster = config.getCurrentCluster();
    if (!cluster?.server) {
        throw new UserError(`the context "${context}" names no cluster with a server`, { where });
    }
    const user = config.getCurrentUser();
    // Programs that log in are told by client-go what is wanted of them, and some insist on it.
    if (user?.exec) tellProgram(user.exec as Program, cluster);
    return {
        ...{ server: cluster.server.replace(/\/$/, ""), context, away },
        login: () => login(config, { where, program: (user?.exec as Program | undefined)?.command }),
    };
}

interface Program {
    command?: string;
    apiVersion?: string;
    env?: { name: string; value: string }[];
    provideClusterInfo?: boolean;
}

function tellProgram(program: Program, cluster: { server: string; caData?: string; tlsServerName?: string }): void {
    const spec = {
        interactive: false,
        ...(program.provideClusterInfo
            ? { cluster: { server: cluster.server, "certificate-authority-data": cluster.caData } }
            : {}),
    };
    const info = { kind: "ExecCredential", apiVersion: program.apiVersion, spec };
    program.env = [...(program.env ?? []), { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) }];
}

/** Credentials that a request needs now; client-node keeps tokens and asks for new ones when they have run out. */
async function login(config: KubeConfig, { where, program }: { where: string; program?: string }): Promise<Login> {
    const options: RequestOptions = {};
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${loginLimit / 1000} s`)), loginLimit);
    });
    try {
        await Promise.race([config.applyToHTTPSOptions(options), late]);
    } catch (error) {
        throw new UserError(
            `can't log in to the cluster: ${(error as Error).message.trim() || "no reason was given"}`,
            {
                where: `${where} (context ${config.currentContext}${program ? `, by ${program}` : ""})`,
                fix: loginFix,
            },
        );
    } finally {
        clearTimeout(timer);
    }
    const { agent, ...proof } = options;
    // client-node's agent stays with the first certificate; only a proxy needs it.
    return config.getCurrentCluster()?.proxyUrl ? { ...proof, agent } : proof;
}
