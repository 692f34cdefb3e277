import { readFileSync } from "node:fs";
import { join } from "node:path";

import { catalog } from "../../operations/doctor/catalog";
import { table } from "./table";

/** The page that has the table of what doctor finds between two marks; all else on it is written by hand. */
export const recoveryFile = join(__dirname, "..", "recovery.md");

const [begin, end] = ["<!-- doctor: begin -->", "<!-- doctor: end -->"];

/** The page with its table anew. @throws Error when the marks are not on it */
export function recoveryPage(page = readFileSync(recoveryFile, "utf8")): string {
    const [from, to] = [page.indexOf(begin), page.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${recoveryFile} lacks ${begin} and ${end}`);
    return `${page.slice(0, from + begin.length)}\n\n${section()}\n\n${page.slice(to)}`;
}

function section(): string {
    const rows = Object.entries(catalog).map(([id, { description: meaning, remediation: mending }]) => [
        `\`${id}\``,
        meaning,
        mending,
    ]);
    return `\`data-platform doctor --stack <name>\` changes nothing. It looks at this machine, the stack file, the state, and the cluster, as the
account that would do the update, and says below what isn't well which command mends it. It ends with 0 when all is well, with 3
when there are errors (an update would fail, or do harm), with 4 when there are warnings only; \`--strict\` makes those 3, too.
\`--short\` leaves out what is well, \`--offline\` what needs a network beside the cluster, \`--json\` is for machines. Each question has
ten seconds; what was not answered, or may not be asked, is under "not looked at", never taken for well.

<!-- Written by \`make docs\` out of operations/doctor/catalog.ts. -->
<!-- prettier-ignore-start -->

${table(["Id", "What it means", "What mends it"], rows)}

<!-- prettier-ignore-end -->`;
}
