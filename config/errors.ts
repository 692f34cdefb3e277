import * as pulumi from "@pulumi/pulumi";

/** One thing that is wrong with a stack's config. */
export interface Problem {
    /** Path of the key from the project's prefix on, e.g. `objectStore.buckets[0].name`. */
    key: string;
    /** Description of the problem, and what is allowed. */
    message: string;
}

/**
 * A stack's config that can't be used: every problem at once. The engine prints a `RunError` without a stack trace, because
 * what is wrong is in the config, not in the program.
 */
export class ConfigError extends pulumi.RunError {
    constructor(
        readonly problems: Problem[],
        stack: string,
    ) {
        const width = Math.max(...problems.map(({ key }) => key.length));
        super(
            [
                `the config of stack "${stack}" (Pulumi.${stack}.yaml) has ${count(problems.length)}; nothing was changed:`,
                ...problems.map(({ key, message }) => `  ${key.padEnd(width)}  ${message}`),
            ].join("\n"),
        );
        this.name = "ConfigError";
    }
}

function count(problems: number): string {
    return problems === 1 ? "1 problem" : `${problems} problems`;
}
