import { UserError } from "../../lib/errors";
import { type GitHub } from "./client";
import { GitHubError } from "./failures";

/**
 * The commit that a branch, tag or hash stands for, if it is on the default branch: that one itself or one before it.
 *
 * @returns its whole hash
 * @throws UserError for one that isn't, such as a branch that nobody has merged, or a fork's commit
 */
export async function mergedCommit(hub: GitHub, ref: string): Promise<string> {
    if (!/^[\w][\w./-]{0,254}$/.test(ref) || ref.includes("..")) {
        throw new UserError(`${JSON.stringify(ref)} is no commit, tag or branch`, { where: "--ref" });
    }
    const { default_branch: branch } = (await hub.rest.repos.get(hub.at)).data;
    const found = await hub.rest.repos.getCommit({ ...hub.at, ref }).catch((error: unknown) => {
        if (error instanceof GitHubError && [404, 422].includes(error.status)) return undefined;
        throw error;
    });
    const sha = found?.data.sha ?? "";
    if (!/^[0-9a-f]{40}$/.test(sha)) throw new UserError(`there is no ${ref} in ${hub.name}`, { where: "--ref" });
    // By its hash: a branch could be moved in between.
    const { data } = await hub.rest.repos.compareCommitsWithBasehead({ ...hub.at, basehead: `${branch}...${sha}` });
    if (data.status === "identical" || data.status === "behind") return sha;
    throw new UserError(`${ref} is not on ${branch}, so it isn't deployed`, {
        where: sha,
        allowed: `a commit of ${branch}: the newest, or one before it`,
        fix: "merge it first; what isn't merged is tried with the label ephemeral on its pull request",
    });
}
