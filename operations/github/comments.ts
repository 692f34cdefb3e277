import { UserError } from "../../lib/errors";
import { type GitHub } from "./client";
import { checkSize, hasMarker, withMarker } from "./marker";

/** Outcome of posting a comment, or an issue. */
export interface Posted {
    number: number;
    url: string;
    what: "created" | "edited" | "unchanged" | "closed" | "nothing";
    /** Number of others of ours with the same marker that were removed. */
    removed: number;
}

/** Tells whether two bodies are the same but for what GitHub itself does to them. */
export function sameText(one: string | null | undefined, other: string): boolean {
    const plain = (text: string) => text.replace(/\r\n?/g, "\n").trimEnd();
    return plain(one ?? "") === plain(other);
}

/**
 * Leaves exactly one comment of ours with the marker on a pull request: makes it, or edits it in place. Ours is what begins with the
 * marker and was written by the token's own account; a comment of somebody else's that begins likewise is left alone.
 *
 * @throws UserError for a body over `maxBodyBytes`, GitHubError for what GitHub refuses
 */
export async function upsertComment(
    hub: GitHub,
    { number, marker, body }: { number: number; marker: string; body: string },
): Promise<Posted> {
    const wanted = withMarker(body, marker);
    checkSize(wanted);
    const [first, ...others] = await ownComments(hub, number, marker);
    const posted = first ? await edit(hub, number, first, wanted) : await create(hub, number, wanted);
    // Two jobs at the same time may have made one each.
    for (const { id } of others) await hub.rest.issues.deleteComment({ ...hub.at, comment_id: id });
    return { ...posted, removed: others.length };
}

type Comment = Awaited<ReturnType<GitHub["rest"]["issues"]["listComments"]>>["data"][number];

async function ownComments(hub: GitHub, number: number, marker: string): Promise<Comment[]> {
    if (!Number.isSafeInteger(number) || number < 1) throw new UserError(`${number} is no number of a pull request`);
    const all = await hub.paginate(hub.rest.issues.listComments, { ...hub.at, issue_number: number, per_page: 100 });
    const own: Comment[] = [];
    for (const comment of all)
        if (hasMarker(comment.body, marker) && (await hub.isOwn(comment.user))) own.push(comment);
    return own.sort((a, b) => a.id - b.id);
}

async function create(hub: GitHub, number: number, body: string): Promise<Omit<Posted, "removed">> {
    const { data } = await hub.rest.issues.createComment({ ...hub.at, issue_number: number, body });
    return { number, url: data.html_url, what: "created" };
}

async function edit(hub: GitHub, number: number, comment: Comment, body: string): Promise<Omit<Posted, "removed">> {
    if (sameText(comment.body, body)) return { number, url: comment.html_url, what: "unchanged" };
    const { data } = await hub.rest.issues.updateComment({ ...hub.at, comment_id: comment.id, body });
    return { number, url: data.html_url, what: "edited" };
}
