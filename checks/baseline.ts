import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";
import { z } from "zod";

import { type ChartSource } from "../render/chart-source";
import { UserError } from "../lib/errors";
import { repoRoot } from "../lib/paths";
import { type Finding, checkTools, said } from "./finding";

/** The one list of findings that stand. */
export const allowedFile = join(repoRoot, "checks", "baseline.yaml");

const pattern = z.string().regex(/^[^/]+\/[^/]+\/[^/]+$/, "Kind/namespace/name, `cluster` where there is no namespace");

const entrySchema = z.strictObject({
    tool: z.enum(checkTools),
    check: z.string().min(1),
    /** `Kind/namespace/name`; `*` is any text without a slash, `{a,b}` either. */
    objects: z.array(pattern).min(1),
    /** Only findings that say nothing else than this. */
    message: z.string().min(1).optional(),
    /** Only where charts are taken from where the stack says: objects of upstream charts that the project has no form of. */
    charts: z.literal("configured").optional(),
    /** Stacks in which it may stand; all where none are named. */
    stacks: z.array(z.string()).min(1).optional(),
    reason: z.string().min(20, "a reason that convinces somebody else"),
});

/** Findings that may stand, and why. */
export type Entry = z.infer<typeof entrySchema>;

/**
 * The allow-list.
 *
 * @throws UserError when it isn't what it should be, with the entry and the way out.
 */
export function readAllowed(file = allowedFile): Entry[] {
    const result = z.array(entrySchema).safeParse(parse(readFileSync(file, "utf8")) ?? []);
    if (!result.success) {
        const [issue] = result.error.issues;
        throw new UserError(`the allow-list has an entry that is none: ${issue.message}`, {
            where: `${file}, entry ${issue.path.map((key) => String(key)).join(".")}`,
            allowed:
                "tool, check, objects (Kind/namespace/name), reason; message, charts and stacks where it isn't for all",
        });
    }
    const seen = new Set<string>();
    for (const { tool, check, objects, stacks, message } of result.data) {
        for (const each of objects) {
            const key = `${tool} ${check} ${each} ${message ?? ""} ${stacks?.join() ?? ""}`.trim();
            if (seen.has(key)) throw new UserError(`the allow-list says a thing twice: ${key}`, { where: file });
            seen.add(key);
        }
    }
    return result.data;
}

/** The entries that go for stacks whose charts are taken from somewhere. */
export function entriesFor(charts: ChartSource, entries = readAllowed()): Entry[] {
    return entries.filter((entry) => !entry.charts || entry.charts === charts);
}

/** Findings sorted into those that stand and those that don't; remembers what it needed for that. */
export class Allowed {
    private readonly used = new Set<string>();

    constructor(private readonly entries: Entry[]) {}

    /** Tells whether a finding of a stack may stand. */
    allows(stack: string, finding: Finding): boolean {
        let allowed = false;
        this.entries.forEach((entry, index) => {
            if (entry.tool !== finding.tool || entry.check !== finding.check) return;
            if (entry.stacks && !entry.stacks.includes(stack)) return;
            const { message } = entry;
            if (message && !said(finding).every((each) => each.includes(message))) return;
            for (const each of entry.objects) {
                if (!matches(each, finding.object)) continue;
                this.used.add(`${index} ${each}`);
                allowed = true;
            }
        });
        return allowed;
    }

    /**
     * Entries of the list that matched nothing, after the findings of all stacks. An entry of stacks that weren't checked is left out.
     *
     * @param checked the stacks whose findings were sorted, those without any included
     */
    stale(checked: string[]): string[] {
        return this.entries.flatMap(({ tool, check, objects, stacks }, index) =>
            (stacks ?? checked).some((stack) => checked.includes(stack))
                ? objects
                      .filter((each) => !this.used.has(`${index} ${each}`))
                      .map((each) => `${tool} ${check} ${each}${stacks ? ` in ${stacks.join(", ")}` : ""}`)
                : [],
        );
    }
}

/** Tells whether a `Kind/namespace/name` fits a pattern. */
export function matches(pattern: string, object: string): boolean {
    const source = pattern
        .replaceAll(/[.+?^$()|[\]\\]/g, "\\$&")
        .replaceAll("*", "[^/]*")
        .replaceAll(/\{([^{}]*)\}/g, (_, choices: string) => `(?:${choices.split(",").join("|")})`);
    return new RegExp(`^${source}$`).test(object);
}
