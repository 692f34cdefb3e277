import { CommanderError } from "commander";

import { diffCommand } from "./commands/diff";
import { doctorCommand } from "./commands/doctor";
import { githubCommand } from "./commands/github";
import { ephemeralCommand } from "./commands/ephemeral";
import { mirrorListCommand } from "./commands/mirror-list";
import { newCommand } from "./commands/new";
import { recoverCommand } from "./commands/recover";
import { renderCommand } from "./commands/render";
import { scanCommand } from "./commands/scan";
import { stackCommand } from "./commands/stack";
import { teardownCommand } from "./commands/teardown";
import { CommandLine, runCommandLine } from "../lib/command-line";

const program = new CommandLine("data-platform")
    .description("The data platform's own tools, beside `pulumi up`: what a stack makes, without a cluster.")
    .option("-V, --version", "print the version, and the commit of a clone")
    .addCommand(renderCommand())
    .addCommand(diffCommand())
    .addCommand(mirrorListCommand())
    .addCommand(newCommand())
    .addCommand(ephemeralCommand())
    .addCommand(doctorCommand())
    .addCommand(recoverCommand())
    .addCommand(scanCommand())
    .addCommand(githubCommand())
    .addCommand(teardownCommand())
    .addCommand(stackCommand(), { hidden: true })
    .showHelpAfterError("(data-platform --help tells more)");

program.on("option:version", () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed
    const { version } = require("./version") as typeof import("./version");
    const said = version();
    process.stdout.write(`${said}\n`);
    throw new CommanderError(0, "commander.version", said);
});

void runCommandLine(program).then(() => {
    // Nothing that is still open, such as a kept connection, may hold the process; what was said has to be out, though.
    process.stdout.write("", () => process.stderr.write("", () => process.exit()));
});
