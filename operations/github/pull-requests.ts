import { UserError } from "../../lib/errors";
import { type GitHub } from "./client";

/** An open pull request. */
export interface PullRequest {
    number: number;
    title: string;
    url: string;
    /** Its newest commit. */
    head: string;
    /** Comes from another repository. */
    fork: boolean;
    labels: string[];
}

type Pull = Awaited<ReturnType<GitHub["rest"]["pulls"]["list"]>>["data"][number];

const pullRequest = (hub: GitHub, pull: Pull): PullRequest => ({
    number: pull.number,
    title: pull.title,
    url: pull.html_url,
    head: pull.head.sha,
    // A fork that was deleted has no repository any more; GitHub's types don't say so.
    fork: (pull.head.repo as { full_name: string } | null)?.full_name !== hub.name,
    labels: pull.labels.map(({ name }) => name),
});

/**
 * Every open pull request, or those with a label.
 *
 * @param label upper and lower case are the same, as for GitHub
 */
export async function openPullRequests(hub: GitHub, { label }: { label?: string } = {}): Promise<PullRequest[]> {
    const all = await hub.paginate(hub.rest.pulls.list, { ...hub.at, state: "open", per_page: 100 });
    const wanted = label?.toLowerCase();
    return all
        .map((pull) => pullRequest(hub, pull))
        .filter(({ labels }) => wanted === undefined || labels.some((each) => each.toLowerCase() === wanted))
        .sort((a, b) => a.number - b.number);
}

/**
 * Open pull requests whose newest commit it is. An event of a fork's run names none, and what the run itself says can't be trusted; so
 * GitHub is asked. More than one: the same branch against several others.
 */
export async function pullRequestsOf(hub: GitHub, commit: string): Promise<PullRequest[]> {
    if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit)) {
        throw new UserError(`${JSON.stringify(commit.slice(0, 80))} is no commit`, { allowed: "its whole hash" });
    }
    const query = { ...hub.at, commit_sha: commit, per_page: 100 };
    const named = await hub.paginate(hub.rest.repos.listPullRequestsAssociatedWithCommit, query);
    const found = named.filter(({ state, head }) => state === "open" && head.sha === commit);
    if (found.length > 0) return found.map((pull) => pullRequest(hub, pull as Pull));
    // GitHub takes its time to know a fork's commits by this way; the list of all is always right.
    return (await openPullRequests(hub)).filter(({ head }) => head === commit);
}
