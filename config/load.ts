import * as pulumi from "@pulumi/pulumi";

import { Problem } from "./errors";
import { parse } from "./parse";
import { PlatformConfig } from "./schema";

/** A stack's config with what depends on the stack itself. */
export type LoadedConfig = PlatformConfig & {
    /** The stack's name. */
    stack: string;
};

/**
 * The config of the stack that is being run, whole and checked.
 *
 * @throws ConfigError before anything is registered.
 */
export function load(): LoadedConfig {
    const stack = pulumi.getStack();
    const prefix = `${pulumi.getProject()}:`;
    const raw = Object.fromEntries(
        Object.entries(pulumi.runtime.allConfig())
            .filter(([key]) => key.startsWith(prefix))
            .map(([key, text]) => [key.slice(prefix.length), value(text)]),
    );
    // The CLI leaves an empty group behind when the last password is removed.
    const some = typeof raw.credentials !== "object" || Object.keys(raw.credentials ?? {}).length > 0;
    const inTheClear = raw.credentials !== undefined && some && !isSecret(`${prefix}credentials`);
    return { ...parse(raw, stack, inTheClear ? [passwordsInTheClear] : []), stack };
}

const passwordsInTheClear: Problem = {
    key: "credentials",
    message:
        "holds passwords in the clear; remove it from the stack file and set each with `pulumi config set --secret --path 'credentials[\"<system>.<user>\"]'`",
};

/** The engine hands structured values over as JSON and plain ones as they stand. */
function value(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}

/** Whether any part of a key is encrypted. The function is exported by the runtime but left out of its types. */
function isSecret(key: string): boolean {
    return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}
