import { CommandLine, runCommandLine } from "../../lib/command-line";
import { UserError } from "../../lib/errors";
import { step } from "../../lib/progress";
import { stackNamed } from "../../program/stack-name";
import { heldToLock } from "./check";

async function main({ stack, offline }: { stack: string; offline?: boolean }): Promise<void> {
    const { images, problems, notes } = await step(`Hold the images of ${stack} to images.lock.json`, () =>
        heldToLock({ stack, offline }),
    );
    for (const note of notes) console.error(`  not looked at: ${note}`);
    if (problems.length > 0) {
        throw new UserError(`the stack ${stack} may not be released: ${problems.length} of its images are not held`, {
            where: "images.lock.json",
            evidence: problems,
            fix: "merge the pull request of the workflow images-lock, which asks registries; or make images-lock, and read the difference",
        });
    }
    console.log(`${images} images of others are held to images.lock.json${offline ? "; no registry was asked" : ""}`);
}

const program = new CommandLine("images-check")
    .description(
        "Refuses a stack whose images of others aren't in images.lock.json by digest, or stand for something else by now",
    )
    .requiredOption("--stack <name>", "whose images", stackNamed)
    .option("--offline", "ask no registry")
    .action(main);

void runCommandLine(program);
