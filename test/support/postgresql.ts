import {
    chownSync,
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { execa, type ResultPromise } from "execa";

import { postgresql } from "../../config/versions";
import { repoRoot } from "../../lib/paths";
import { freePorts } from "../../sandbox/cluster/ports";
import { installPackages } from "../../tools/packages";
import { find, type Labels, render, scratch, type Values, writeFiles } from "./charts";

export const values: Values = {
    applications: [
        { name: "airflow", database: "airflow", existingSecret: "a" },
        { name: "mlflow-auth", database: "mlflow_auth", existingSecret: "m" },
    ],
};

/** Directories of a PostgreSQL's programs, the newest first. */
function programs(): string[] {
    const root = "/usr/lib/postgresql";
    if (!existsSync(root)) return [];
    const versions = readdirSync(root).sort((one, other) => Number(other) - Number(one));
    return versions.map((version) => join(root, version, "bin")).filter((dir) => existsSync(join(dir, "postgres")));
}

/** Installs Debian's PostgreSQL where there is none; in a `before` without a time limit. */
export async function needPostgresql(this: Mocha.Context): Promise<void> {
    this.timeout(600_000);
    if (programs().length > 0) return;
    // Debian would make a cluster along with it, and start a server.
    const settings = "/etc/postgresql-common/createcluster.d";
    if (process.getuid?.() === 0) {
        mkdirSync(settings, { recursive: true });
        writeFileSync(join(settings, "none.conf"), "create_main_cluster = false\n");
    }
    await installPackages(["postgresql", "openssl", "util-linux"]);
}

/** The scripts and settings of the chart as its pods get them, run by Debian's PostgreSQL on this machine in a directory of its own. */
export class LocalPostgresql {
    readonly dir = scratch();
    private user = { uid: 0, gid: 0 };
    private root?: string;
    private passwd?: string;
    port = 0;
    private server?: ResultPromise;
    private output = "";

    async prepare(): Promise<void> {
        const id = async (flag: string) => Number((await execa("id", [flag, "postgres"])).stdout);
        this.user = { uid: await id("-u"), gid: await id("-g") };
        [this.port] = await freePorts(1);
        const subs = ["volume", "config", "tls", "admin", "run", "setup", "ca", "secrets", "secrets/applications"];
        for (const sub of subs) mkdirSync(join(this.dir, sub));
        await this.authority();
        await this.certificate();
        this.password("admin", "first \"Pass\\word:' of admin");
        this.account("airflow", "airflow", "first-airflow");
        this.account("mlflow-auth", "mlflow_auth", "first-mlflow'\"\\:%");
        await this.configure(values);
    }

    /**
     * Runs everything from now on inside an image, whose file system lies under `root`, or by this machine's programs again; for
     * root only. The volume is given to whom it then runs as: in a cluster that is one user in both images.
     */
    async inside(root?: string): Promise<void> {
        this.root = root;
        const id = async (flag: string) => Number((await execa("id", [flag, "postgres"])).stdout);
        this.user = root ? { uid: 999, gid: 999 } : { uid: await id("-u"), gid: await id("-g") };
        this.own();
        await execa("chown", ["-R", `${this.user.uid}:${this.user.gid}`, this.path("volume"), this.path("run")]);
    }

    /**
     * Runs everything from now on as a user that a cluster has chosen, in group 0; for root only.
     *
     * @param named CRI-O adds the user to the container's /etc/passwd under its number; containerd doesn't.
     */
    asAssigned(uid: number, named: boolean): void {
        this.user = { uid, gid: 0 };
        this.passwd = undefined;
        if (named) {
            const added = `${uid}:x:${uid}:0:${uid} user:/tmp:/sbin/nologin\n`;
            writeFileSync(this.path("passwd"), `${readFileSync("/etc/passwd", "utf8")}${added}`);
            this.passwd = this.path("passwd");
        }
        this.own();
        for (const sub of ["volume", "run"]) chownSync(this.path(sub), uid, 0);
    }

    async configure(chartValues: Values): Promise<void> {
        const objects = await render("postgresql", chartValues);
        this.write("config", find(objects, "ConfigMap", "postgresql").data ?? {});
        this.write("setup", find(objects, "ConfigMap", "postgresql-setup").data ?? {});
    }

    path(...parts: string[]): string {
        return join(this.dir, ...parts);
    }

    /** As a Secret's files change: each by another one in its place. */
    write(dir: string, files: Labels): void {
        const next = Object.fromEntries(Object.entries(files).map(([name, text]) => [`.${name}.next`, text]));
        writeFiles(this.path(dir), next);
        for (const name of Object.keys(files)) renameSync(this.path(dir, `.${name}.next`), this.path(dir, name));
        this.own();
    }

    password(dir: string, password: string): void {
        this.write(dir, { password });
    }

    account(name: string, username: string, password: string): void {
        mkdirSync(this.path("secrets/applications", name), { recursive: true });
        this.write(`secrets/applications/${name}`, { username, password });
    }

    private async authority(): Promise<void> {
        const names = ["-keyout", this.path("ca.key"), "-out", this.path("ca/ca.crt")];
        await openssl(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", ...names]);
    }

    /** A new certificate for localhost, signed by the authority; may be over already. */
    async certificate(days = 2): Promise<Labels> {
        const key = this.path("server.key");
        await openssl(["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=s", "-keyout", key, "-out", `${key}.csr`]);
        writeFileSync(`${key}.ext`, "subjectAltName=DNS:localhost");
        const signed = ["-CA", this.path("ca/ca.crt"), "-CAkey", this.path("ca.key"), "-CAcreateserial", "-extfile"];
        const args = ["-req", "-in", `${key}.csr`, ...signed, `${key}.ext`, "-days", String(days)];
        const { stdout } = await openssl(["x509", ...args]);
        const pair = { "tls.crt": stdout, "tls.key": readFileSync(key, "utf8") };
        this.write("tls", pair);
        return pair;
    }

    private own(): void {
        if (process.getuid?.() !== 0) return;
        const give = (path: string) => chownSync(path, this.user.uid, this.user.gid);
        give(this.dir);
        for (const entry of readdirSync(this.dir, { recursive: true, withFileTypes: true })) {
            if (!entry.parentPath.startsWith(this.path("volume"))) give(join(entry.parentPath, entry.name));
        }
    }

    private get environment(): Labels {
        return {
            PATH: `${programs()[0]}:${process.env.PATH}`,
            LC_ALL: "C.UTF-8",
            POSTGRESQL_VOLUME: this.path("volume"),
            POSTGRESQL_CONFIG: this.path("config"),
            POSTGRESQL_TLS: this.path("tls"),
            POSTGRESQL_PASSWORD: this.path("admin/password"),
            POSTGRESQL_RUN: this.path("run"),
            POSTGRESQL_PORT: String(this.port),
            POSTGRESQL_INTERVAL: "1",
        };
    }

    /** A command as PostgreSQL's own user, as which its pod runs; it works for no administrator. */
    run(command: string[], more: Labels = {}): ResultPromise<{ all: true; reject: false }> {
        const { uid, gid } = this.user;
        const become = this.root
            ? enter(this.root, this.dir, `${uid}:${gid}`)
            : process.getuid?.() === 0
              ? ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"]
              : ["unshare", "--user", `--map-user=${uid}`, `--map-group=${gid}`];
        const added = this.passwd ? withPasswd(this.passwd) : [];
        const [file, ...args] = [...added, ...become, "--", ...command];
        const env = { ...this.environment, ...(this.root ? { PATH: imagePath } : {}), ...more };
        return execa(file, args, { all: true, reject: false, env, extendEnv: false, cwd: this.dir, detached: true });
    }

    /** Starts the server; waits until it is ready, or until it ends. */
    async start(): Promise<void> {
        this.output = "";
        const server = this.run(["bash", this.path("config/start.sh")]);
        server.all.on("data", (text: Buffer) => (this.output += text.toString()));
        this.server = server;
        let ended = false;
        void server.then(() => (ended = true));
        await until("the server is ready", async () => {
            if (ended) return true;
            return this.output.includes("password is that of") && (await this.health("ready")).exitCode === 0;
        });
    }

    get log(): string {
        return this.output;
    }

    /** Ends the server with a signal, all of its processes or only the first, and gives its exit code. */
    async end(signal: NodeJS.Signals, all = false): Promise<number | undefined> {
        const pid = this.server?.pid;
        if (pid === undefined) return undefined;
        process.kill(all ? -pid : pid, signal);
        return (await this.server)?.exitCode;
    }

    health(what: "live" | "ready") {
        return this.run(["bash", this.path("config/health.sh"), what]);
    }

    /** The check of external databases (components/database/check.sh), on the accounts in `secrets/applications`. */
    check(settings: Labels = {}) {
        return this.run(["bash", join(repoRoot, "components/database/check.sh")], {
            DATABASE_HOST: "localhost",
            DATABASE_PORT: String(this.port),
            DATABASE_SSL_MODE: "verify-full",
            DATABASE_CA_FILE: this.path("ca/ca.crt"),
            DATABASE_CREDENTIALS: this.path("secrets/applications"),
            DATABASE_TIMEOUT: "1",
            ...settings,
        });
    }

    setup(timeout = 20) {
        mkdirSync(this.path("secrets/admin"), { recursive: true });
        this.write("secrets/admin", { password: readFileSync(this.path("admin/password"), "utf8") });
        return this.run(["bash", this.path("setup/setup.sh")], {
            POSTGRESQL_HOST: "localhost",
            POSTGRESQL_CA: this.path("ca/ca.crt"),
            SETUP_TIMEOUT: String(timeout),
            SETUP_DESIRED_DIR: this.path("setup"),
            SETUP_SECRETS_DIR: this.path("secrets"),
            SETUP_PASSFILE: this.path("run/pgpass"),
        });
    }

    /** SQL over the network as a role. */
    query(role: string, password: string, database: string, sql = "SELECT 1", sslMode = "verify-full") {
        const target = `host=localhost port=${this.port} user=${role} dbname=${database} sslmode=${sslMode} sslrootcert=${this.path("ca/ca.crt")}`;
        return this.run(["psql", "-XAtq", "-c", sql, target], { PGPASSWORD: password });
    }

    /** SQL through the socket as the administrator. */
    async admin(sql: string, database = "postgres"): Promise<string> {
        const name = database.replace(/[\\']/g, "\\$&");
        const target = `host=${this.path("run")} port=${this.port} user=postgres dbname='${name}'`;
        const { exitCode, all } = await this.run(["psql", "-XAtq", "-c", sql, target]);
        if (exitCode !== 0) throw new Error(all);
        return all;
    }

    /** The certificate that the server shows now. */
    async shown(): Promise<string> {
        const args = ["s_client", "-starttls", "postgres", "-connect", `localhost:${this.port}`];
        const { stdout } = await execa("openssl", args, { input: "", reject: false });
        return /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(stdout)?.[0] ?? "none";
    }

    async remove(): Promise<void> {
        await this.end("SIGKILL", true).catch(() => undefined);
        rmSync(this.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
}

/** The image's own PATH, and that of the host's programs which lead into it. */
const imagePath = `/usr/lib/postgresql/${postgresql}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`;

/** A command's beginning that makes another file system the root, in which a directory is where it is outside. */
function enter(root: string, dir: string, user: string): string[] {
    const script = [
        "set -e",
        "root=$1 dir=$2 user=$3; shift 4",
        'mount --bind "$root" "$root"; mount --rbind /dev "$root/dev"; mount --rbind /proc "$root/proc"',
        'mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"; mkdir -p "$root$dir"; mount --bind "$dir" "$root$dir"',
        // A container gets its own from the kubelet.
        'touch "$root/etc/hosts"; mount --bind /etc/hosts "$root/etc/hosts"',
        'exec chroot --userspec="$user" "$root" "$@"',
    ];
    return ["unshare", "--mount", "--", "sh", "-c", script.join("\n"), "enter", root, dir, user];
}

/** A command's beginning that shows it another list of users. */
function withPasswd(file: string): string[] {
    const script = 'mount --bind "$1" /etc/passwd && shift && exec "$@"';
    return ["unshare", "--mount", "--", "sh", "-c", script, "with-passwd", file];
}

function openssl(args: string[]) {
    return execa("openssl", args);
}

/** Waits until something is so; a generous end, because the machine may be busy. */
export async function until(what: string, check: () => Promise<boolean> | boolean, seconds = 90): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (!(await check())) {
        if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
        await sleep(200);
    }
}
