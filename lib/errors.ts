/** Details by which a person mends their own mistake or their machine. */
export interface UserErrorDetails {
    /** Place of the problem: a file, a key path, a pod, a port. */
    where?: string;
    /** Values that would have been right. */
    allowed?: string;
    /** The next thing to do, a command if there is one. */
    fix?: string;
    /** Lines of evidence (the end of a log, the events of a pod), printed indented. */
    evidence?: string[];
    /** Part of a long work that isn't lost. */
    kept?: string;
    /** Cause, where many lines stand between the message and its end: what a person sees last is what is read. */
    cause?: string;
}

/** An error that is shown to a person as it stands, without a stack trace, and ends the process with code 1. */
export class UserError extends Error {
    override readonly name = "UserError";

    constructor(
        message: string,
        readonly details: UserErrorDetails = {},
    ) {
        super(message);
    }

    /** The whole message as it is printed, several lines. */
    render(): string {
        const { where, allowed, fix, evidence, kept, cause } = this.details;
        return [
            this.message,
            ...(where ? [`  where:   ${where}`] : []),
            ...(allowed ? [`  allowed: ${allowed}`] : []),
            ...(evidence ?? []).map((line) => `  | ${line}`),
            ...(fix ? [`  fix:     ${fix}`] : []),
            ...(kept ? [`  kept:    ${kept}`] : []),
            ...(cause ? [`  cause:   ${cause}`] : []),
        ].join("\n");
    }
}

/** The text to print for anything that was thrown: a user's error as it stands, all else with its stack, because then it is our defect. */
export function renderError(error: unknown): string {
    if (error instanceof UserError) return error.render();
    if (error instanceof AggregateError) return error.errors.map(renderError).join("\n");
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Ends a program that has failed: prints why, and sets exit code 1. For the last `catch` of a program. */
export function endFailed(error: unknown): void {
    console.error(renderError(error));
    process.exitCode = 1;
}

/** Invalid usage of a command. */
export class UsageError extends UserError {}
