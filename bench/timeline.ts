import { UserError } from "../lib/errors";
import { timeline } from "../sandbox/commands/timeline";

/** The timeline of the sandbox's latest update, if a sandbox is up. */
export function timelineOfSandbox(): Promise<string | undefined> {
    return timeline().catch((error: unknown) => {
        if (error instanceof UserError) return undefined;
        throw error;
    });
}
