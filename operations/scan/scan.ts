import { join } from "node:path";

import { UserError } from "../../lib/errors";
import { step } from "../../lib/progress";
import { type Answer, askOsv } from "./osv";
import { type Kind, type PinFile } from "./sources";

/** One line of the table: a source, and what was said of it or why nothing was. */
export interface Row {
    kind: Kind | "image";
    source: string;
    answer?: Answer;
    /** Reason why it couldn't be asked about. */
    silent?: string;
}

interface What {
    project: string;
    files: PinFile[];
    images: string[];
    /** The program osv-scanner. */
    program: string;
    env?: NodeJS.ProcessEnv;
}

/** Asks about everything; what can't be asked about is a row as well. */
export async function scan({ project, files, images, program, env }: What): Promise<Row[]> {
    const rows: Row[] = [];
    for (const kind of new Set(files.map((each) => each.kind))) {
        const own = files.filter((each) => each.kind === kind);
        // pip's locks have names of ours; of the others the name says what they are.
        const named = own.map(({ path }) => `${kind === "PyPI" ? "requirements.txt:" : ""}${join(project, path)}`);
        const what = ["source", "--no-call-analysis", "all", "--data-source", "native"];
        const answers = await ask(
            `Ask about what is pinned for ${kind}`,
            program,
            [...what, ...named.flatMap((file) => ["-L", file])],
            env,
        );
        rows.push(
            ...own.map(({ path }) => rowOf({ kind, source: path }, answers, answers.found?.get(join(project, path)))),
        );
    }
    for (const image of images) {
        const answers = await ask(`Look into ${image}`, program, ["image", image], env);
        rows.push(
            rowOf({ kind: "image", source: image }, answers, answers.found && merged([...answers.found.values()])),
        );
    }
    return rows;
}

interface Answers {
    found?: Map<string, Answer>;
    silent?: string;
}

async function ask(title: string, program: string, what: string[], env?: NodeJS.ProcessEnv): Promise<Answers> {
    return step(title, async (note) => {
        try {
            return { found: await askOsv(program, what, env) };
        } catch (error) {
            if (!(error instanceof UserError)) throw error;
            note("no answer");
            return { silent: error.message };
        }
    });
}

function rowOf(row: Pick<Row, "kind" | "source">, { found, silent }: Answers, answer?: Answer): Row {
    if (!found) return { ...row, silent };
    // A file in which nothing was found was not understood, or there would be no need for it.
    return answer && answer.packages > 0 ? { ...row, answer } : { ...row, silent: "no package was found in it" };
}

/** An image has several sources in it: packages of its distribution, of Python, Java and Go. */
function merged(all: Answer[]): Answer {
    return {
        packages: all.reduce((sum, { packages }) => sum + packages, 0),
        advisories: all.flatMap(({ advisories }) => advisories),
    };
}
