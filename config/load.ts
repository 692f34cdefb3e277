import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { plaintextPaths } from "./plaintext";
import { Problem } from "./errors";
import { withDigestsFile } from "./image-digests";
import { keyPath } from "./key-path";
import { parse } from "./parse";
import { rawConfig } from "./raw";
import { PlatformConfig } from "./schema";
import { secretGroups } from "./secret";
import { Charts, chartsOf } from "./sections/charts";
import { StackContent, stackContent } from "./stack-file/content";
import { NotYaml } from "./stack-file/read-yaml";

/** A stack's config with what depends on the stack itself. */
export type LoadedConfig = PlatformConfig & {
    /** The charts, each with its source, and with version and values of the team's own. */
    sources: Charts;
    /** The stack's name. */
    stack: string;
};

/**
 * The config of the stack that is being run, whole and checked.
 *
 * @param file The stack file, to see what the engine doesn't tell: keys that nobody reads, and whether a password isn't encrypted.
 * @default Pulumi.<stack>.yaml of the project
 * @throws ConfigError before anything is registered.
 */
export function load(file = resolve(__dirname, "..", `Pulumi.${pulumi.getStack()}.yaml`)): LoadedConfig {
    const [stack, project] = [pulumi.getStack(), pulumi.getProject()];
    const { raw, problems } = rawConfig(pulumi.runtime.allConfig(), project);
    const written = read(file, project);
    const found = [...written.problems, ...problems, ...plaintextSecrets(raw, `${project}:`, written)];
    const config = parse(withDigestsFile(raw), stack, found);
    return { ...config, sources: chartsOf(config), stack };
}

/** The file's absence is no mistake: the CLI may have been given another one. Whoever reads the config itself tells what is no YAML. */
function read(file: string, project: string): Pick<StackContent, "config" | "problems"> {
    try {
        if (existsSync(file)) return stackContent(readFileSync(file, "utf8"), project);
    } catch (error) {
        if (!(error instanceof NotYaml)) throw error;
    }
    return { config: {}, problems: [] };
}

function plaintextSecrets(
    raw: Record<string, unknown>,
    prefix: string,
    { config }: Pick<StackContent, "config">,
): Problem[] {
    return secretGroups.flatMap((key) => {
        const group = raw[key];
        // The CLI leaves an empty group behind when the last secret is removed.
        if (group === undefined || (typeof group === "object" && !Object.keys(group ?? {}).length)) return [];
        if (!isSecret(prefix + key)) {
            return [
                { key, message: `holds ${words[key].several} in the clear; ${encrypt([key, ...words[key].path])}` },
            ];
        }
        return plaintextPaths(config[prefix + key]).map((path) => ({
            key: keyPath([key, ...path]),
            message: `is ${words[key].one} in the clear, beside encrypted ones; ${encrypt([key, ...path])}`,
        }));
    });
}

/** Words about the groups of secrets, and the form of a path in each. */
const words = {
    credentials: { one: "a password", several: "passwords", path: ["<system>.<user>"] },
    secrets: { one: "a secret", several: "secrets", path: ["<name>", "<key>"] },
};

function encrypt(path: string[]): string {
    return `remove it from the stack file, where others may have read it, and set a new one with \`pulumi config set --secret --path '${keyPath(path)}'\``;
}

/** Tells whether any part of a key is encrypted. The function is exported by the runtime but left out of its types. */
function isSecret(key: string): boolean {
    return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}
