/** How a command ends; `--help` of each says so. */
export const exitCodes = {
    done: 0,
    /** What was asked for could not be done. */
    failed: 1,
    /** The command line, or the stack's config, is wrong; nothing was done. */
    usage: 2,
    /** Done, and there is something to see: differences, findings. */
    found: 3,
    /** Done, and there are warnings only. */
    warnings: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a command has to say. */
export interface CommandResult {
    /** For people, on standard output. */
    text: string;
    /** For machines, on standard output with `--json`. */
    json: unknown;
    /** @default done */
    code?: ExitCode;
}
