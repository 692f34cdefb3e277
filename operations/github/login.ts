import { randomUUID } from "node:crypto";
import { appendFile, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { UserError } from "../../lib/errors";

/** Credentials that a job was found to have. */
export interface Login {
    /** Address of the state. */
    backend: string;
    /** Provider that encrypts secrets in it. */
    secrets: string;
    /** The file that was written; none where the job has a kubeconfig of its own. */
    kubeconfig?: string;
    /** The context that it uses unless the stack names one. */
    context?: string;
}

type Environment = Record<string, string | undefined>;

/**
 * Makes a job ready to run Pulumi: says at once which variable or secret of the repository is missing, and writes the
 * kubeconfig of the secret KUBECONFIG (in KUBECONFIG_DATA, as text or in base64) to a file that the following steps find.
 *
 * @param secretsProvider of the stack's file. @default a passphrase
 * @param print takes commands to GitHub's runner, which hides values in logs
 * @throws UserError that names what is missing or wrong, never a value
 */
export async function login(
    env: Environment,
    { secretsProvider, print }: { secretsProvider?: string; print: (line: string) => void },
): Promise<Login> {
    const backend = backendOf(env);
    const secrets = secretsOf(env, secretsProvider);
    const data = env.KUBECONFIG_DATA?.trim();
    if (!data) {
        if (env.KUBECONFIG) return { backend, secrets };
        throw new UserError("the secret KUBECONFIG is not set", {
            where: "secrets of the repository, or of the job's environment",
            allowed: "a kubeconfig, as text or in base64",
            fix: "kubectl config view --minify --flatten --raw | gh secret set KUBECONFIG --env <environment>",
        });
    }
    const { text, context, sensitive } = readKubeconfig(data);
    // Each value by itself: GitHub hides a secret as a whole, and what it has in it only when it is told.
    if (env.GITHUB_ACTIONS === "true") for (const value of sensitive) print(`::add-mask::${value}`);
    const dir = await mkdtemp(join(await temporary(env), "kubeconfig-"));
    const kubeconfig = join(dir, "config");
    await writeFile(kubeconfig, text, { mode: 0o600, flag: "wx" });
    if (env.GITHUB_ENV) await appendFile(env.GITHUB_ENV, assignment("KUBECONFIG", kubeconfig));
    return { backend, secrets, kubeconfig, context };
}

async function temporary({ RUNNER_TEMP }: Environment): Promise<string> {
    if (!RUNNER_TEMP) return tmpdir();
    await mkdir(RUNNER_TEMP, { recursive: true });
    return RUNNER_TEMP;
}

function backendOf({ PULUMI_BACKEND_URL: url, RUNNER_ENVIRONMENT, PULUMI_ACCESS_TOKEN }: Environment): string {
    const where = "variables of the repository";
    if (!url?.trim()) {
        throw new UserError("the variable PULUMI_BACKEND_URL is not set", {
            where,
            allowed: "s3://…, gs://…, azblob://…, or file://… on a runner of your own",
            fix: "gh variable set PULUMI_BACKEND_URL --body s3://<bucket>",
        });
    }
    // Another project's credentials may be in the address; only what it is is shown.
    const [, scheme] = /^([a-z][a-z0-9+]*):\/\//.exec(url) ?? [];
    if (!scheme || !["s3", "gs", "azblob", "file", "https"].includes(scheme)) {
        throw new UserError("the variable PULUMI_BACKEND_URL is no address of a backend", {
            where,
            allowed: "s3://…, gs://…, azblob://…, file://…",
        });
    }
    if (scheme === "file" && RUNNER_ENVIRONMENT === "github-hosted") {
        throw new UserError("a state in a directory would be gone with the machine that runs this job", {
            where: "PULUMI_BACKEND_URL",
            allowed: "a bucket (s3://…, gs://…, azblob://…), or a runner of your own",
        });
    }
    if (scheme === "https" && !PULUMI_ACCESS_TOKEN) {
        throw new UserError("Pulumi Cloud needs the secret PULUMI_ACCESS_TOKEN", {
            where: "PULUMI_BACKEND_URL",
            allowed: "nothing here needs Pulumi Cloud: a bucket will do",
        });
    }
    return url.replace(/\?.*$/, "").replace(/\/\/[^/@]*@/, "//");
}

function secretsOf({ PULUMI_CONFIG_PASSPHRASE: passphrase }: Environment, provider = "passphrase"): string {
    if (provider !== "passphrase") return provider.replace(/\?.*$/, "");
    if (passphrase) return provider;
    throw new UserError("the secret PULUMI_CONFIG_PASSPHRASE is not set", {
        where: "secrets of the repository, or of the job's environment",
        allowed: "the passphrase of the stack; none is needed where its file names a key: secretsprovider: awskms://…",
        fix: "gh secret set PULUMI_CONFIG_PASSPHRASE",
    });
}

interface Kubeconfig {
    kind?: unknown;
    "current-context"?: unknown;
    clusters?: { cluster?: Record<string, unknown> }[];
    contexts?: { name?: string }[];
    users?: { user?: Record<string, unknown> }[];
}

/** Keys that name files of the machine where the kubeconfig was made. */
const files = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

/** A kubeconfig as text; what of it nobody should see. */
export function readKubeconfig(data: string): { text: string; context?: string; sensitive: string[] } {
    const wrong = (message: string, fix = "kubectl config view --minify --flatten --raw | gh secret set KUBECONFIG") =>
        new UserError(message, { where: "the secret KUBECONFIG", allowed: "a kubeconfig, as text or in base64", fix });
    const isBase64 = /^[A-Za-z0-9+/\s]+=*\s*$/.test(data);
    const text = isBase64 ? Buffer.from(data, "base64").toString("utf8") : data;
    let config: Kubeconfig | null;
    try {
        config = parse(text) as Kubeconfig | null;
    } catch {
        // What the parser says quotes the text.
        throw wrong("the secret KUBECONFIG is no YAML");
    }
    if (typeof config !== "object" || config?.kind !== "Config" || !config.clusters?.length || !config.contexts?.length)
        throw wrong("the secret KUBECONFIG is no kubeconfig");
    const entries = [
        ...(config.clusters ?? []).map(({ cluster }) => cluster ?? {}),
        ...(config.users ?? []).map(({ user }) => user ?? {}),
    ];
    const foreign = files.filter((key) => entries.some((entry) => key in entry));
    if (foreign.length > 0) throw wrong(`the kubeconfig names files of another machine (${foreign.join(", ")})`);
    const current = config["current-context"];
    return {
        text: text.endsWith("\n") ? text : `${text}\n`,
        context: typeof current === "string" && current ? current : undefined,
        sensitive: entries
            .flatMap((entry) => ["token", "password", "client-key-data"].map((key) => entry[key]))
            .filter((value): value is string => typeof value === "string" && value.length > 0 && !/[\r\n]/.test(value)),
    };
}

/** A line of GITHUB_ENV in the form that no value can break. */
function assignment(name: string, value: string): string {
    const end = randomUUID();
    return `${name}<<${end}\n${value}\n${end}\n`;
}
