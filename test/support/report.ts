import { compare } from "../../render/diff/compare";
import { Environment, Report } from "../../render/diff/report";
import { Side } from "../../render/diff/side";
import { Manifest } from "../../kubernetes/objects";

type Extra = Record<string, unknown>;

/** An object of a stack, in its namespace `<stack>-demo`. */
export function object(stack: string, kind: string, name: string, more: Extra = {}, metadata: Extra = {}): Manifest {
    const apiVersion = { StatefulSet: "apps/v1", Deployment: "apps/v1", Job: "batch/v1" }[kind] ?? "v1";
    return { apiVersion, kind, metadata: { name, namespace: `${stack}-demo`, ...metadata }, ...more } as Manifest;
}

export function side(name: string, manifests: Manifest[], more: Partial<Side> = {}): Side {
    const objects = new Map(manifests.map((each, index) => [`${index}`, each]));
    return { name, objects, releases: [], missing: [], ...more };
}

/** One environment, compared. */
export function environment(
    stack: string,
    before: Manifest[],
    after: Manifest[],
    more: Partial<Environment> = {},
): Environment {
    return {
        ...{ stack, state: "compared", failures: [], byValues: [], secretSettings: [] },
        diff: compare(side(stack, before), side(stack, after)),
        ...more,
    };
}

export function report(environments: Environment[], more: Partial<Report> = {}): Report {
    const [base, head] = ["a", "b"].map((digit) => digit.repeat(40));
    return { ...{ base, head, uncommitted: false, charts: "directories", environments }, ...more };
}

/** Lines of Markdown outside of blocks of code, and whether every block and every fold ends; as GitHub reads them. */
export function outside(markdown: string): { lines: string[]; open: string[] } {
    const lines: string[] = [];
    let fence: string | undefined;
    let folds = 0;
    const wrong: string[] = [];
    for (const line of markdown.split("\n")) {
        const [, run, info] = /^ {0,3}(`{3,})(.*)$/.exec(line) ?? [];
        if (fence !== undefined) {
            if (run && run.length >= fence.length && info.trim() === "") fence = undefined;
        } else if (run && !info.includes("`")) fence = run;
        else {
            lines.push(line);
            const html = withoutCode(line);
            folds += html.split("<details>").length - html.split("</details>").length;
            if (folds < 0 || folds > 1) wrong.push(line);
        }
    }
    return { lines, open: [...wrong, ...(fence === undefined ? [] : [fence]), ...(folds === 0 ? [] : ["<details>"])] };
}

/** Rest of a line of Markdown without its spans of code, by the rule of CommonMark: a run of backticks ends at its like. */
export function withoutCode(line: string): string {
    return line.replace(/<code>[^<>]*<\/code>/g, "").replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, "");
}
