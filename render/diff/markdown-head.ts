import { SharedChange } from "./dedupe";
import { bytes, clipped, code, codes, fenced, fitting, prose, visible } from "./markdown-text";
import { nameOf } from "../../kubernetes/client";
import { VersionChange } from "./model";
import { asked } from "./requests";
import { countsOf, differs, Environment, isRoutine, Report, requestsOfAll } from "./report";

/**
 * All that is to be seen without unfolding anything: totals, a line for each environment, what is dangerous, what couldn't be
 * rendered, versions. Each part has its share of the room.
 */
export function headOf(report: Report, changes: SharedChange[], most: number): string {
    const share = (part: number) => Math.floor(most * part);
    const parts = [
        totalLine(report),
        failures(report, share(0.2)),
        risks("danger", changes, share(0.2), gone(report)),
        risks("caution", changes, share(0.12)),
        ...(isRoutine(report)
            ? ["> [!TIP]\n> Only versions of images and charts differ. That is a shape, no verdict."]
            : []),
        table(report.environments, share(0.16)),
        versionTable(report.environments, share(0.16)),
        notes(report.environments, share(0.1)),
    ].filter(Boolean);
    // Each has its share; names beyond all measure may still be too much, and what comes last matters least.
    while (parts.length > 1 && bytes(parts.join("\n\n")) > most) parts.pop();
    return parts.join("\n\n");
}

const objects = (count: number) => `${count} object${count === 1 ? "" : "s"}`;

function totalLine({ environments }: Report): string {
    const { added, changed, removed, kept, quiet, unchanged } = countsOf(environments);
    const [differing, failed] = [environments.filter(differs), environments.filter(({ state }) => state === "failed")];
    const of = `${environments.length} environment${environments.length === 1 ? "" : "s"}`;
    if (differing.length === 0)
        return `**No rendered changes.** ${of} make${environments.length === 1 ? "s" : ""} the same ${objects(unchanged)}.`;
    if (failed.length === differing.length) {
        const rest = environments.length - failed.length;
        return `**Not compared: ${codes(
            failed.map(({ stack }) => stack),
            3,
        )}.**${rest > 0 ? ` The other ${rest} of ${of} don't change.` : ""}`;
    }
    const { before, after } = requestsOfAll(environments);
    const [was, is] = [asked(before), asked(after)];
    const unique = (of: (environment: Environment) => VersionChange[]) =>
        new Set(environments.flatMap(of).map(({ name }) => name)).size;
    const versions = (["chart", "image"] as const)
        .map(
            (what) =>
                [what, unique(({ diff, state }) => (state === "compared" && diff?.summary[`${what}s`]) || [])] as const,
        )
        .filter(([, count]) => count > 0)
        .map(([what, count]) => `${count} ${what}${count === 1 ? "" : "s"} in another version`);
    const main = `**${added} added, ${changed} changed, ${removed} removed** in ${differing.length} of ${of}`;
    return [
        main,
        ...(kept > 0 ? [`${kept} no longer made, but left in the cluster`] : []),
        ...(added + changed + removed + kept === 0 && quiet > 0
            ? [`${objects(quiet)} in what is no change by itself`]
            : []),
        ...versions,
        was === is ? `servers ask for the same: ${is}` : `servers ask for ${was} → ${is}`,
        ...(failed.length > 0
            ? [
                  `**not compared: ${codes(
                      failed.map(({ stack }) => stack),
                      3,
                  )}**`,
              ]
            : []),
    ].join(" · ");
}

/** Bytes of what one failed render is let say. */
const longestReason = 3_000;

function failures({ environments }: Report, most: number): string {
    const failed = environments.flatMap(({ stack, failures: each }) => each.map((failure) => ({ stack, ...failure })));
    if (failed.length === 0) return "";
    const where = { base: "before the change", head: "after the change" };
    const lines = failed.map(({ stack, side, reason }) => {
        return `> - ${code(stack)} could not be rendered ${where[side]}: ${prose(clipped(reason.split("\n")[0], 300))}`;
    });
    const alert = ["> [!CAUTION]", ...fitting(lines, most / 2, (left) => `> - and ${left} more`)].join("\n");
    // Stacks mostly fail alike.
    const texts = [...new Set(failed.map(({ reason }) => reason))];
    const each = Math.min(longestReason, Math.floor(most / 2 / Math.min(texts.length, 3)) - 150);
    const blocks = texts.slice(0, 3).map((text) =>
        fenced(
            fitting(
                visible(text)
                    .split("\n")
                    .map((line) => clipped(line, 500)),
                each,
                (left) => `… ${left} more lines`,
            ),
            "text",
        ),
    );
    return each < 100
        ? alert
        : `${alert}\n\n<details><summary>What it said</summary>\n\n${blocks.join("\n\n")}\n\n</details>`;
}

/** Environments that lose their file are more than any object that goes. */
function gone({ environments }: Report): string[] {
    return environments
        .filter(({ state }) => state === "gone")
        .map(({ stack, diff }) => {
            const count = objects(diff?.summary.removed ?? 0);
            return `> - ${code(stack)} has no stack file any more: its ${count} stay in the cluster, and nothing updates them`;
        });
}

