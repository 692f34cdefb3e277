import { readStackFile, stackFile } from "../../program/stack-config";
import type { CommandResult } from "../../lib/exit-codes";

/** The stack's name as the Pulumi CLI is given it. */
export function tellStack(stack: string, organization?: string): CommandResult {
    readStackFile(stackFile(stack));
    return { text: organization ? `${organization}/${stack}` : stack, json: { stack, organization } };
}
