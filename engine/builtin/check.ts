import { runProgram } from "../../program/program";

/**
 * Evaluates the program once without doing anything, so that a mistake in the stack file shows at once, and not after minutes
 * of building.
 */
export async function checkProgram(stack: string): Promise<void> {
    await runProgram({
        stack,
        offline: true,
        handler: ({ name, inputs }) => Promise.resolve({ id: name, outputs: { ...inputs, result: "" } }),
    });
}
