import { readFile } from "node:fs/promises";

import { stringify } from "yaml";

import { writeAtomically } from "../../lib/files";
import { type TlsFiles } from "./probe";

/** Writes a kubeconfig that needs no other file and that only its owner may read. */
export async function writeKubeconfig(path: string, server: string, { ca, cert, key }: TlsFiles): Promise<void> {
    const [authority, certificate, secret] = await Promise.all([ca, cert, key].map((file) => readFile(file, "base64")));
    const name = "data-platform-sandbox";
    await writeAtomically(
        path,
        stringify({
            apiVersion: "v1",
            kind: "Config",
            clusters: [{ name, cluster: { server, "certificate-authority-data": authority } }],
            users: [{ name, user: { "client-certificate-data": certificate, "client-key-data": secret } }],
            contexts: [{ name, context: { cluster: name, user: name } }],
            "current-context": name,
        }),
    );
}
