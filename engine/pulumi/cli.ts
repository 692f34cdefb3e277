import { existsSync } from "node:fs";
import { join, sep } from "node:path";

import { driven, Operation, operationArgs, plain } from "./commands";
import { findPulumi, pinned } from "./find";
import { operate } from "./operate";
import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { repoRoot } from "../../lib/paths";
import { stackFile } from "../../program/stack-config";
import { type Counts, type OperationOptions, StackLocked } from "../engine";
import { locksIn } from "./locks";

/** There is no such stack in the backend. */
export class NoStack extends UserError {}

/** The CLI's own exit code for a stack that isn't there. */
const noStack = 6;

/** Milliseconds for what only reads or writes the state; a first call may download the CLI. */
const limit = 300_000;

export interface CliOptions {
    /** The program. @default the one at hand, else the npm package's, which downloads it */
    pulumi?: string;
    /** Directory of the project, with its stack files. @default the checkout */
    cwd?: string;
    /** Directory of the program, where its stack files are kept elsewhere. @default cwd */
    checkout?: string;
    /** Added to the process's own environment. */
    env?: Record<string, string>;
    /** Advice when an operation fails; the CLI's own words were shown already. @default its reasons are repeated */
    fix?: string;
}

/** The Pulumi CLI in a project's directory, with whatever backend and secrets it is logged in to. */
export class Cli {
    readonly cwd: string;
    private readonly pulumi: string;
    private readonly checkout: string;
    private readonly env: Record<string, string>;
    private readonly fix?: string;

    constructor({ pulumi = programAtHand(), cwd = repoRoot, checkout = cwd, env = {}, fix }: CliOptions = {}) {
        this.pulumi = pulumi;
        this.cwd = cwd;
        this.checkout = checkout;
        this.fix = fix;
        this.env = {
            ...driven(pulumi, env.PATH ?? process.env.PATH),
            // A fresh checkout doesn't have the salt that an earlier run wrote into its stack file; the state has it.
            PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
            ...env,
            PATH: driven(pulumi, env.PATH ?? process.env.PATH).PATH,
        };
    }

    /** Runs a command that only reads or writes the state, and returns what it prints. */
    async ask(args: string[], { input, stack = "" }: { input?: string; stack?: string } = {}): Promise<string> {
        const { cwd, env } = this;
        try {
            const { stdout } = await run(this.pulumi, [...args, ...plain], { cwd, env, input, timeout: limit });
            return stdout;
        } catch (error) {
            if (!(error instanceof UserError)) throw error;
            const said = error.details.evidence ?? [];
            throw notDownloaded(this.pulumi, said) ?? explained(error, stack, said);
        }
    }

    /** Runs an operation on a whole stack. An abort interrupts it once, and it ends in good order. */
    async operate(
        operation: Operation,
        stack: string,
        flags: string[],
        { print, signal }: OperationOptions,
    ): Promise<Counts> {
        const said: string[] = [];
        const onLine = (line: string) => {
            said.push(line);
            print?.(line);
        };
        const { cwd, checkout, env, fix } = this;
        const configFile = checkout === cwd ? undefined : stackFile(stack, cwd);
        const args = (eventLog: string) => [...operationArgs(operation, stack, eventLog, configFile), ...flags];
        try {
            return await operate(this.pulumi, args, { cwd: checkout, env, onLine, signal, fix });
        } catch (error) {
            if (!(error instanceof UserError)) throw error;
            const absent = notDownloaded(this.pulumi, said);
            if (absent) throw absent;
            if (fix) throw ofStack(error, stack, said.join("\n")) ?? error;
            // Of what was shown the reasons are said again; what nobody saw is evidence as a whole.
            const evidence = said.filter((line) => (print ? /^\s*error: /.test(line) : line.trim())).slice(-15);
            throw explained(new UserError(error.message, { ...error.details, evidence }), stack, said);
        }
    }
}

/** Ways to get the CLI, or to do without it. */
const getCli = `install Pulumi ${pinned} (https://www.pulumi.com/docs/install), and put it on the PATH; a stack of the built-in engine needs none: --engine builtin`;

/** The error for a CLI that isn't at hand, where the npm package's own program could not download it. */
function notDownloaded(pulumi: string, said: string[]): UserError | undefined {
    if (!pulumi.includes(`${sep}node_modules${sep}`) || !said.some((line) => line.startsWith("Downloading pulumi")))
        return undefined;
    const reason = /^pulumi: (.+)/.exec(said.filter((line) => line.trim()).at(-1) ?? "")?.[1];
    if (reason === undefined) return undefined;
    return new UserError("the Pulumi CLI is not at hand, and it could not be downloaded", {
        where: "PATH, ~/.pulumi/versions, https://get.pulumi.com",
        evidence: [reason],
        fix: getCli,
    });
}

/** The error for a stack that is locked or isn't there; undefined for every other. */
function ofStack(error: UserError, stack: string, text: string): UserError | undefined {
    if (/currently locked by \d+ lock/.test(text)) return new StackLocked(stack, locksIn(text));
    if (/Another update is currently in progress/i.test(text)) return new StackLocked(stack, []);
    if (error.message.includes(`exit code ${noStack}`) || /no stack named '.*' found/.test(text)) {
        return new NoStack(`there is no stack ${stack}`, { fix: "see which there are: pulumi stack ls" });
    }
    return undefined;
}

/** Turns the CLI's message into an error that says what to do. */
export function explained(error: UserError, stack: string, said: string[]): UserError {
    const text = said.join("\n");
    const known = ofStack(error, stack, text);
    if (known) return known;
    const fix = fixes.find(({ pattern }) => pattern.test(text))?.fix;
    // Each resource's reason stands before the one that sums up, which says nothing.
    const reason = said.find((line) => /^\s*error: /.test(line) && !/error: update failed/.test(line));
    return new UserError(reason ? `the Pulumi CLI: ${reason.trim().slice("error: ".length)}` : error.message, {
        ...error.details,
        evidence: error.details.evidence?.filter((line) => line !== reason),
        fix: fix ?? error.details.fix,
    });
}

const fixes = [
    {
        pattern: /passphrase must be set|incorrect passphrase/i,
        fix: "export PULUMI_CONFIG_PASSPHRASE_FILE=<file with the stack's passphrase>, or PULUMI_CONFIG_PASSPHRASE",
    },
    {
        pattern: /PULUMI_ACCESS_TOKEN must be set|not logged in|pulumi login/i,
        fix: "log in to the team's backend, e.g. export PULUMI_BACKEND_URL=s3://<bucket>, or: pulumi login <url>",
    },
    { pattern: /get\.pulumi\.com|getaddrinfo|ENOTFOUND/, fix: getCli },
    {
        pattern: /no such host|connection refused|i\/o timeout|network is unreachable|TLS handshake timeout/,
        fix: "see whether the backend can be reached from here, and by which proxy (HTTPS_PROXY): pulumi whoami --verbose",
    },
    {
        pattern:
            /NoCredentialProviders|no EC2 IMDS role|could not find default credentials|DefaultAzureCredential|AccessDenied|ExpiredToken/,
        fix: "log in to the cloud that has the state, e.g. aws sso login, gcloud auth application-default login or az login",
    },
];

function programAtHand(): string {
    const downloader = join(repoRoot, "node_modules", ".bin", "pulumi");
    const found = findPulumi() ?? (existsSync(downloader) ? downloader : undefined);
    if (found) return found;
    throw new UserError("the Pulumi CLI is not at hand", {
        allowed: "a program `pulumi` on the PATH, or the npm package's after `make packages`",
        fix: getCli,
    });
}
