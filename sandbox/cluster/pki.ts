import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { run } from "../../lib/exec";

/** A certificate to be made. */
interface CertificateRequest {
    /** The name of its files. */
    name: string;
    /** CA that signs it. */
    by: "ca" | "etcd-ca";
    /** The user that it authenticates, or the server's name. */
    commonName: string;
    /** The group (Kubernetes) of the user. */
    organization?: string;
    /** Addresses and names that a server answers under; none for a client. */
    serves?: string[];
    /** A server that also is a client of its peers. */
    both?: boolean;
}

/** Files of a key and its certificate. */
export interface KeyPair {
    cert: string;
    key: string;
}

export interface PkiOptions {
    /** Addresses and names under which the API server is reached, beside the usual ones. */
    apiserver: string[];
    /** The node that gets credentials, with its addresses. @default no node */
    node?: { name: string; addresses: string[] };
}

/** Paths of the keys of a control plane. */
export function pkiFiles(dir: string) {
    const pair = (name: string): KeyPair => ({ cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) });
    return {
        ca: pair("ca"),
        etcdCa: pair("etcd-ca"),
        etcd: pair("etcd"),
        etcdClient: pair("etcd-client"),
        apiserver: pair("apiserver"),
        kubeletClient: pair("kubelet-client"),
        admin: pair("admin"),
        controllerManager: pair("controller-manager"),
        scheduler: pair("scheduler"),
        proxy: pair("proxy"),
        kubelet: pair("kubelet"),
        kubeletServer: pair("kubelet-server"),
        serviceAccount: { cert: join(dir, "service-account.pub"), key: join(dir, "service-account.key") },
    };
}

/**
 * Makes all the keys and certificates of a control plane, unless they are there. They appear all at once: a run killed in
 * the middle leaves none. Keys are elliptic (made in no time) and readable by root alone.
 */
export async function createPki(dir: string, { apiserver, node }: PkiOptions): Promise<void> {
    if (existsSync(dir)) return;
    await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
    const scratch = await mkdtemp(`${dir}.`);
    try {
        await authority(scratch, "ca");
        await authority(scratch, "etcd-ca");
        await key(scratch, "service-account");
        await openssl(["pkey", "-in", "service-account.key", "-pubout", "-out", "service-account.pub"], scratch);
        const requests: CertificateRequest[] = [
            { name: "etcd", by: "etcd-ca", commonName: "etcd", serves: ["127.0.0.1", "localhost"], both: true },
            { name: "etcd-client", by: "etcd-ca", commonName: "kube-apiserver" },
            {
                name: "apiserver",
                by: "ca",
                commonName: "kube-apiserver",
                serves: ["127.0.0.1", "localhost", ...serviceNames("kubernetes", "default"), ...apiserver],
            },
            { name: "kubelet-client", by: "ca", commonName: "kube-apiserver", organization: "system:masters" },
            { name: "admin", by: "ca", commonName: "admin", organization: "system:masters" },
            { name: "controller-manager", by: "ca", commonName: "system:kube-controller-manager" },
            { name: "scheduler", by: "ca", commonName: "system:kube-scheduler" },
            { name: "proxy", by: "ca", commonName: "system:kube-proxy" },
        ];
        if (node) {
            const commonName = `system:node:${node.name}`;
            requests.push(
                { name: "kubelet", by: "ca", commonName, organization: "system:nodes" },
                { name: "kubelet-server", by: "ca", commonName, serves: [node.name, ...node.addresses] },
            );
        }
        // Side by side: each is a process that hardly does anything but start.
        await Promise.all(requests.map((request) => certificate(scratch, request)));
        await rename(scratch, dir);
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
}

/** All the names of a Service in the cluster. */
function serviceNames(service: string, namespace: string): string[] {
    const name = `${service}.${namespace}`;
    return [service, name, `${name}.svc`, `${name}.svc.cluster.local`];
}

/** Ten years: what is thrown away with the sandbox must not die before it. */
const days = "3650";

async function authority(dir: string, name: string): Promise<void> {
    await key(dir, name);
    const subject = `/CN=data-platform-sandbox ${name}`;
    // As RFC 5280 has it, which Python verifies by since 3.13.
    const usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
    const files = ["-key", `${name}.key`, "-out", `${name}.crt`];
    await openssl(["req", "-x509", "-new", ...files, "-days", days, "-subj", subject, ...usage], dir);
}

async function certificate(dir: string, request: CertificateRequest): Promise<void> {
    const { name, by, commonName, organization, serves, both } = request;
    await key(dir, name);
    const subject = `${organization ? `/O=${organization}` : ""}/CN=${commonName}`;
    const usage = [...(serves ? ["serverAuth"] : []), ...(serves && !both ? [] : ["clientAuth"])];
    const extensions = [
        "basicConstraints=critical,CA:FALSE",
        "keyUsage=critical,digitalSignature,keyEncipherment",
        "subjectKeyIdentifier=hash",
        "authorityKeyIdentifier=keyid",
        `extendedKeyUsage=${usage.join(",")}`,
        ...(serves ? [`subjectAltName=${serves.map(alternativeName).join(",")}`] : []),
    ];
    await writeFile(join(dir, `${name}.ext`), extensions.join("\n"));
    await openssl(["req", "-new", "-key", `${name}.key`, "-subj", subject, "-out", `${name}.csr`], dir);
    const files = ["-in", `${name}.csr`, "-extfile", `${name}.ext`, "-out", `${name}.crt`];
    // A random serial, because certificates made side by side cannot share a file that counts.
    const serial = ["-set_serial", `0x${crypto.randomUUID().replaceAll("-", "").slice(1)}`];
    await openssl(["x509", "-req", ...files, "-CA", `${by}.crt`, "-CAkey", `${by}.key`, ...serial, "-days", days], dir);
    await Promise.all(["csr", "ext"].map((suffix) => rm(join(dir, `${name}.${suffix}`))));
}

export function alternativeName(name: string): string {
    return /^[\d.]+$/.test(name) || name.includes(":") ? `IP:${name}` : `DNS:${name}`;
}

async function key(dir: string, name: string): Promise<void> {
    // openssl makes key files with mode 0600.
    await openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", `${name}.key`], dir);
}

async function openssl(args: string[], cwd: string): Promise<void> {
    await run("openssl", args, { cwd, fix: "apt-get install openssl" });
}
