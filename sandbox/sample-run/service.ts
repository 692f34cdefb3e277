import { Agent, request } from "node:https";

import { Watcher } from "../../kubernetes/wait/watcher";
import { KubeClient } from "../../kubernetes/client";
import { sleep } from "../../kubernetes/wait/ready";
import { UserError } from "../../lib/errors";
import { SecretAddress } from "./summary";

/** Address of a web service of the platform, and the certificate that it must show. */
export interface ServiceAddress {
    /** For people. */
    name: string;
    /** Its URL inside the cluster, by whose host name its certificate is verified. */
    url: string;
    /** IP address by which it is reached from here. */
    address: string;
    /** The platform's CA, PEM. */
    ca: string;
}

export interface Ask {
    method?: "GET" | "POST" | "PATCH";
    body?: unknown;
    headers?: Record<string, string>;
    /** Ask again while there is no answer, or a server's mistake; for what may be asked twice. @default true for GET */
    again?: boolean;
}

export interface Answer {
    status: number;
    text: string;
}

/** Milliseconds for which a service may be away: a pod that is deleted needs as long to come back, and a sandbox is slow. */
const outage = 240_000;
const requestLimit = 60_000;

/** A refusal of a service. */
export class ServiceError extends UserError {
    constructor(
        service: string,
        readonly status: number,
        asked: string,
        text: string,
    ) {
        super(`${service} refuses ${asked} with ${status}`, { evidence: text.split("\n").slice(0, 10) });
    }
}

/** Asks one web service of the platform in JSON, over TLS, trusting nobody but the platform's own CA. */
export class Service {
    private readonly agent: Agent;
    readonly url: URL;

    constructor(
        readonly at: ServiceAddress,
        private readonly watcher: Pick<Watcher, "signal" | "masker"> & { note?: (text: string) => void },
    ) {
        this.url = new URL(at.url);
        this.agent = new Agent({ keepAlive: true, maxSockets: 4, ca: at.ca, servername: this.url.hostname });
    }

    /** @throws ServiceError for a refusal, UserError when there is no answer or one that can't be trusted */
    async json<T>(path: string, ask: Ask = {}): Promise<T> {
        const { status, text } = await this.ask(path, ask);
        if (status >= 400) {
            throw new ServiceError(this.at.name, status, `${ask.method ?? "GET"} ${path}`, this.clean(text));
        }
        return JSON.parse(text) as T;
    }

    /** The answer, whatever its status; none is waited for, in case the service is just coming back. */
    async ask(path: string, ask: Ask = {}): Promise<Answer> {
        const again = ask.again ?? (ask.method ?? "GET") === "GET";
        const deadline = Date.now() + outage;
        for (;;) {
            const answer = await this.once(path, ask).catch((error: NodeJS.ErrnoException) => error);
            if (!(answer instanceof Error) && answer.status < 500) return answer;
            this.watcher.signal.throwIfAborted();
            const late = !again || Date.now() > deadline;
            if (answer instanceof Error) {
                if (untrusted(answer)) throw this.untrusted(answer);
                if (late) throw this.away(answer);
            } else if (late) {
                return answer;
            }
            this.watcher.note?.(`waiting for ${this.at.name} to answer`);
            await sleep(1_000, this.watcher.signal);
        }
    }

    close(): void {
        this.agent.destroy();
    }

    private once(path: string, { method = "GET", body, headers }: Ask): Promise<Answer> {
        const payload = body === undefined ? undefined : JSON.stringify(body);
        const { port, host } = this.url;
        return new Promise((resolve, reject) => {
            const sent = request(
                {
                    ...{ host: this.at.address, port: port || 443, path, method, agent: this.agent },
                    ...{ signal: this.watcher.signal, timeout: requestLimit },
                    headers: {
                        // By this name the service knows itself; one that checks host names answers to no other.
                        host,
                        accept: "application/json",
                        ...(payload === undefined
                            ? {}
                            : {
                                  "content-type": "application/json",
                                  "content-length": String(Buffer.byteLength(payload)),
                              }),
                        ...headers,
                    },
                },
                (response) => {
                    const chunks: Buffer[] = [];
                    response.on("data", (chunk: Buffer) => chunks.push(chunk));
                    response.on("error", reject);
                    response.on("end", () =>
                        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
                    );
                },
            );
            sent.on("timeout", () => sent.destroy(new Error(`no answer within ${requestLimit / 1000} s`)));
            sent.on("error", reject);
            sent.end(payload);
        });
    }

    private clean(text: string): string {
        return this.watcher.masker.text(text).slice(0, 2_000);
    }

    private away(error: NodeJS.ErrnoException): UserError {
        return new UserError(`${this.at.name} does not answer: ${error.message || (error.code ?? "no connection")}`, {
            where: `${this.at.url} (${this.at.address})`,
            fix: "see what its pods say: make status",
        });
    }

    private untrusted(error: NodeJS.ErrnoException): UserError {
        return new UserError(`${this.at.name} shows a certificate that is not to be trusted: ${error.message}`, {
            where: `${this.at.url} (${this.at.address})`,
            allowed: "one that the platform's authority has signed for that name, and that has not expired",
            fix: "kubectl get certificates --all-namespaces says what becomes of them",
        });
    }
}

/** Tells whether the connection failed because of the certificate, which waiting doesn't mend. */
function untrusted({ code = "" }: NodeJS.ErrnoException): boolean {
    return /CERT|SIGNATURE|ALTNAME/.test(code);
}

/**
 * Finds out where a Service is reached from here.
 *
 * @param url Its URL inside the cluster, `https://<service>.<namespace>.svc:<port>`
 * @param ca The CA that its certificate must be of, PEM
 */
export async function addressOf(kube: KubeClient, name: string, url: string, ca: string): Promise<ServiceAddress> {
    const [service, namespace] = new URL(url).hostname.split(".");
    const found = await kube.get({ apiVersion: "v1", kind: "Service", namespace, name: service });
    const address = (found?.spec as { clusterIP?: string } | undefined)?.clusterIP;
    if (!address) {
        throw new UserError(`there is no Service ${namespace}/${service}`, {
            where: url,
            fix: "was something of the stack deleted by hand? make up",
        });
    }
    return { name, url, address, ca };
}

/** Values of a Secret's keys; never to be printed. @throws UserError for one that isn't there */
export async function secretOf(
    kube: KubeClient,
    { namespace, name, keys }: SecretAddress,
): Promise<Record<string, string>> {
    const secret = await kube.get({ apiVersion: "v1", kind: "Secret", namespace, name });
    const data = (secret?.data ?? {}) as Record<string, string>;
    const missing = keys.filter((key) => !data[key]);
    if (missing.length > 0) {
        throw new UserError(`the Secret ${namespace}/${name} has no ${missing.join(", ")}`, {
            fix: "was it deleted by hand? make up",
        });
    }
    return Object.fromEntries(keys.map((key) => [key, Buffer.from(data[key], "base64").toString()]));
}
