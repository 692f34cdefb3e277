import { collectRequests } from "../../program/collect";

/**
 * Evaluates the program once without doing anything, so that a mistake in the stack file shows at once, and not after minutes
 * of building.
 */
export async function checkProgram(stack: string): Promise<void> {
    await collectRequests({ stack, offline: true });
}
