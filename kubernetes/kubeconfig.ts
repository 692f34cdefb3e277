import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";

import { parse } from "yaml";

import { UserError } from "../lib/errors";

/** Address of an API server, and credentials. */
export interface Connection {
    /** E.g. `https://127.0.0.1:6443`. */
    server: string;
    context: string;
    ca?: Buffer;
    cert?: Buffer;
    key?: Buffer;
    token?: string;
    /** Asked before each request, for logins that change in the meantime. */
    login?: () => Promise<Login>;
    /** Hint for the case that the server doesn't answer. @default for the sandbox's */
    away?: string;
}

/** Credentials that prove to the server who we are, and to us who the server is. */
export type Login = Pick<
    RequestOptions,
    "agent" | "auth" | "headers" | "ca" | "cert" | "key" | "rejectUnauthorized" | "servername"
>;

/** The parts of a kubeconfig that are read; everything is optional in the format. */
interface Kubeconfig {
    "current-context"?: string;
    contexts?: { name: string; context?: { cluster?: string; user?: string } }[];
    clusters?: { name: string; cluster?: Record<string, unknown> }[];
    users?: { name: string; user?: Record<string, unknown> }[];
}

/**
 * Reads a kubeconfig's current context.
 *
 * Only what the sandbox's own cluster and the test bed use: client certificates or a token. Clusters that log in with a helper
 * program are for the Pulumi CLI.
 * @throws UserError that names the file and what is wrong with it.
 */
export function readKubeconfig(file: string): Connection {
    let config: Kubeconfig | null;
    try {
        config = parse(readFileSync(file, "utf8")) as Kubeconfig | null;
    } catch (error) {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        throw new UserError(
            missing ? "there is no kubeconfig" : `cannot read the kubeconfig: ${(error as Error).message}`,
            {
                where: file,
                fix: missing
                    ? "start the cluster with `make sandbox`, or name a kubeconfig with --kubeconfig"
                    : undefined,
            },
        );
    }
    const context = config?.["current-context"] ?? "";
    const names = config?.contexts?.find(({ name }) => name === context)?.context;
    const cluster = config?.clusters?.find(({ name }) => name === names?.cluster)?.cluster;
    const user = config?.users?.find(({ name }) => name === names?.user)?.user ?? {};
    if (!names || !cluster?.server) {
        throw new UserError(`the kubeconfig's current context "${context}" names no cluster with a server`, {
            where: file,
            allowed: (config?.contexts ?? []).map(({ name }) => name).join(", ") || undefined,
        });
    }
    if (user.exec || user["auth-provider"]) {
        throw new UserError(
            `the context "${context}" logs in with a helper program, which only the Pulumi CLI can do`,
            {
                where: file,
                fix: "npx pulumi up -s <stack>",
            },
        );
    }
    const data = (from: Record<string, unknown>, key: string): Buffer | undefined => {
        const inline = from[`${key}-data`];
        if (typeof inline === "string") return Buffer.from(inline, "base64");
        const path = from[key];
        return typeof path === "string" ? readFileSync(resolve(dirname(file), path)) : undefined;
    };
    return {
        server: text(cluster.server).replace(/\/$/, ""),
        context,
        ca: data(cluster, "certificate-authority"),
        cert: data(user, "client-certificate"),
        key: data(user, "client-key"),
        token: typeof user.token === "string" ? user.token : undefined,
    };
}

function text(value: unknown): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}
