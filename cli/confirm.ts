// Commands that change something ask before they do.
import { createInterface } from "node:readline/promises";

import { UsageError } from "../lib/errors";

/** Question to a person, and the plan that it is about. */
export interface ConfirmOptions {
    /** A question for yes or no, e.g. `Mend this?`. */
    question: string;
    /** Plan as lines for people; printed before the question. */
    plan: string;
    /** Agreed to beforehand. @default false */
    yes?: boolean;
    /** Terminal of the person. @default standard input and standard error */
    terminal?: { input: NodeJS.ReadableStream & { isTTY?: boolean }; output: NodeJS.WritableStream };
}

/**
 * Asks whether a person agrees. Anything but a clear yes is a no.
 *
 * @throws UsageError (exit code 2) when nobody can be asked and `yes` wasn't given; it shows what would be done.
 */
export async function confirm({ question, plan, yes = false, terminal }: ConfirmOptions): Promise<boolean> {
    const { input, output } = terminal ?? { input: process.stdin, output: process.stderr };
    if (yes) {
        output.write(`${plan}\n`);
        return true;
    }
    if (!input.isTTY) {
        throw new UsageError("nothing was changed: there is nobody to ask, and --yes was not given", {
            evidence: plan.split("\n"),
            fix: "add --yes to do what stands above",
        });
    }
    output.write(`${plan}\n\n`);
    const asking = createInterface({ input, output });
    try {
        // Whoever closes the terminal's input (Ctrl-C, Ctrl-D) has not agreed; a line
        // that came just before counts.
        const closed = new Promise<string>((resolve) => asking.once("close", () => setImmediate(resolve, "")));
        const asked = asking.question(`${question} [y/N] `).catch(() => "");
        const answer = await Promise.race([asked, closed]);
        return /^y(es)?$/i.test(answer.trim());
    } finally {
        asking.close();
    }
}
