import { UserError } from "../../lib/errors";

/** Refusal by GitHub, with what to do about it. */
export class GitHubError extends UserError {
    constructor(
        message: string,
        details: UserError["details"],
        /** The HTTP status; 0 when there was no answer. */
        readonly status: number,
    ) {
        super(message, details);
    }
}

/** The longest wait, in milliseconds, for a limit to be over; beyond it somebody should know. */
const longestWait = 60_000;

/** Error of Octokit, as far as it is read here. */
interface Failure {
    status: number;
    message: string;
    request?: { method: string; url: string };
    response?: { headers: Record<string, string | number | undefined> };
    cause?: unknown;
}

function isFailure(error: unknown): error is Failure & Error {
    return error instanceof Error && typeof (error as Partial<Failure>).status === "number";
}

const headerOf = ({ response }: Failure, name: string) =>
    response?.headers[name] === undefined ? undefined : String(response.headers[name]);

/** Tells whether GitHub has had enough questions for now; it says so with 403 as well as with 429. */
function isLimited(failure: Failure): boolean {
    if (failure.status === 429) return true;
    if (failure.status !== 403) return false;
    return (
        headerOf(failure, "x-ratelimit-remaining") === "0" ||
        headerOf(failure, "retry-after") !== undefined ||
        /rate limit/i.test(failure.message)
    );
}

function limitEnds(failure: Failure): number {
    const after = headerOf(failure, "retry-after");
    if (after !== undefined) return Number(after) * 1000;
    const reset = headerOf(failure, "x-ratelimit-reset");
    if (headerOf(failure, "x-ratelimit-remaining") === "0" && reset !== undefined)
        return Math.max(1000, Number(reset) * 1000 - Date.now());
    return longestWait;
}

/**
 * Milliseconds after which the same may be asked again; undefined when that wouldn't help. What creates something is not sent
 * twice after an error of the server's, which may have done it all the same.
 */
export function waitOf(error: unknown, method: string, attempt: number): number | undefined {
    if (!isFailure(error)) return undefined;
    if (isLimited(error)) {
        const wait = limitEnds(error);
        return wait <= longestWait ? wait : undefined;
    }
    return error.status >= 500 && method !== "POST" ? 1000 * 2 ** attempt : undefined;
}

/** The same for a person; what isn't GitHub's answer stays as it is. */
export function asUserError(error: unknown, repository: string): unknown {
    if (!isFailure(error)) return error;
    const { status } = error;
    const where = error.request ? `${error.request.method} ${error.request.url}` : repository;
    const make = (message: string, details: UserError["details"]) =>
        new GitHubError(message, { where, ...details }, status);
    if (!error.response) {
        return new GitHubError("GitHub can't be reached", { where, evidence: [deepest(error)] }, 0);
    }
    if (isLimited(error)) {
        const until = new Date(Date.now() + limitEnds(error));
        return make("GitHub answers no more questions of this token for now", {
            fix: `run it again after ${until.toISOString().slice(0, 16).replace("T", " ")} UTC`,
        });
    }
    if (status === 401) {
        return make("GitHub doesn't accept the token", {
            fix: "GITHUB_TOKEN is wrong or over; a workflow's own lives only as long as its job",
        });
    }
    if (status === 403) return make(...forbidden(error));
    if (status === 404) {
        return make(`GitHub knows no such thing in ${repository}, or the token may not see it`, {
            fix: "check the number, GITHUB_REPOSITORY, and the job's permissions",
        });
    }
    if (status === 410) {
        return make("GitHub says that it is turned off in this repository", {
            fix: "issues are a feature in the repository's settings",
        });
    }
    return make(`GitHub answers ${status}: ${error.message.slice(0, 500)}`, {});
}

/** Finds the innermost cause: why a connection failed is told by what is behind the error, not by the error. */
function deepest(error: Error): string {
    let found = error;
    while (found.cause instanceof Error) found = found.cause;
    return found.message || (found as NodeJS.ErrnoException).code || error.message;
}

function forbidden(error: Failure): [string, UserError["details"]] {
    const accepted = headerOf(error, "x-accepted-github-permissions");
    if (!/not accessible by integration/i.test(error.message)) {
        return [`GitHub forbids it: ${error.message.slice(0, 500)}`, { allowed: accepted }];
    }
    return [
        "the workflow's token may not do that (Resource not accessible by integration)",
        {
            allowed: accepted ? `a token with ${accepted}` : undefined,
            fix:
                "the token of a fork's pull request, and of Dependabot's, only reads: .github/workflows/comment.yml posts for them; " +
                "any other job needs `permissions:` for it, e.g. `pull-requests: write`",
        },
    ];
}
