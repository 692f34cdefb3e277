import { readFileSync } from "node:fs";
import { join } from "node:path";

import { markdownOf } from "../../render/diff/markdown";
import { fenced } from "../../render/diff/markdown-text";
import { Report } from "../../render/diff/report";

/** Report of `data-platform diff` between two commits of this repository; docs/generators/pull-request-report.ts writes it anew. */
export const exampleFile = join(__dirname, "example-report.json");

/** The page, written by hand but for the comment in it. */
export const pullRequestsFile = join(__dirname, "..", "pull-requests.md");

const [begin, end] = ["<!-- comment: begin -->", "<!-- comment: end -->"];

/** The page with the comment as the program writes it now. */
export function pullRequestsPage(): string {
    const report = JSON.parse(readFileSync(exampleFile, "utf8")) as Report;
    const [before, rest = ""] = readFileSync(pullRequestsFile, "utf8").split(begin);
    const after = rest.split(end).slice(1).join(end);
    return [before, begin, "\n\n", fenced(markdownOf(report).trimEnd().split("\n"), "text"), "\n\n", end, after].join(
        "",
    );
}
