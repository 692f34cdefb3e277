import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { run } from "../../lib/exec";
import { alternativeName } from "../../sandbox/cluster/pki";

/** A directory that holds a Secret as the kubelet mounts it: a new version replaces the old one by one symbolic link, all at once. */
export class SecretVolume {
    private version = 0;

    constructor(readonly dir: string) {
        mkdirSync(dir, { recursive: true });
    }

    put(files: Record<string, string>): void {
        const name = `..version-${++this.version}`;
        mkdirSync(join(this.dir, name));
        for (const [file, text] of Object.entries(files)) {
            mkdirSync(join(this.dir, name, file, ".."), { recursive: true });
            writeFileSync(join(this.dir, name, file), text, { mode: 0o440 });
        }
        symlinkSync(name, join(this.dir, "..new"));
        renameSync(join(this.dir, "..new"), join(this.dir, "..data"));
        const there = readdirSync(this.dir);
        for (const entry of readdirSync(join(this.dir, name))) {
            if (!there.includes(entry)) symlinkSync(join("..data", entry), join(this.dir, entry));
        }
        rmSync(join(this.dir, `..version-${this.version - 1}`), { recursive: true, force: true });
    }
}

const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Signs certificates, as cert-manager does in a cluster. */
export class TestAuthority {
    private count = 0;

    private constructor(private readonly dir: string) {}

    static async create(dir: string): Promise<TestAuthority> {
        mkdirSync(dir, { recursive: true });
        const files = ["-keyout", join(dir, "ca.key"), "-out", join(dir, "ca.crt")];
        await run("openssl", ["req", "-x509", ...curve, ...files, "-subj", "/CN=authority", "-days", "2"]);
        return new TestAuthority(dir);
    }

    get file(): string {
        return join(this.dir, "ca.crt");
    }

    get certificate(): string {
        return readFileSync(this.file, "utf8");
    }

    /** Another certificate each time, with its key in PKCS#8. */
    async issue(names: string[]): Promise<{ certificate: string; key: string }> {
        const base = join(this.dir, `server-${++this.count}`);
        const [request, certificate, key] = ["csr", "crt", "key"].map((kind) => `${base}.${kind}`);
        const san = `subjectAltName=${names.map(alternativeName).join(",")}`;
        await run("openssl", ["req", ...curve, "-keyout", key, "-out", request, "-subj", "/CN=server", "-addext", san]);
        const signer = ["-CA", this.file, "-CAkey", join(this.dir, "ca.key")];
        await run("openssl", [
            ...["x509", "-req", "-in", request, "-out", certificate, "-days", "2", "-copy_extensions", "copy"],
            ...signer,
        ]);
        return { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
    }
}
