import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";

import { parse as parseConfig } from "../config/parse";
import { PlatformConfig } from "../config/schema";
import { UsageError } from "../lib/errors";
import { isRecord } from "../kubernetes/objects";
import { repoRoot } from "../lib/paths";
import { readStackYaml } from "./stack-file";
import { project, stackNamed } from "./stack-name";

export { organization, project } from "./stack-name";

/** A stack's config as the engine hands it to the program: text by full key; structured values as JSON. */
export interface StackConfig {
    values: Record<string, string>;
    /** Keys whose value is, or contains, a secret. */
    secretKeys: string[];
}

/** The file that holds a stack's config, in the project's directory. @throws UsageError for a name that can't be, such as `../x` */
export function stackFile(stack: string, dir = repoRoot): string {
    return resolve(dir, `Pulumi.${stackNamed(stack)}.yaml`);
}

/** A stack file as far as anybody but the engine needs it. */
export interface StackFile {
    config?: Record<string, unknown>;
    encryptionsalt?: string;
    secretsprovider?: string;
}

/**
 * A stack file as it stands.
 *
 * @throws UsageError when there is no such file or it isn't YAML with keys in it.
 */
export function readStackFile(file: string): StackFile {
    // An empty file, or a key without a value, reads as null.
    const whole = readStackYaml(file) ?? {};
    if (!isRecord(whole) || !isRecord(whole.config ?? {})) {
        throw new UsageError(`${basename(file)} is no stack file`, {
            where: file,
            allowed: "the key `config` with the stack's settings below it",
        });
    }
    return whole;
}

/**
 * Reads `Pulumi.<stack>.yaml` without the engine.
 *
 * An encrypted value can't be read without the engine and its passphrase, so each becomes `secretPlaceholder`, which is of the
 * right shape but is nobody's password.
 * @throws UsageError when there is no such file or it isn't a stack file.
 */
export function readStackConfig(file: string, secretPlaceholder = "not-the-real-secret"): StackConfig {
    const document = readStackFile(file);
    const values: Record<string, string> = {};
    const secretKeys: string[] = [];
    for (const [key, value] of Object.entries(document.config ?? {})) {
        const full = key.includes(":") ? key : `${project}:${key}`;
        let secret = false;
        const plain = replaceSecure(value, () => {
            secret = true;
            return secretPlaceholder;
        });
        values[full] = typeof plain === "string" ? plain : JSON.stringify(plain);
        if (secret) secretKeys.push(full);
    }
    return { values, secretKeys };
}

function replaceSecure(value: unknown, replacement: () => string): unknown {
    if (Array.isArray(value)) return value.map((item) => replaceSecure(item, replacement));
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value);
    if (entries.length === 1 && entries[0][0] === "secure") return replacement();
    return Object.fromEntries(entries.map(([key, item]) => [key, replaceSecure(item, replacement)]));
}

/** Tells whether a stack takes charts or CRDs out of `.sandbox`, where they have to be put first; that profile does by default. */
export function namesPrepared({ values }: Pick<StackConfig, "values">): boolean {
    return values[`${project}:profile`] === "sandbox" || JSON.stringify(values).includes("./.sandbox/");
}

/** A stack's config as the program will have it. @throws ConfigError */
export function platformConfig({ values }: Pick<StackConfig, "values">, stack: string): PlatformConfig {
    const own = Object.entries(values).filter(([key]) => key.startsWith(`${project}:`));
    const raw = own.map(([key, text]) => [key.slice(project.length + 1), valueOf(text)] as const);
    return parseConfig(Object.fromEntries(raw), stack);
}

/** Structured values are JSON, plain ones stand as they are. */
function valueOf(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}

/** The kubeconfig's context that a stack wants by its stack file. Undefined: the current one. */
export function contextOf(stack: string, dir?: string): string | undefined {
    const file = stackFile(stack, dir);
    const text = existsSync(file) ? readStackConfig(file).values[`${project}:kubernetes`] : undefined;
    return text === undefined ? undefined : (JSON.parse(text) as { context?: string } | null)?.context;
}