function risks(level: "danger" | "caution", changes: SharedChange[], most: number, first: string[] = []): string {
    const found = changes.flatMap(({ environment, others, diff }) =>
        diff.risks
            .filter((risk) => risk.level === level)
            .map(({ text }) => `> - ${codes([environment, ...others])}: ${code(nameOf(diff))}: ${prose(text)}`),
    );
    const lines = [...first, ...found];
    if (lines.length === 0) return "";
    const [mark, words] =
        level === "danger"
            ? ["CAUTION", "Data or the service may be lost, or a door opens"]
            : ["WARNING", "Worth a second look"];
    const start = `> [!${mark}]\n> **${words}**\n`;
    return start + fitting(lines, most - bytes(start), (left) => `> - and ${left} more`).join("\n");
}

function table(environments: Environment[], most: number): string {
    const rows = [...environments].sort((one, other) => Number(differs(other)) - Number(differs(one))).map(row);
    const { added, changed, removed } = countsOf(environments);
    const total = `| **all** | ${added} | ${changed} | ${removed} | | ${requestsCell(requestsOfAll(environments))} |`;
    return [
        "| Environment | Added | Changed | Removed | Charts, images | Requests of servers |",
        "| --- | ---: | ---: | ---: | --- | --- |",
        ...fitting(rows, most - bytes(total) - 150, (left) => `| and ${left} more | | | | | |`),
        ...(environments.length > 1 ? [total] : []),
    ].join("\n");
}

function row({ stack, state, diff }: Environment): string {
    if (!diff) return `| ${code(stack)} | ? | ? | ? | not compared | |`;
    const { added, changed, removed, kept, images, charts } = diff.summary;
    const name = `${code(stack)}${state === "compared" ? "" : `, ${state}`}`;
    const versions = [
        ...(charts.length > 0 ? [`${charts.length} chart${charts.length === 1 ? "" : "s"}`] : []),
        ...(images.length > 0 ? [`${images.length} image${images.length === 1 ? "" : "s"}`] : []),
    ].join(", ");
    const left = kept > 0 ? ` (${kept} more stay)` : "";
    return `| ${name} | ${added} | ${changed} | ${removed}${left} | ${versions} | ${requestsCell(diff.summary.requests)} |`;
}

function requestsCell({ before, after }: ReturnType<typeof requestsOfAll>): string {
    const [was, is] = [asked(before), asked(after)];
    return was === is ? is : `${was} → **${is}**`;
}

function versionTable(environments: Environment[], most: number): string {
    const rows = new Map<string, string[]>();
    for (const { stack, diff, state } of environments) {
        if (!diff || state !== "compared") continue;
        for (const what of ["charts", "images"] as const) {
            for (const { name, before, after } of diff.summary[what]) {
                const major = isMajor(before, after) ? " **major**" : "";
                const cells = `| ${what.slice(0, -1)} | ${code(name)} | ${versions(before)} | ${versions(after)}${major} |`;
                rows.set(cells, [...(rows.get(cells) ?? []), stack]);
            }
        }
    }
    if (rows.size === 0) return "";
    const lines = [...rows].map(([cells, stacks]) => `${cells} ${codes(stacks)} |`);
    const first = lines.filter((each) => each.includes(" **major** |"));
    return [
        "| | Name | Before | After | In |",
        "| --- | --- | --- | --- | --- |",
        ...fitting(
            [...first, ...lines.filter((each) => !first.includes(each))],
            most - 80,
            (left) => `| | and ${left} more | | | |`,
        ),
    ].join("\n");
}

function versions(list: string[]): string {
    return list.length === 0
        ? "–"
        : codes(
              list.map((each) => shortDigest(each)),
              4,
          );
}

/** `sha256:` and twelve of its digits tell as much as all. */
function shortDigest(version: string): string {
    return version.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/, "$1…");
}

/** A date, such as 2026.11 or 20261121, is no major version. */
function isMajor(before: string[], after: string[]): boolean {
    const major = (list: string[]) =>
        list.length === 1 ? Number(/^v?(\d+)(?=[.-]|$)/.exec(list[0])?.[1] ?? NaN) : NaN;
    const [was, is] = [major(before), major(after)];
    return was !== is && was < 1_000 && is < 1_000;
}

function notes(environments: Environment[], most: number): string {
    const by = (of: (environment: Environment) => string[]) => {
        const found = new Map<string, string[]>();
        for (const each of environments)
            for (const text of of(each)) found.set(text, [...(found.get(text) ?? []), each.stack]);
        return [...found].map(([text, stacks]) => `- ${codes(stacks)}: ${text}`);
    };
    const lines = [
        ...by(({ diff }) =>
            (diff?.summary.skipped ?? []).map(
                ({ what, reason }) => `**not compared**: ${prose(`${what}, because ${reason}`)}`,
            ),
        ),
        ...by(({ secretSettings }) =>
            secretSettings.length > 0
                ? [
                      `encrypted settings came, went or were encrypted anew: ${codes(secretSettings)}; their values are not known here`,
                  ]
                : [],
        ),
        ...by(({ diff }) => {
            const count = diff?.summary.quiet.length ?? 0;
            return count > 0
                ? [
                      `${objects(count)} more differ only in labels of versions, checksums or the layout of JSON; pods may restart`,
                  ]
                : [];
        }),
        ...by(({ byValues }) =>
            byValues.length > 0
                ? [`shown by their values, not by what their charts make of them: ${codes(byValues)}`]
                : [],
        ),
    ];
    return fitting(lines, most, (left) => `- and ${left} more notes`).join("\n");
}
