import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import type { Problem } from "../config/errors";
import { parse } from "../config/parse";
import { isEncrypted } from "../config/plaintext";
import { rawConfig, valueOf } from "../config/raw";
import { PlatformConfig } from "../config/schema";
import { secretPlaceholder } from "../config/secret";
import { StackContent, stackContent } from "../config/stack-file/content";
import { NotYaml, readYaml } from "../config/stack-file/read-yaml";
import { UsageError, UserError } from "../lib/errors";
import { isRecord } from "../kubernetes/objects";
import { repoRoot } from "../lib/paths";
import { stackText } from "./stack-file";
import { project, stackNamed } from "./stack-name";

export { organization, project } from "./stack-name";

/** A stack's config as the engine hands it to the program: text by full key; structured values as JSON. */
export interface StackConfig {
    values: Record<string, string>;
    /** Keys whose value is, or contains, a secret. */
    secretKeys: string[];
    /** Parts of the file that the engine would read otherwise than they look, or not at all. @default none */
    problems?: Problem[];
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
 * A stack file as it stands, references filled in.
 *
 * @throws UsageError when there is no such file or it isn't YAML with keys in it.
 */
export function readStackFile(file: string): StackFile {
    // An empty file reads as null.
    return (contentOf(file).root ?? {}) as StackFile;
}

function contentOf(file: string): StackContent {
    const text = stackText(file);
    let content: StackContent;
    try {
        content = stackContent(text, project);
    } catch (error) {
        if (!(error instanceof NotYaml)) throw error;
        throw new UsageError(`${basename(file)} can't be read: ${error.message}`, { where: file });
    }
    const root = content.root ?? {};
    if (!isRecord(root) || !isRecord(root.config ?? {})) {
        throw new UsageError(`${basename(file)} is no stack file`, {
            where: file,
            allowed: "the key `config` with the stack's settings below it",
        });
    }
    return content;
}

/**
 * Reads `Pulumi.<stack>.yaml` without the engine, as the engine does.
 *
 * An encrypted value can't be read without the engine and its passphrase, so each becomes `placeholder`, which is of the
 * right shape but is nobody's password.
 * @throws UsageError when there is no such file or it isn't a stack file.
 */
export function readStackConfig(file: string, placeholder = secretPlaceholder): StackConfig {
    const { root, config, problems } = contentOf(file);
    const values: Record<string, string> = {};
    const secretKeys: string[] = [];
    for (const [full, value] of Object.entries(config)) {
        let secret = false;
        const plain = replaceSecure(value, () => {
            secret = true;
            return placeholder;
        });
        // The engine makes an empty text of a key without a value.
        values[full] = typeof plain === "string" ? plain : plain === null ? "" : JSON.stringify(plain);
        if (secret) secretKeys.push(full);
    }
    const all = [...problems, ...elsewhere(root, dirname(file))];
    return { values, secretKeys, ...(all.length > 0 ? { problems: all } : {}) };
}

/** Config that the engine takes from elsewhere, and nobody else can. */
function elsewhere(root: unknown, dir: string): Problem[] {
    const given = (whole: unknown, key: string) =>
        isRecord(whole) && ![undefined, null].includes(whole[key] as null) && JSON.stringify(whole[key]).length > 2;
    const project = projectFile(join(dir, "Pulumi.yaml"));
    return [
        ...(given(root, environment)
            ? [
                  {
                      key: environment,
                      message:
                          "takes config from Pulumi ESC, which only the Pulumi CLI can ask, so that all else would see another config than it does; write what it gives (`pulumi config` shows it) under config, secrets with --secret, and take it out",
                  },
              ]
            : []),
        ...["config", "stackConfigDir"]
            .filter((key) => given(isRecord(project) && key === "config" ? withoutTags(project) : project, key))
            .map((key) => ({
                key: `Pulumi.yaml: ${key}`,
                message:
                    "sets config that only the Pulumi CLI knows of; write it into the stack files, and take it out",
            })),
    ];
}

/** The project without the tags that `pulumi new` writes there, which are no config of the program's. */
function withoutTags(project: Record<string, unknown>): Record<string, unknown> {
    if (!isRecord(project.config)) return project;
    return { ...project, config: { ...project.config, "pulumi:tags": undefined } };
}

/** Key of a stack file that leads to Pulumi ESC. */
const environment = "environment";

/** Its absence is no mistake, and the CLI tells what is wrong with it. */
function projectFile(file: string): unknown {
    try {
        return existsSync(file) ? readYaml(readFileSync(file, "utf8"), project).content : undefined;
    } catch (error) {
        if (error instanceof NotYaml) return undefined;
        throw error;
    }
}

/** The engine sorts keys, too. */
function replaceSecure(value: unknown, replacement: () => string): unknown {
    if (Array.isArray(value)) return value.map((item) => replaceSecure(item, replacement));
    if (value === null || typeof value !== "object") return value;
    if (isEncrypted(value)) return replacement();
    const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(sorted.map(([key, item]) => [key, replaceSecure(item, replacement)]));
}

/** Tells whether a stack takes charts or CRDs out of `.sandbox`, where they have to be put first; that profile does by default. */
export function namesPrepared({ values }: Pick<StackConfig, "values">): boolean {
    return values[`${project}:profile`] === "sandbox" || JSON.stringify(values).includes("./.sandbox/");
}

/** A stack's config as the program will have it. @throws ConfigError */
export function platformConfig(
    { values, problems = [] }: Pick<StackConfig, "values" | "problems">,
    stack: string,
): PlatformConfig {
    const { raw, problems: foreign } = rawConfig(values, project);
    return parse(raw, stack, [...problems, ...foreign]);
}

/** A group of the project's own keys; undefined where it isn't said, or is no group, which the program itself tells of. */
export function groupOf(values: StackConfig["values"], name: string): Record<string, unknown> | undefined {
    const group = valueOf(values[`${project}:${name}`] ?? "");
    return isRecord(group) ? group : undefined;
}

/** The kubeconfig's context that a stack wants by its stack file. Undefined: the current one, or there is no file. */
export function contextOf(stack: string, dir?: string): string | undefined {
    return contextIn(stackFile(stack, dir));
}

/**
 * The kubeconfig's context that a stack file names. Undefined: the current one, or there is no file.
 *
 * @throws UserError where it might be said by Pulumi ESC: the current one could be another cluster.
 */
export function contextIn(file: string): string | undefined {
    if (!existsSync(file)) return undefined;
    const { values, problems = [] } = readStackConfig(file);
    const context = groupOf(values, "kubernetes")?.context;
    if (typeof context === "string") return context;
    if (!problems.some(({ key }) => key === environment)) return undefined;
    throw new UserError(
        `${basename(file)} takes config from Pulumi ESC (${environment}), so its cluster isn't known here`,
        {
            where: file,
            fix: `name the kubeconfig's context in the file: ${project}:kubernetes.context`,
        },
    );
}
