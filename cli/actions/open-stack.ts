import { existsSync } from "node:fs";
import { basename } from "node:path";

import type { Engine, EngineChoice } from "../../engine/engine";
import { openEngine } from "../../engine/open";
import { UserError } from "../../lib/errors";
import { readStackFile, stackFile } from "../../program/stack-config";

/**
 * Opens the engine of a stack that somebody has named.
 *
 * @throws UserError when it can't be had; it says, too, that the stack has no file, which may be why
 */
export async function openStack(
    stack: string,
    organization: string | undefined,
    engine: EngineChoice,
): Promise<Engine> {
    const file = stackFile(stack);
    // One that can't be read is told before anything is asked.
    if (existsSync(file)) readStackFile(file);
    try {
        return await openEngine({ engine, stack, organization });
    } catch (error) {
        if (!(error instanceof UserError) || existsSync(file)) throw error;
        throw new UserError(`${error.message}; nor is there a stack file ${basename(file)}`, error.details);
    }
}
