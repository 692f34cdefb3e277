// Stacks of the Pulumi CLI in a directory of the sandbox's own, with a passphrase of its own: no login, and nothing in the checkout.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { stringify } from "yaml";

import { UserError } from "../../lib/errors";
import { repoRoot } from "../../lib/paths";
import { project, readStackFile, type StackFile, stackFile } from "../../program/stack-config";
import type { CliOptions } from "./cli";

/** Directory in which the CLI keeps the sandbox's stacks. */
export interface Places {
    /** Directory of the backend, with state and locks. */
    backend: string;
    /** Password of the state's secrets, for its owner only. */
    passphraseFile: string;
    /** A project directory with nothing but a name, in which the CLI may write its stack files. */
    project: string;
}

/** The places under the sandbox's directory. */
export function places(dir: string): Places {
    const root = join(dir, "pulumi");
    return { backend: join(root, "backend"), passphraseFile: join(root, "passphrase"), project: join(root, "project") };
}

/** Makes the places, and returns how the CLI is led there and to a cluster. */
export async function localOptions(dir: string, kubeconfig: string): Promise<Required<Omit<CliOptions, "pulumi">>> {
    const at = places(dir);
    await mkdir(at.backend, { recursive: true, mode: 0o700 });
    await mkdir(at.project, { recursive: true, mode: 0o700 });
    if (!existsSync(at.passphraseFile))
        await writeFile(at.passphraseFile, randomBytes(32).toString("hex"), { mode: 0o600 });
    await writeFile(join(at.project, "Pulumi.yaml"), stringify({ name: project, runtime: "nodejs" }));
    return {
        cwd: at.project,
        checkout: repoRoot,
        env: environment(at, kubeconfig),
        fix: "a stack that it has not begun can do without it: --engine builtin",
    };
}

/** Environment that leads the CLI to the sandbox's backend and to a cluster. */
export function environment({ backend, passphraseFile }: Places, kubeconfig: string): Record<string, string> {
    return {
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
        KUBECONFIG: kubeconfig,
    };
}

/** Selects a stack, made where there is none, and brings its stack file up to date with the checkout's. */
export async function select(stack: string, dir: string, ask: (args: string[]) => Promise<unknown>): Promise<void> {
    const source = readStackFile(stackFile(stack));
    if (source.encryptionsalt || source.secretsprovider) {
        throw new UserError("the stack file has secrets under a key of its own, which the sandbox does not have", {
            where: stackFile(stack),
            fix: `run the CLI yourself: npx pulumi up -s ${stack}`,
        });
    }
    // Not in the checkout, where the CLI would write the salt into the stack file.
    await ask(["stack", "select", stack, "--create", "--secrets-provider", "passphrase"]);
    const file = stackFile(stack, dir);
    const written = existsSync(file) ? readStackFile(file) : {};
    await writeFile(file, mergeStackFile(source, written), { mode: 0o600 });
}

/** The checkout's config with what the CLI has noted about secrets. */
export function mergeStackFile({ config }: StackFile, { encryptionsalt, secretsprovider }: StackFile): string {
    const whole = {
        ...(secretsprovider ? { secretsprovider } : {}),
        ...(encryptionsalt ? { encryptionsalt } : {}),
        config: config ?? {},
    };
    // A text such as 1_000 is a number to Pulumi's reader where it stands without quotes.
    return stringify(whole, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0 });
}

/** Tells whether the CLI has anything of a stack here. After a `destroy` it keeps the stack's file, without resources. */
export function holdsStack(dir: string, stack: string): boolean {
    const file = join(places(dir).backend, ".pulumi", "stacks", project, `${stack}.json`);
    if (!existsSync(file)) return false;
    try {
        const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
            checkpoint?: { latest?: { resources?: unknown[] | null; pending_operations?: unknown[] | null } };
        };
        const { resources, pending_operations: pending } = checkpoint?.latest ?? {};
        return (resources ?? []).length + (pending ?? []).length > 0;
    } catch {
        // A state that can't be read is not to be written over by another engine.
        return true;
    }
}
