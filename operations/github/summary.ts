import { appendFile, stat } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";

import { execa, ExecaError } from "execa";

import { UserError } from "../../lib/errors";

/** Bytes that GitHub shows of one step's summary: 1 MiB, less what says that something is missing. */
const maxSummaryBytes = 1_000_000;

/**
 * Adds Markdown to the summary of the running step; without GitHub around it is returned only.
 *
 * @returns what was added: cut in the middle when it is longer than GitHub shows
 */
export async function appendSummary(markdown: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
    const file = env.GITHUB_STEP_SUMMARY;
    const before = file
        ? await stat(file).then(
              ({ size }) => size,
              () => 0,
          )
        : 0;
    const text = `${cut(markdown, Math.max(1_000, maxSummaryBytes - before))}\n`;
    if (file) await appendFile(file, text);
    return text;
}

/** Bytes of a text at its beginning and its end, and a line that says how many are missing between them. */
export function cut(text: string, bytes: number): string {
    const all = Buffer.from(text);
    if (all.length <= bytes) return text;
    const note = (missing: number) => `\n… ${missing} bytes are left out here; the log of the run has them …\n`;
    const room = bytes - Buffer.byteLength(note(all.length));
    const head = Math.floor(room / 4);
    const tail = room - head;
    // A character that was cut in two is left out.
    const whole = (part: Buffer) => part.toString("utf8").replace(/^\ufffd+|\ufffd+$/g, "");
    return whole(all.subarray(0, head)) + note(all.length - room) + whole(all.subarray(all.length - tail));
}

/** A text in a fence that nothing in it can end, without colours. */
export function fenced(text: string, language = "text"): string {
    const plain = stripVTControlCharacters(text).replace(/\r\n?/g, "\n").trimEnd();
    const longest = Math.max(2, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
    const fence = "`".repeat(longest + 1);
    return `${fence}${language}\n${plain}\n${fence}`;
}

/** Exit code and output of a program that was shown. */
export interface Shown {
    code: number;
    /** For the summary. */
    markdown: string;
}

/**
 * Runs a program, shows what it says as it comes, and makes a section for the summary of all of it.
 *
 * @param write takes the output as it comes
 * @throws UserError when it can't be started
 */
export async function showing(
    title: string,
    [file, ...args]: string[],
    { write = (text: string) => void process.stderr.write(text), cwd = process.cwd() } = {},
): Promise<Shown> {
    const child = execa(file, args, { all: true, stdin: "ignore", reject: false, buffer: false, cleanup: false, cwd });
    // Who ends a job ends this program; the one that it shows may be in the middle of an update, and has to end itself in good
    // order. At a terminal Ctrl-C reaches both, and a second one would be too many.
    const interrupt = (signal: NodeJS.Signals) => {
        if (signal === "SIGTERM" || !process.stdin.isTTY) child.kill("SIGINT");
    };
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    const kept = new Kept();
    child.all.setEncoding("utf8");
    child.all.on("data", (text: string) => {
        write(text);
        kept.add(text);
    });
    const result = await child.finally(() => process.off("SIGINT", interrupt).off("SIGTERM", interrupt));
    if (result instanceof ExecaError && result.exitCode === undefined) {
        throw new UserError(
            result.isTerminated ? `${file} was ended by ${result.signal}` : `${file} can't be started`,
            { evidence: [result.shortMessage] },
        );
    }
    const code = result.exitCode ?? 1;
    const ended = code === 0 ? "" : ` (ended with ${code})`;
    const said = kept.text.trim() || "(it said nothing)";
    return { code, markdown: `### ${escaped(title)}${ended}\n\n${fenced(said, languageOf(args))}\n` };
}

/** A preview's lines begin with + and -, which GitHub colours. */
function languageOf(args: string[]): string {
    return args.some((arg) => arg === "plan" || arg === "preview") ? "diff" : "text";
}

/** A title is text. */
function escaped(title: string): string {
    return title.replace(/[\r\n]+/g, " ").replace(/[\\`*_[\]<>&#@]/g, (char) => `\\${char}`);
}

/** The beginning and the end of an output of any length. */
class Kept {
    private head = "";
    private tail = "";
    private dropped = 0;

    add(text: string): void {
        const room = Math.max(0, maxSummaryBytes / 4 - this.head.length);
        this.head += text.slice(0, room);
        this.tail += text.slice(room);
        const over = this.tail.length - maxSummaryBytes;
        if (over <= 0) return;
        this.tail = this.tail.slice(over);
        this.dropped += over;
    }

    get text(): string {
        return this.dropped > 0 ? `${this.head}\n… ${this.dropped} characters …\n${this.tail}` : this.head + this.tail;
    }
}
