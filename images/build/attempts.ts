import { rename } from "node:fs/promises";

import { UserError } from "../../lib/errors";
import { endIfStopped, Stopped } from "../../lib/stopping";
import { fullDisk } from "../../lib/cache";

/**
 * Tries once more what has failed: a mirror that was away, a machine that was out of memory for a moment. Not what was stopped, and
 * not on a full disk.
 *
 * @param log of the attempt; that of a failed first one is kept as `<log>.first`
 * @param told why it is tried once more
 */
export async function twice<T>(attempt: () => Promise<T>, log: string, told: (why: string) => void): Promise<T> {
    try {
        return await attempt();
    } catch (error) {
        endIfStopped();
        if (!(error instanceof UserError) || error instanceof Stopped) throw error;
        if (fullDisk(error.details.evidence?.join("\n") ?? "", log, "")) throw error;
        await rename(log, `${log}.first`).catch(() => undefined);
        told(causeOf(error));
        return attempt();
    }
}

/** Messages of programs that build, for the case that the one that they have started has failed; they say nothing of the reason. */
const wrappers = [
    /^error: (building at STEP|exit status|while running runtime|.*executing)/i,
    /^(subprocess exited|exit status|level=|time="|make(\[\d+\])?: \*\*\*)/i,
    /^\[?\d*\/?\d*\]?\s*STEP \d+\/\d+:/,
];

/** The one line that says why something has failed: that it stood still, or else the last one that isn't a wrapper's. */
export function causeOf({ message, details }: UserError): string {
    if (details.cause) {
        const last = reason(details.evidence);
        return last ? `${details.cause}; the last that it said: ${last}` : details.cause;
    }
    return reason(details.evidence) ?? message;
}

function reason(evidence: string[] = []): string | undefined {
    return evidence
        .map((line) => line.trim())
        .filter((line) => line && !wrappers.some((wrapper) => wrapper.test(line)))
        .at(-1);
}
