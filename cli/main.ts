import { Command, CommanderError } from "commander";

import { diffCommand } from "./commands/diff";
import { doctorCommand } from "./commands/doctor";
import { githubCommand } from "./commands/github";
import { ephemeralCommand } from "./commands/ephemeral";
import { mirrorListCommand } from "./commands/mirror-list";
import { recoverCommand } from "./commands/recover";
import { renderCommand } from "./commands/render";
import { scanCommand } from "./commands/scan";
import { teardownCommand } from "./commands/teardown";
import { exitCodes } from "../lib/exit-codes";

const program = new Command("data-platform")
    .description("The data platform's own tools, beside `pulumi up`: what a stack makes, without a cluster.")
    .addCommand(renderCommand())
    .addCommand(diffCommand())
    .addCommand(mirrorListCommand())
    .addCommand(ephemeralCommand())
    .addCommand(doctorCommand())
    .addCommand(recoverCommand())
    .addCommand(scanCommand())
    .addCommand(githubCommand())
    .addCommand(teardownCommand())
    .showHelpAfterError("(data-platform --help tells more)")
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "")) })
    .exitOverride();

program.parseAsync().then(
    () => end(Number(process.exitCode ?? exitCodes.done)),
    (error: unknown) => {
        if (!(error instanceof CommanderError)) throw error;
        // Help that was asked for is an answer; all else is a command line that can't be meant.
        end(error.exitCode === 0 ? exitCodes.done : exitCodes.usage);
    },
);

/** Nothing that is still open, such as a kept connection, may hold the process; what was said has to be out, though. */
function end(code: number): void {
    process.exitCode = code;
    process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}
