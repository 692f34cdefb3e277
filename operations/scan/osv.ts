import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { z } from "zod";

import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { type Level, levelOf } from "./levels";

/** An advisory that is about a version which is pinned. */
export interface Advisory {
    /** The names that it goes by; the first is that of the database. */
    ids: string[];
    package: string;
    version: string;
    level: Level;
    summary: string;
    /** Versions in which it is mended. */
    fixed: string[];
}

/** Answer of a database about one source. */
export interface Answer {
    packages: number;
    advisories: Advisory[];
}

const answerSchema = z.object({
    results: z
        .array(
            z.object({
                source: z.object({ path: z.string() }),
                packages: z
                    .array(
                        z.object({
                            package: z.object({ name: z.string(), version: z.string().default("") }),
                            groups: z
                                .array(
                                    z.object({
                                        ids: z.array(z.string()),
                                        aliases: z.array(z.string()).nullish(),
                                        max_severity: z.string().optional(),
                                    }),
                                )
                                .nullish(),
                            vulnerabilities: z
                                .array(
                                    z.object({
                                        id: z.string(),
                                        summary: z.string().optional(),
                                        affected: z
                                            .array(
                                                z.object({
                                                    package: z.object({ name: z.string() }).optional(),
                                                    ranges: z
                                                        .array(
                                                            z.object({
                                                                events: z.array(
                                                                    z.object({ fixed: z.string().optional() }),
                                                                ),
                                                            }),
                                                        )
                                                        .nullish(),
                                                }),
                                            )
                                            .nullish(),
                                    }),
                                )
                                .nullish(),
                        }),
                    )
                    .nullish(),
            }),
        )
        .nullish(),
});

type Package = NonNullable<NonNullable<z.infer<typeof answerSchema>["results"]>[number]["packages"]>[number];

/**
 * Asks OSV, by osv-scanner.
 *
 * @param what its arguments for what is looked at
 * @returns answers by source, as osv-scanner names it
 * @throws UserError when the database, or what is looked at, couldn't be reached: no answer is not a good one
 */
export async function askOsv(
    program: string,
    what: string[],
    env: NodeJS.ProcessEnv = {},
): Promise<Map<string, Answer>> {
    const scratch = await mkdtemp(join(tmpdir(), "data-platform-scan-"));
    try {
        const file = join(scratch, "answer.json");
        // Apart from what it says: the one is read, the other is for people.
        const args = [
            "scan",
            ...what,
            "--format",
            "json",
            "--output-file",
            file,
            "--all-packages",
            "--verbosity",
            "error",
        ];
        // 1: there are advisories. All else that isn't 0 is no answer, whatever it wrote.
        await run(program, args, { okCodes: [0, 1], env }).catch((error: unknown) => {
            throw error instanceof UserError
                ? new UserError(reasonIn([error.message, ...(error.details.evidence ?? [])]))
                : error;
        });
        return answersIn(await readFile(file, "utf8").catch(() => ""));
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
}

function answersIn(text: string): Map<string, Answer> {
    const read = answerSchema.safeParse(json(text));
    if (!read.success) throw new UserError(`osv-scanner's answer can't be read: ${read.error.issues[0].message}`);
    const answers = new Map<string, Answer>();
    for (const { source, packages } of read.data.results ?? []) {
        const known = answers.get(source.path) ?? { packages: 0, advisories: [] };
        answers.set(source.path, {
            packages: known.packages + (packages?.length ?? 0),
            advisories: [...known.advisories, ...(packages ?? []).flatMap(advisoriesOf)],
        });
    }
    return answers;
}

function json(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

/** The sentence that says why, out of all that was said: what a library wraps around it is left out. */
function reasonIn(lines: string[]): string {
    const [ended, ...said] = lines;
    const found = said.filter((line) => /error|fail|could not|cannot|unable|no such/i.test(line)).at(-1) ?? said.at(-1);
    // How it ended without a word; the rest of that is its arguments.
    return (found ?? `osv-scanner ${ended.split(": ")[0]}`)
        .replace(/^.*?(request failed: |level=ERROR msg=)/, "")
        .slice(0, 200);
}

function advisoriesOf({ package: { name, version }, groups, vulnerabilities }: Package): Advisory[] {
    return (groups ?? []).map(({ ids, aliases, max_severity: score }) => {
        const mine = (vulnerabilities ?? []).filter(({ id }) => ids.includes(id));
        const events = mine
            .flatMap(({ affected }) => affected ?? [])
            .filter((each) => each.package === undefined || each.package.name === name)
            .flatMap(({ ranges }) => ranges ?? [])
            .flatMap((range) => range.events);
        return {
            ids: [...new Set([...ids, ...(aliases ?? [])])],
            package: name,
            version,
            level: levelOf(score),
            summary: mine.find(({ summary }) => summary)?.summary ?? "",
            fixed: [...new Set(events.flatMap(({ fixed }) => fixed ?? []))],
        };
    });
}
