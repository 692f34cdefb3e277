import { resolve } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { plaintextUsers } from "./plaintext";
import { Problem } from "./errors";
import { withDigestsFile } from "./image-digests";
import { keyPath, parse } from "./parse";
import { PlatformConfig } from "./schema";
import { Charts, chartsOf } from "./sections/charts";

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
 * @param file The stack file, to see whether a password in it isn't encrypted. @default Pulumi.<stack>.yaml of the project
 * @throws ConfigError before anything is registered.
 */
export function load(file = resolve(__dirname, "..", `Pulumi.${pulumi.getStack()}.yaml`)): LoadedConfig {
    const stack = pulumi.getStack();
    const prefix = `${pulumi.getProject()}:`;
    const raw = Object.fromEntries(
        Object.entries(pulumi.runtime.allConfig())
            .filter(([key]) => key.startsWith(prefix))
            .map(([key, text]) => [key.slice(prefix.length), value(text)]),
    );
    const config = parse(withDigestsFile(raw), stack, plaintextCredentials(raw, prefix, file));
    return { ...config, sources: chartsOf(config), stack };
}

function plaintextCredentials({ credentials }: Record<string, unknown>, prefix: string, file: string): Problem[] {
    // The CLI leaves an empty group behind when the last password is removed.
    if (credentials === undefined || (typeof credentials === "object" && !Object.keys(credentials ?? {}).length)) {
        return [];
    }
    const key = "credentials";
    if (!isSecret(prefix + key)) {
        return [{ key, message: `holds passwords in the clear; ${encrypt("<system>.<user>")}` }];
    }
    return plaintextUsers(file, prefix + key).map((user) => ({
        key: keyPath([key, user]),
        message: `is a password in the clear, beside encrypted ones; ${encrypt(user)}`,
    }));
}

function encrypt(user: string): string {
    return `remove it from the stack file, where others may have read it, and set a new one with \`pulumi config set --secret --path '${keyPath(["credentials", user])}'\``;
}

/** The engine hands structured values over as JSON and plain ones as they stand. */
function value(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}

/** Tells whether any part of a key is encrypted. The function is exported by the runtime but left out of its types. */
function isSecret(key: string): boolean {
    return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}
