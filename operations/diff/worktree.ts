import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, readFile, realpath, rm, symlink, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { repoRoot } from "../../lib/paths";
import { step } from "../../lib/progress";
import { git } from "./git";

export interface WorktreeOptions {
    commit: string;
    /** The project's place in the repository, e.g. `platform/`. @default the whole of it */
    prefix?: string;
    /** The checkout. @default this one */
    project?: string;
    signal?: AbortSignal;
}

/** Hooks are for people's own checkouts. */
const noHooks = ["-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false"];

/**
 * Gives `work` the project as it is in a commit, in a directory of its own, with its packages installed. It is gone afterwards,
 * whatever happens.
 *
 * @throws UserError when the commit has no such project, or its packages can't be installed
 */
export async function withWorktree<T>(
    { commit, prefix = "", project = repoRoot, signal }: WorktreeOptions,
    work: (project: string) => Promise<T>,
): Promise<T> {
    const scratch = await realpath(await mkdtemp(join(tmpdir(), "data-platform-base-")));
    const tree = join(scratch, "base");
    const modules = join(tree, prefix, "node_modules");
    // Whoever stops it at once, by a second Ctrl-C, leaves nothing either.
    const atOnce = () => {
        rmSync(scratch, { recursive: true, force: true });
        spawnSync("git", ["worktree", "prune"], { cwd: project, stdio: "ignore" });
    };
    process.once("exit", atOnce);
    try {
        await git([...noHooks, "worktree", "add", "--detach", "--quiet", tree, commit], project, [0], signal);
        const there = join(tree, prefix);
        if (!existsSync(join(there, "cli", "data-platform.mjs"))) {
            throw new UserError(
                `the commit ${commit.slice(0, 12)} that the change starts from has no \`data-platform render\`: there is nothing to compare with`,
                {
                    fix: "rebase onto a newer commit, or name one that has it: --base <commit>",
                },
            );
        }
        if (await sameLock(project, there)) await symlink(join(project, "node_modules"), modules);
        else await install(there, signal);
        return await work(there);
    } finally {
        process.removeListener("exit", atOnce);
        // A link first, so that nothing can take it for a directory and empty ours.
        await unlink(modules).catch(() => undefined);
        const removed = await git(["worktree", "remove", "--force", "--force", tree], project).catch(() => undefined);
        await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
        // Git still takes it for one, then.
        if (!removed) await git(["worktree", "prune"], project).catch(() => undefined);
    }
}

/** Tells whether two checkouts need the same packages, and the first one has them. */
async function sameLock(ours: string, theirs: string): Promise<boolean> {
    if (!existsSync(join(ours, "node_modules"))) return false;
    const [one, other] = await Promise.all(
        [ours, theirs].map((directory) =>
            readFile(join(directory, "package-lock.json"), "utf8").catch(() => undefined),
        ),
    );
    return one !== undefined && one === other;
}

async function install(directory: string, signal?: AbortSignal): Promise<void> {
    await step("Install the npm packages that the base needs: its package-lock.json is another one", async () => {
        await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
            cwd: directory,
            signal,
            fix: "see that the packages of the base can be reached, or compare with a commit that has the same package-lock.json: --base <commit>",
        });
    });
}
