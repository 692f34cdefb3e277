import { type GitHub } from "./client";
import { type Posted, sameText } from "./comments";
import { checkSize, hasMarker, withMarker } from "./marker";

type Issue = Awaited<ReturnType<GitHub["rest"]["issues"]["listForRepo"]>>["data"][number];

/** Open issues of ours with the marker, the oldest first. */
async function ownIssues(hub: GitHub, marker: string): Promise<Issue[]> {
    const all = await hub.paginate(hub.rest.issues.listForRepo, { ...hub.at, state: "open", per_page: 100 });
    const own: Issue[] = [];
    for (const issue of all)
        if (!issue.pull_request && hasMarker(issue.body, marker) && (await hub.isOwn(issue.user))) own.push(issue);
    return own.sort((a, b) => a.number - b.number);
}

/** Leaves exactly one open issue of ours with the marker: opens it, or edits it in place. */
export async function upsertIssue(
    hub: GitHub,
    { marker, title, body }: { marker: string; title: string; body: string },
): Promise<Posted> {
    const wanted = withMarker(body, marker);
    checkSize(wanted);
    const [first, ...others] = await ownIssues(hub, marker);
    for (const { number } of others) await close(hub, number, first.number);
    if (!first) {
        const { data } = await hub.rest.issues.create({ ...hub.at, title, body: wanted });
        return { number: data.number, url: data.html_url, what: "created", removed: 0 };
    }
    const { number, html_url: url } = first;
    const removed = others.length;
    if (first.title === title && sameText(first.body, wanted)) return { number, url, what: "unchanged", removed };
    await hub.rest.issues.update({ ...hub.at, issue_number: number, title, body: wanted });
    return { number, url, what: "edited", removed };
}

/** Closes every open issue of ours with the marker; fine when there is none. */
export async function closeIssue(
    hub: GitHub,
    { marker, body }: { marker: string; body?: string },
): Promise<Posted | undefined> {
    const [first, ...others] = await ownIssues(hub, marker);
    if (!first) return undefined;
    for (const { number } of [first, ...others]) {
        const text = body === undefined ? {} : { body: withMarker(body, marker) };
        if (text.body) checkSize(text.body);
        await hub.rest.issues.update({ ...hub.at, issue_number: number, state: "closed", ...text });
    }
    return { number: first.number, url: first.html_url, what: "closed", removed: others.length };
}

/** Closes a second one of the same. */
async function close(hub: GitHub, number: number, of: number): Promise<void> {
    await hub.rest.issues.createComment({ ...hub.at, issue_number: number, body: `The same as #${of}.` });
    await hub.rest.issues.update({ ...hub.at, issue_number: number, state: "closed", state_reason: "not_planned" });
}
