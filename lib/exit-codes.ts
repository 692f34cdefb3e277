/** Exit codes of a command; `--help` of each names them, and docs/commands.md has the table. */
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

/** Meaning of each exit code, in the words of `--help`. */
export const meanings: Record<keyof typeof exitCodes, string> = {
    done: "done",
    failed: "it could not be done; standard error says why and what to do",
    usage: "the command line or the stack's config is wrong; nothing was done",
    found: "done, and there is something to see",
    warnings: "done, with warnings only",
};

/** Result of a command. */
export interface CommandResult {
    /** For people, on standard output. */
    text: string;
    /** For machines, on standard output with `--json`. */
    json: unknown;
    /** @default done */
    code?: ExitCode;
}
