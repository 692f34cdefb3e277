import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa, type ResultPromise } from "execa";

import { bucketThere, StoreConfig, storeApplications } from "../../config/object-store";
import { until } from "./handshake";
import { extract } from "./from-images";
import { TestAuthority } from "./secret-volume";

export interface OutsideStoreOptions {
    /** Directory of its own. */
    dir: string;
    /** Address that it listens on, and names that its certificate carries besides. */
    address: string;
    names?: string[];
    port: number;
}

interface Statement {
    Effect: "Allow";
    Action: string[];
    Resource: string[];
}

/** Policies of AWS' form: what one application needs, no more. */
export function policyOf(application: string, config: StoreConfig): { Version: string; Statement: Statement[] } {
    const arns = (which: (bucket: StoreConfig["buckets"][number]) => boolean) =>
        config.buckets.filter(which).map(({ name }) => `arn:aws:s3:::${bucketThere(name, config)}`);
    const writes = arns(({ writers }) => writers.includes(application));
    const reads = arns(({ writers, readers = [] }) => !writers.includes(application) && readers.includes(application));
    const all = [
        {
            Action: ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
            Resource: [...writes, ...reads],
        },
        { Action: ["s3:GetObject"], Resource: [...writes, ...reads].map((arn) => `${arn}/*`) },
        {
            Action: ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            Resource: writes.map((arn) => `${arn}/*`),
        },
    ];
    return {
        Version: "2012-10-17",
        Statement: all.filter(({ Resource }) => Resource.length > 0).map((each) => ({ Effect: "Allow", ...each })),
    };
}

/** A MinIO that is nobody's of the platform: a process with an authority, an administrator, buckets and users of its own. */
export class OutsideStore {
    private constructor(
        private readonly options: OutsideStoreOptions,
        private readonly bin: string,
        readonly authority: TestAuthority,
        private readonly server: ResultPromise<{ all: true; reject: false }>,
    ) {}

    static async start(options: OutsideStoreOptions): Promise<OutsideStore> {
        const { dir, address, names = [], port } = options;
        const bin = await extract("minio", "usr/local/bin");
        const authority = await TestAuthority.create(join(dir, "authority"));
        const { certificate, key } = await authority.issue([address, "localhost", "127.0.0.1", ...names]);
        for (const sub of ["data", "certs/CAs", "mc/certs/CAs"]) mkdirSync(join(dir, sub), { recursive: true });
        writeFileSync(join(dir, "certs/public.crt"), certificate);
        writeFileSync(join(dir, "certs/private.key"), key, { mode: 0o600 });
        writeFileSync(join(dir, "mc/certs/CAs/ca.crt"), authority.certificate);
        const server = execa(
            join(bin, "minio"),
            [
                ...["server", join(dir, "data"), `--address=${address}:${port}`, "--console-address=127.0.0.1:0"],
                `--certs-dir=${join(dir, "certs")}`,
            ],
            {
                env: {
                    HOME: dir,
                    ...{ MINIO_ROOT_USER: administrator.user, MINIO_ROOT_PASSWORD: administrator.password },
                    // Buckets before the host's name, too.
                    ...(names.length > 0 ? { MINIO_DOMAIN: names[0] } : {}),
                    ...{ MINIO_BROWSER: "off", MINIO_UPDATE: "off" },
                },
                extendEnv: false,
                all: true,
                reject: false,
            },
        );
        const store = new OutsideStore(options, bin, authority, server);
        try {
            await until("the store outside answers", 60, async () => {
                const { exitCode } = await store.mc(["ls", "s"]);
                return exitCode === 0;
            });
        } catch (error) {
            await store.stop();
            throw error;
        }
        return store;
    }

    get endpoint(): string {
        return `https://${this.options.address}:${this.options.port}`;
    }

    /** Makes the buckets of a config and a user for each application. Returns their keys, as `credentials` of a stack. */
    async prepare(config: StoreConfig): Promise<Record<string, string>> {
        for (const { name } of config.buckets) await this.must(["mb", `s/${bucketThere(name, config)}`]);
        const credentials: Record<string, string> = {};
        for (const application of storeApplications(config)) {
            const [access, secret] = [`key-of-${application}`, `secret+of/${application}`];
            await this.grant(application, policyOf(application, config));
            await this.must(["admin", "user", "add", "s"], `${access}\n${secret}\n`);
            await this.must(["admin", "policy", "attach", "s", application, "--user", access]);
            credentials[`objectStore.${application}.accessKey`] = access;
            credentials[`objectStore.${application}`] = secret;
        }
        return credentials;
    }

    /** Says what whoever has a policy may do; from the next request on. */
    async grant(policy: string, document: object): Promise<void> {
        const file = join(this.options.dir, `${policy}.json`);
        writeFileSync(file, JSON.stringify(document));
        await this.must(["admin", "policy", "create", "s", policy, file]);
    }

    /** All names of objects in a bucket. */
    async objects(bucket: string): Promise<string[]> {
        const lines = (await this.must(["ls", "--recursive", "--json", `s/${bucket}`])).split("\n").filter(Boolean);
        return lines.map((line) => (JSON.parse(line) as { key: string }).key);
    }

    /** As the administrator. @throws Error with what it said */
    async must(args: string[], input?: string): Promise<string> {
        const { all, exitCode } = await this.mc(args, input);
        if (exitCode !== 0) throw new Error(`mc ${args.join(" ")}: ${all}`);
        return all;
    }

    async stop(): Promise<void> {
        this.server.kill("SIGTERM");
        await this.server;
    }

    private mc(args: string[], input?: string) {
        const { dir, address, port } = this.options;
        const host = `https://${administrator.user}:${administrator.password}@${address}:${port}`;
        return execa(join(this.bin, "mc"), args, {
            env: { HOME: dir, MC_CONFIG_DIR: join(dir, "mc"), MC_HOST_s: host },
            extendEnv: false,
            all: true,
            reject: false,
            input,
        });
    }
}

/** Of a server that lives as long as a test, on an address of this machine. */
const administrator = { user: "root-of-a-test", password: "Secret-of-a-test" };
