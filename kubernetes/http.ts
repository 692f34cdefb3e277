import { Agent, request } from "node:https";

import { UserError } from "../lib/errors";
import { Connection } from "./kubeconfig";

/** Refusal of the API server. */
export class KubeError extends Error {
    override readonly name = "KubeError";

    constructor(
        /** HTTP status. */
        readonly status: number,
        /** Kubernetes' reason, e.g. `NotFound`, `AlreadyExists`, `Invalid`, `Conflict`, `Forbidden`. */
        readonly reason: string,
        message: string,
        /** Field and message of each cause. */
        readonly causes: { field?: string; message?: string; reason?: string }[] = [],
    ) {
        super(message);
    }
}

export interface KubeRequest {
    method: "GET" | "POST" | "PATCH" | "DELETE";
    /** Path with its query, e.g. `/api/v1/namespaces?limit=1`. */
    path: string;
    body?: unknown;
    contentType?: string;
    /** Form of the answer. @default JSON */
    accept?: string;
    signal?: AbortSignal;
    /** Told what the server warns of, e.g. that a pod would break Pod Security. */
    onWarning?: (warning: string) => void;
    /** Try again when the server is away or busy. @default true, except for POST */
    retry?: boolean;
}

interface Answer {
    status: number;
    text: string;
    warnings: string[];
}

/** Milliseconds for which a server may be away: before it has ever answered it is the wrong one, or off; then it may be restarting. */
export const outageLimits = { first: 30_000, later: 300_000 };
/** Milliseconds of silence that are borne of a connected server, twice as many each time: a busy one needs long for the first word. */
export const silence = { first: 30_000, longest: 240_000 };

/** Requests to one API server, over kept connections. Small on purpose: a full client takes longer to load than an update takes. */
export class Http {
    private readonly agent: Agent;
    private hasAnswered = false;

    constructor(
        private readonly connection: Connection,
        private readonly limits = { outage: outageLimits, silence },
    ) {
        const { ca, cert, key, login } = connection;
        // An agent's options hold against a request's, even those that are undefined.
        this.agent = new Agent({ keepAlive: true, maxSockets: 16, ...(login ? {} : { ca, cert, key }) });
    }

    /** Sends a request and returns the answer's text. @throws KubeError for a refusal, UserError when there is no answer. */
    async send(options: KubeRequest): Promise<string> {
        const retry = options.retry ?? options.method !== "POST";
        const { outage, silence: borne } = this.limits;
        const began = Date.now();
        const known = this.hasAnswered;
        for (let pause = 100, waiting = retry ? borne.first : borne.longest; ; pause = Math.min(pause * 2, 2_000)) {
            const answer = await this.once(options, waiting).catch((error: NodeJS.ErrnoException) => error);
            waiting = Math.min(waiting * 2, borne.longest);
            if (answer instanceof UserError) throw answer;
            this.hasAnswered ||= !(answer instanceof Error);
            // One that says that it is busy lives, and may say so for ever of an API that another server has.
            const limit = known && answer instanceof Error ? outage.later : outage.first;
            const late = Date.now() - began > limit;
            const again = retry && !late && !options.signal?.aborted;
            if (answer instanceof Error) {
                options.signal?.throwIfAborted();
                if (!again || !passing(answer)) throw this.away(answer);
            } else if (answer.status < 400) {
                answer.warnings.forEach((warning) => options.onWarning?.(warning));
                return answer.text;
            } else if (!again || !busy(answer.status)) {
                throw refusal(answer);
            }
            await new Promise((resolve) => setTimeout(resolve, pause));
        }
    }

    close(): void {
        this.agent.destroy();
    }

    private async once(
        { method, path, body, contentType, accept = "application/json", signal }: KubeRequest,
        waiting: number,
    ): Promise<Answer> {
        const { server, token, login } = this.connection;
        const { headers, ...proof } = (await login?.()) ?? {};
        const payload = body === undefined ? undefined : JSON.stringify(body);
        return new Promise((resolve, reject) => {
            const sent = request(
                server + path,
                {
                    method,
                    agent: this.agent,
                    ...proof,
                    signal,
                    timeout: waiting,
                    headers: {
                        ...(headers as Record<string, string> | undefined),
                        accept,
                        ...(payload === undefined
                            ? {}
                            : {
                                  "content-type": contentType ?? "application/json",
                                  "content-length": Buffer.byteLength(payload),
                              }),
                        ...(token ? { authorization: `Bearer ${token}` } : {}),
                    },
                },
                (response) => {
                    const chunks: Buffer[] = [];
                    response.on("data", (chunk: Buffer) => chunks.push(chunk));
                    response.on("error", reject);
                    response.on("end", () => {
                        const warning = response.headers.warning;
                        resolve({
                            status: response.statusCode ?? 0,
                            text: Buffer.concat(chunks).toString(),
                            warnings: typeof warning === "string" ? parseWarnings(warning) : [],
                        });
                    });
                },
            );
            sent.on("timeout", () => sent.destroy(new Error(`no word for ${waiting / 1000} s`)));
            sent.on("error", reject);
            sent.end(payload);
        });
    }

    private away(error: NodeJS.ErrnoException): UserError {
        return new UserError(`the cluster does not answer: ${error.message || (error.code ?? "no connection")}`, {
            where: `${this.connection.server} (context ${this.connection.context})`,
            fix: this.connection.away ?? "start it with `make sandbox`, or see what is wrong with `make status`",
        });
    }
}

/** Tells whether a connection that failed may work in a moment. */
function passing(error: NodeJS.ErrnoException): boolean {
    return (
        ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"].includes(error.code ?? "") ||
        /no word|hang up/.test(error.message)
    );
}

function busy(status: number): boolean {
    return status === 429 || status >= 502;
}

function refusal({ status, text }: Answer): KubeError {
    try {
        const { reason, message, details } = JSON.parse(text) as {
            reason?: string;
            message?: string;
            details?: { causes?: KubeError["causes"] };
        };
        return new KubeError(status, reason ?? "", message ?? text, details?.causes);
    } catch {
        return new KubeError(status, "", text.trim() || `HTTP ${status}`);
    }
}

/** The texts of a Warning header, `299 - "text", 299 - "text"`. */
export function parseWarnings(header: string): string[] {
    return [...header.matchAll(/\d{3} \S+ ("(?:[^"\\]|\\.)*")/g)].map(([, quoted]) => JSON.parse(quoted) as string);
}
