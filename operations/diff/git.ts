import { run } from "../../lib/exec";
import { UserError } from "../../lib/errors";
import { repoRoot } from "../../lib/paths";

/** Commits of the repository that are compared. */
export interface Compared {
    /** Commit in which the change began: the last one that HEAD and the branch it goes to have in common. */
    base: string;
    /** The commit that is checked out. */
    head: string;
    /** True if there are changes in the work tree that are not committed. */
    uncommitted: boolean;
    /** The project's place in the repository, e.g. `platform/`; empty when it is the whole of it. */
    prefix: string;
}

/** Branches that are tried in this order when nobody says where a change goes to. */
const branches = ["origin/main", "origin/master", "main", "master"];

/**
 * Finds where a change begins and where it leads.
 *
 * @param base a branch, tag or commit that the change goes to; of no account where GitHub has checked out a pull request's merge.
 *     @default origin's default branch, else `main`
 * @param project the checkout. @default this one
 * @throws UserError when there is no git, no repository, no such commit, or no history in common
 */
export async function compared(base?: string, project = repoRoot): Promise<Compared> {
    const inside = await git(["rev-parse", "--show-prefix"], project, [0, 128]);
    if (inside.code !== 0) {
        throw new UserError("the project is not in a git repository that can be read", {
            where: project,
            evidence: lastLines(inside.stderr),
            fix: "clone the repository; a directory of another user needs: git config --global --add safe.directory <directory>",
        });
    }
    const head = await commitOf("HEAD", project);
    if (!head) throw new UserError("the repository has no commit yet", { where: project, fix: "git commit" });
    const status = await git(["status", "--porcelain", "--untracked-files=no", "--", "."], project);
    const rest = { uncommitted: status.stdout.trim() !== "", prefix: inside.stdout.trim() };
    const merged = await testMerge(head, project);
    if (merged) return { ...merged, ...rest };
    const wanted = base ?? (await defaultBase(project));
    const target = wanted && (await commitOf(wanted, project));
    if (!target) {
        throw new UserError(`this clone has no ${wanted ?? "main branch"} to compare with`, {
            where: project,
            allowed: "--base <a branch, tag or commit>",
            fix: fetchMore(wanted),
        });
    }
    const { stdout, code } = await git(["merge-base", target, head], project, [0, 1]);
    if (code !== 0) {
        const shallow = (await git(["rev-parse", "--is-shallow-repository"], project)).stdout.trim() === "true";
        throw new UserError(
            shallow
                ? `the clone is shallow: the commit that HEAD and ${wanted} have in common is not in it`
                : `HEAD and ${wanted} have no commit in common`,
            { where: project, fix: shallow ? fetchMore(wanted) : "name another --base" },
        );
    }
    return { base: stdout.trim(), head, ...rest };
}

/**
 * Finds the base of a merge that GitHub has made for a pull request: from the newest commit of the branch that the change goes to, to the
 * change's newest. Its first parent is the base, whatever the event says, which may be older.
 */
async function testMerge(head: string, cwd: string): Promise<Pick<Compared, "base" | "head"> | undefined> {
    const { GITHUB_REF = "", GITHUB_SHA } = process.env;
    if (GITHUB_SHA !== head || !/^refs\/pull\/\d+\/merge$/.test(GITHUB_REF)) return undefined;
    const [first, second, third] = await Promise.all([1, 2, 3].map((parent) => commitOf(`${head}^${parent}`, cwd)));
    return first && second && !third ? { base: first, head: second } : undefined;
}

/** Paths of a commit's files directly in the project's folder. */
export async function filesAt(commit: string, project = repoRoot): Promise<string[]> {
    // Relative to the folder it is run in.
    const { stdout } = await git(["ls-tree", "-z", "--name-only", commit], project);
    return stdout.split("\0").filter(Boolean);
}

/** Paths of the files directly in the project's folder that git knows. */
export async function trackedFiles(project = repoRoot): Promise<string[]> {
    const { stdout } = await git(["ls-files", "-z", "--", ":(glob)*"], project);
    return stdout.split("\0").filter(Boolean);
}

/** Runs git. @throws UserError when it is not there, or ends with a code that is not allowed */
export async function git(
    args: string[],
    cwd = repoRoot,
    okCodes = [0],
    signal?: AbortSignal,
): Promise<Awaited<ReturnType<typeof run>>> {
    return run("git", args, { cwd, okCodes, signal, env: { LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" } }).catch(
        (error: unknown) => {
            if (error instanceof UserError && error.message.startsWith("program not found")) {
                throw new UserError("git is not there, which says what the change is", { fix: "install git" });
            }
            throw error;
        },
    );
}

async function commitOf(name: string, cwd: string): Promise<string | undefined> {
    const { stdout, code } = await git(
        ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`],
        cwd,
        [0, 1, 128],
    );
    return code === 0 ? stdout.trim() : undefined;
}

async function defaultBase(cwd: string): Promise<string | undefined> {
    const { stdout, code } = await git(
        ["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"],
        cwd,
        [0, 1, 128],
    );
    for (const name of [...(code === 0 ? [stdout.trim()] : []), ...branches])
        if (await commitOf(name, cwd)) return name;
    return undefined;
}

function fetchMore(wanted = "main"): string {
    const branch = wanted.replace(/^origin\//, "");
    return `git fetch --unshallow origin ${branch} (or without --unshallow); in a GitHub workflow: fetch-depth: 0 for actions/checkout`;
}

function lastLines(text: string): string[] {
    return text.split("\n").filter(Boolean).slice(-3);
}
