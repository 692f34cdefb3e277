import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { run } from "../../lib/exec";
import { type GitHub } from "./client";
import { GitHubError } from "./failures";

/** Change that a person is to look at. */
export interface Proposal {
    /** A branch of ours alone; what it has is replaced. */
    branch: string;
    title: string;
    body: string;
}

/** Outcome of the proposal. */
export interface Proposed {
    what: "nothing" | "created" | "edited";
    files: string[];
    url?: string;
}

/**
 * Puts what has changed in a checkout on a branch of its own, on top of the checkout's commit, and leaves one open pull request for
 * it. Nothing is pushed by git, so the checkout needs no credentials.
 */
export async function propose(hub: GitHub, checkout: string, { branch, title, body }: Proposal): Promise<Proposed> {
    const git = async (...args: string[]) => (await run("git", args, { cwd: checkout })).stdout;
    const listed = await git("ls-files", "--modified", "--others", "--exclude-standard", "-z");
    const files = [...new Set(listed.split("\0").filter(Boolean))].sort();
    if (files.length === 0) return { what: "nothing", files };
    const base = (await git("rev-parse", "HEAD")).trim();
    const sha = await commit(hub, { checkout, files, base, message: `${title}\n` });
    await point(hub, branch, sha);
    const { default_branch: target } = (await hub.rest.repos.get(hub.at)).data;
    const head = `${hub.at.owner}:${branch}`;
    const [open] = (await hub.rest.pulls.list({ ...hub.at, state: "open", head, base: target })).data;
    const { data } = open
        ? await hub.rest.pulls.update({ ...hub.at, pull_number: open.number, title, body })
        : await hub.rest.pulls.create({ ...hub.at, head: branch, base: target, title, body });
    return { what: open ? "edited" : "created", files, url: data.html_url };
}

async function commit(
    hub: GitHub,
    { checkout, files, base, message }: { checkout: string; files: string[]; base: string; message: string },
): Promise<string> {
    const tree = await Promise.all(
        files.map(async (path) => ({
            ...{ path, mode: "100644" as const, type: "blob" as const },
            // Without contents: it has gone.
            ...(existsSync(join(checkout, path))
                ? { content: await readFile(join(checkout, path), "utf8") }
                : { sha: null }),
        })),
    );
    const parent = (await hub.rest.git.getCommit({ ...hub.at, commit_sha: base })).data;
    const made = await hub.rest.git.createTree({ ...hub.at, base_tree: parent.tree.sha, tree });
    return (await hub.rest.git.createCommit({ ...hub.at, message, tree: made.data.sha, parents: [base] })).data.sha;
}

async function point(hub: GitHub, branch: string, sha: string): Promise<void> {
    await hub.rest.git
        .updateRef({ ...hub.at, ref: `heads/${branch}`, sha, force: true })
        .catch(async (error: unknown) => {
            if (!(error instanceof GitHubError) || ![404, 422].includes(error.status)) throw error;
            await hub.rest.git.createRef({ ...hub.at, ref: `refs/heads/${branch}`, sha });
        });
}
