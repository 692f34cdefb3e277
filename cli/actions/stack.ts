import { Cli } from "../../engine/pulumi/cli";
import type { CommandResult } from "../../lib/exit-codes";
import { readStackFile, stackFile } from "../../program/stack-config";

/**
 * The stack's name as the Pulumi CLI is given it, once the CLI is at hand.
 *
 * @throws UserError when the stack has no file that can be read, or the CLI can't be had
 */
export async function tellStack(stack: string, organization?: string, cli = () => new Cli()): Promise<CommandResult> {
    readStackFile(stackFile(stack));
    await cli().ask(["version"]);
    return { text: organization ? `${organization}/${stack}` : stack, json: { stack, organization } };
}
