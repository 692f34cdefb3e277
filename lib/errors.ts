import { type ExitCode, exitCodes } from "./exit-codes";

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
    // What the program raises about its config is the user's.
    if (isRunError(error)) return error.message;
    const refused = refusedFile(error);
    if (refused)
        return process.env.DATA_PLATFORM_DEBUG ? `${refused.render()}\n${(error as Error).stack}` : refused.render();
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Prints why a program has failed, and sets its exit code, unless a signal has done so. For the last `catch` of a program. */
export function endFailed(error: unknown): void {
    console.error(renderError(error));
    process.exitCode ||= exitCodeOf(error);
}

/** The command line or the stack's config is wrong; nothing was done. */
export class UsageError extends UserError {}

/** Exit code of a command that an error has ended: a wrong command line or config is `usage`, all else `failed`. */
export function exitCodeOf(error: unknown): ExitCode {
    if (error instanceof AggregateError && error.errors.length > 0) {
        return error.errors.every((each) => exitCodeOf(each) === exitCodes.usage) ? exitCodes.usage : exitCodes.failed;
    }
    return error instanceof UsageError || isRunError(error) ? exitCodes.usage : exitCodes.failed;
}

/** Equals Pulumi's `RunError.isInstance`, without loading Pulumi. */
function isRunError(error: unknown): error is Error {
    return error instanceof Error && "__pulumiRunError" in error;
}

/** Reasons why the system refuses a file that a person has named, by the code that Node gives. */
const refusals: Record<string, string> = {
    ENOENT: "there is no such file or directory",
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOTDIR: "a part of the path is a file, not a directory",
    EISDIR: "it is a directory, not a file",
    ENOSPC: "the disk is full",
    EDQUOT: "the disk quota is used up",
    ENAMETOOLONG: "the path is too long",
    ELOOP: "its links lead in a circle",
};

/** Says in words why the system refused a file; nothing for every other error. */
export function whyRefused(error: unknown): string | undefined {
    const { code } = (error ?? {}) as NodeJS.ErrnoException;
    return code === undefined ? undefined : refusals[code];
}

/** The user's error for a file or directory that the system refused; nothing for every other error. */
export function refusedFile(error: unknown): UserError | undefined {
    const { path, syscall } = (error ?? {}) as NodeJS.ErrnoException;
    const why = whyRefused(error);
    // A program that can't be started has a place of its own for that (lib/exec.ts).
    if (why === undefined || path === undefined || syscall?.startsWith("spawn")) return undefined;
    const writes = /mkdir|rename|unlink|rmdir|symlink|write|copyfile/.test(syscall ?? "");
    return new UserError(`${path} can't be ${writes ? "written" : "opened"}: ${why}`);
}
