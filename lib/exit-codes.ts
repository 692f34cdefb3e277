/** Exit codes of a command; `--help` of each names them. */
export const exitCodes = {
    done: 0,
    /** Code of a request that could not be fulfilled. */
    failed: 1,
    /** The command line, or the stack's config, is wrong; nothing was done. */
    usage: 2,
    /** Done, and there is something to see: differences, findings. */
    found: 3,
    /** Done, and there are warnings only. */
    warnings: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Result of a command. */
export interface CommandResult {
    /** For people, on standard output. */
    text: string;
    /** For machines, on standard output with `--json`. */
    json: unknown;
    /** @default done */
    code?: ExitCode;
}
