import { sharedChanges } from "./dedupe";
import { fold } from "./markdown-fit";
import { headOf } from "./markdown-head";
import { pieceOf, piecesOfWhole } from "./markdown-object";
import { bytes, code } from "./markdown-text";
import { Environment, rankOf, Report } from "./report";

/** First line of the comment, by which it is found again. */
export const commentMarker = "<!-- data-platform:diff -->";

/** Bytes of a comment. GitHub takes 65,536 characters. */
export const commentLimit = 65_000;

/** Bytes of a step's summary. GitHub takes 1 MiB. */
export const summaryLimit = 1_000_000;

/** Below that not even the totals and the notice would have room. */
const leastLimit = 8_000;

export interface MarkdownOptions {
    /** Bytes that the text may have, 8,000 at least. @default 65,000 */
    limit?: number;
    /** Address of the whole comparison, of 300 characters at most. @default none is named */
    detailsUrl?: string;
}

/**
 * Comment on the pull request: what a change of the repository means. The same report gives the same bytes.
 *
 * What matters most is above all that is folded; where not everything has room, what is folded is cut, in whole objects, and the
 * comment says what is not in it. Totals count everything.
 */
export function markdownOf(report: Report, { limit = commentLimit, detailsUrl }: MarkdownOptions = {}): string {
    if (limit < leastLimit) throw new RangeError(`a comment needs ${leastLimit} bytes at least, not ${limit}`);
    const environments = [...report.environments].sort(
        (one, other) => highest(other) - highest(one) || (one.stack < other.stack ? -1 : 1),
    );
    const changes = sharedChanges(environments.filter(({ state }) => state === "compared"));
    const start = `${commentMarker}\n## What this change renders to`;
    const foot = footOf(report, detailsUrl);
    const head = headOf(report, changes, Math.floor(limit * headShare));
    const pieces = [
        ...changes.map(pieceOf),
        ...environments.filter(({ state }) => state === "new" || state === "gone").flatMap(piecesOfWhole),
    ].sort((one, other) => {
        const place = ({ environment }: { environment: string }) =>
            environments.findIndex(({ stack }) => stack === environment);
        return (
            place(one) - place(other) ||
            (one.component < other.component ? -1 : one.component > other.component ? 1 : 0) ||
            other.rank - one.rank
        );
    });
    const around = bytes([start, head, foot].join("\n\n")) + noticeRoom + 6;
    const { text, left, cut } = fold(pieces, limit - around);
    const notice = noticeOf(left, cut, detailsUrl);
    return [start, head, ...(notice ? [notice] : []), ...(text ? [text.trimEnd()] : []), foot].join("\n\n") + "\n";
}

/** Share of a comment that may stand above what is folded. */
const headShare = 0.6;

/** Bytes of the longest notice. */
const noticeRoom = 1_700;

/** The highest rank of what changes in an environment. */
function highest({ state, diff }: Environment): number {
    if (state !== "compared") return state === "gone" ? 2 : 0;
    return Math.max(0, ...(diff?.components ?? []).flatMap(({ objects }) => objects.map(rankOf)));
}

function noticeOf(left: Map<string, number>, cut: boolean, detailsUrl?: string): string | undefined {
    const total = [...left.values()].reduce((sum, count) => sum + count, 0);
    if (total === 0 && !cut) return undefined;
    const stacks = [...left].map(([stack, count]) => `${count} in ${code(stack)}`);
    const shown = stacks.length > 4 ? `${stacks.length} environments` : stacks.join(", ");
    const what = [
        ...(total > 0 ? [`${total} object${total === 1 ? " is" : "s are"} not shown here (${shown})`] : []),
        ...(cut ? ["one is shown in part"] : []),
    ].join(", and ");
    const where = detailsUrl ? `[the run that made this](${safe(detailsUrl)})` : "the run that made this";
    return `> [!NOTE]\n> **Not everything has room**: ${what}. The totals count all of it; the whole is in the summary and the artifact of ${where}.`;
}

function footOf({ base, head, uncommitted, charts }: Report, detailsUrl?: string): string {
    const short = (commit: string) => code(commit.slice(0, 12));
    const from = charts === "configured" ? "charts from where the stacks say" : "charts from the project's directories";
    return [
        "---",
        `<sub>Rendered ${short(base)}..${short(head)}${uncommitted ? " and what is not committed" : ""}, ${from}, without a cluster and without a secret. Values of Secrets are never shown, nor whether they differ.${detailsUrl ? ` [The whole comparison](${safe(detailsUrl)}).` : ""}</sub>`,
    ].join("\n");
}

/** An address that ends nowhere but at its end. */
function safe(url: string): string {
    return new URL(url).href.replace(/\(/g, "%28").replace(/\)/g, "%29").replace(/</g, "%3C").replace(/>/g, "%3E");
}
