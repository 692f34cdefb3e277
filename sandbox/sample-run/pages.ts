import { createServer } from "node:net";

import { run } from "../../lib/exec";
import { UserError } from "../../lib/errors";
import type { Outputs } from "./platform";
import { SecretAddress } from "./summary";

/** A page of the platform that people look at. */
export interface Page {
    /** For people. */
    name: string;
    namespace: string;
    service: string;
    port: number;
    /** Port on this machine, if that is free. */
    local: number;
    /** Whoever may see everything. */
    login: SecretAddress;
}

/** Pages: the output with the address, a port other than the address's, and whose password opens it. */
const known: { name: string; endpoint: string; port?: number; local: number; secret: string }[] = [
    { name: "Airflow", endpoint: "orchestrator", local: 8080, secret: "orchestratorAdmin" },
    { name: "MLflow", endpoint: "tracking", local: 5000, secret: "trackingAdmin" },
    { name: "MinIO", endpoint: "objectStore", port: 9001, local: 9001, secret: "objectStoreRoot" },
];

/** The pages of a stack, by its outputs. */
export function pagesOf({ endpoints = {}, secrets = {} }: Partial<Outputs>): Page[] {
    const pages = known.flatMap(({ name, endpoint, port, local, secret }) => {
        const login = secrets[secret] as SecretAddress | undefined;
        if (!endpoints[endpoint] || !login) return [];
        const url = new URL(endpoints[endpoint]);
        const [service, namespace] = url.hostname.split(".");
        return [{ name, service, namespace, port: port ?? Number(url.port || 443), local, login }];
    });
    if (pages.length === 0) {
        throw new UserError("the stack has no pages to open", { fix: "bring it up first: make sandbox" });
    }
    return pages;
}

export interface ForwardOptions {
    kubectl: string;
    kubeconfig: string;
    signal: AbortSignal;
    /** Told each time that it serves, and when it has to begin anew. */
    tell: (text: string) => void;
}

/**
 * Serves a page on this machine through the API server until `signal` ends it; a pod that is replaced is found again.
 *
 * @param local Port on 127.0.0.1
 */
export async function forward(page: Page, local: number, { kubectl, kubeconfig, signal, tell }: ForwardOptions) {
    const { name, namespace, service, port } = page;
    const args = ["--kubeconfig", kubeconfig, "--namespace", namespace, "port-forward", "--address", "127.0.0.1"];
    while (!signal.aborted) {
        let last = "";
        await run(kubectl, [...args, `service/${service}`, `${local}:${port}`], {
            signal,
            onLine: (line) => {
                if (line.startsWith("Forwarding from")) tell("serves");
                else if (!line.startsWith("Handling")) last = line;
            },
        }).catch(() => undefined);
        if (signal.aborted) return;
        // It ends when its pod does.
        tell(`${name} is away${last ? `: ${last}` : ""}`);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
}

/** The wanted port of this machine, or any that is free. */
export async function freePort(wanted: number): Promise<number> {
    return (await listen(wanted)) ?? (await listen(0)) ?? wanted;
}

function listen(port: number): Promise<number | undefined> {
    const server = createServer();
    return new Promise((resolve) => {
        server.once("error", () => resolve(undefined));
        server.listen(port, "127.0.0.1", () => {
            const address = server.address();
            server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
        });
    });
}
