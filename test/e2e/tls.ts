import { readdirSync, readFileSync } from "node:fs";
import { connect as connectPlain, Socket } from "node:net";
import { connect, PeerCertificate } from "node:tls";

import { KubeClient, KubeObject } from "../../kubernetes/client";

/** One port that something of the platform listens on. */
export interface Port {
    /** For people: Service or pod. */
    name: string;
    address: string;
    port: number;
    /** Name by which a client verifies the certificate. */
    serverName: string;
}

export interface Handshake {
    /** None: the certificate is to be trusted. */
    refusal?: string;
    serial: string;
    names: string;
}

const timeoutMs = 10_000;

/** Message that PostgreSQL expects before TLS begins. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Begins TLS at a port. @param ca Whom to trust; without it those whom this machine trusts. @throws when it doesn't speak TLS */
export async function handshake({ address, port, serverName }: Port, ca?: string): Promise<Handshake> {
    const socket = await plainConnection(address, port);
    if (port === 5432) {
        const answer = await reply(socket, sslRequest);
        if (answer.toString() !== "S") throw new Error(`PostgreSQL wants no TLS: ${answer.toString()}`);
    }
    return new Promise((resolve, reject) => {
        const secure = connect({ socket, servername: serverName, ca, rejectUnauthorized: false }, () => {
            const { serialNumber, subjectaltname = "" } = secure.getPeerCertificate() as Partial<PeerCertificate>;
            const refusal = secure.authorized ? undefined : String(secure.authorizationError);
            resolve({ ...(refusal ? { refusal } : {}), serial: serialNumber ?? "", names: subjectaltname });
            secure.destroy();
        });
        secure.setTimeout(timeoutMs, () => secure.destroy(new Error("no answer to the handshake")));
        secure.on("error", reject);
    });
}

/** Answer of a port to a client that speaks in the clear; a refusal and nothing more is "". */
export async function plaintext({ address, port }: Port): Promise<string> {
    const socket = await plainConnection(address, port);
    const answer = await reply(socket, port === 5432 ? startup() : Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    socket.destroy();
    const text = answer.toString("latin1");
    // An alert of TLS, a refusal of PostgreSQL's (E…), or a web server's word that it speaks TLS only.
    const refused = answer.length === 0 || answer[0] === 0x15 || /^E.*(no encryption|SSL)/s.test(text);
    return refused || /^HTTP\/1\.[01] 400 /.test(text) ? "" : text.slice(0, 100);
}

/** A log-in to PostgreSQL without TLS. */
function startup(): Buffer {
    const words = Buffer.from("\0\x03\0\0user\0airflow\0database\0airflow\0\0", "latin1");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(words.length + 4);
    return Buffer.concat([length, words]);
}

function plainConnection(address: string, port: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
        const socket = connectPlain({ host: address, port }, () => resolve(socket));
        socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer from ${address}:${port}`)));
        socket.once("error", reject);
    });
}

/** The first thing that is said to a question, or nothing. */
function reply(socket: Socket, question: Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
        const done = (answer: Buffer) => {
            socket.removeAllListeners("data");
            resolve(answer);
        };
        socket.once("data", done);
        socket.once("close", () => done(Buffer.alloc(0)));
        socket.once("error", () => done(Buffer.alloc(0)));
        socket.write(question);
    });
}

/** Every port of every Service of some namespaces. */
export async function servicePorts(kube: KubeClient, namespaces: string[]): Promise<Port[]> {
    const found: Port[] = [];
    for (const namespace of namespaces) {
        for (const { metadata, spec } of await kube.list("v1", "Service", { namespace })) {
            const { clusterIP = "", ports = [] } = spec as { clusterIP?: string; ports?: { port: number }[] };
            const serverName = `${metadata.name}.${namespace}.svc`;
            // One without an address of its own is reached at its pods', by their names.
            if (clusterIP === "None" || !clusterIP) continue;
            for (const { port } of ports) {
                found.push({ name: `${namespace}/${metadata.name}:${port}`, address: clusterIP, port, serverName });
            }
        }
    }
    return found;
}

/** Every port that a running pod of some namespaces listens on for others, as its kernel says. */
export async function podPorts(kube: KubeClient, namespaces: string[]): Promise<Port[]> {
    const processes = processesByPod();
    const found: Port[] = [];
    for (const namespace of namespaces) {
        for (const pod of await kube.list("v1", "Pod", { namespace })) {
            const { podIP = "", phase } = pod.status as { podIP?: string; phase?: string };
            if (phase !== "Running") continue;
            for (const port of listening(processes.get(pod.metadata.uid ?? "") ?? [])) {
                const name = `${namespace}/${pod.metadata.name}:${port}`;
                found.push({ name, address: podIP, port, serverName: serverNameOf(pod) });
            }
        }
    }
    return found;
}

function serverNameOf({ metadata }: KubeObject): string {
    return `${metadata.name}.${metadata.namespace ?? ""}.svc`;
}

/** The processes of each pod, by the pod's uid, which their control group is named after. */
function processesByPod(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        const [, uid] = /pod([0-9a-f-]{36})/.exec(readIfThere(`/proc/${pid}/cgroup`)) ?? [];
        if (uid) found.set(uid, [...(found.get(uid) ?? []), pid]);
    }
    return found;
}

/** Ports on which the network of some processes is listened on, but for those that only they themselves can reach. */
function listening(pids: string[]): number[] {
    // They share it; but any of them, such as a probe, may have ended meanwhile.
    const files = pids.flatMap((pid) => ["tcp", "tcp6"].map((name) => `/proc/${pid}/net/${name}`));
    const ports = files.flatMap((file) => {
        const lines = readIfThere(file).split("\n").slice(1);
        return lines.flatMap((line) => {
            const [, local = "", , state] = line.trim().split(/\s+/);
            const [address, port = ""] = local.split(":");
            // Hexadecimal, least byte first: 127.0.0.1, and ::1 or ::ffff:127.0.0.1.
            const inside = /^(0100007F|0{24}01000000|0{16}FFFF00000100007F)$/.test(address);
            return state === "0A" && !inside ? [Number.parseInt(port, 16)] : [];
        });
    });
    return [...new Set(ports)];
}

function readIfThere(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return "";
    }
}
