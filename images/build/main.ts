import { InvalidArgumentError, Option } from "commander";

import { imageNames } from "../../config/images";
import { type ImagePlatform, imagePlatforms } from "../../config/platforms";
import { CommandLine, runCommandLine } from "../../lib/command-line";
import { stackNamed } from "../../program/stack-name";
import { localRegistry } from "./base";
import { type ImagesOptions, makeImages } from "./make";

function platformList(text: string): ImagePlatform[] {
    const found = text.split(",").map((each) => imagePlatforms.find((platform) => platform === each.trim()));
    if (!found.every((each) => each !== undefined))
        throw new InvalidArgumentError(`allowed: ${imagePlatforms.join(", ")}, or both with a comma between them.`);
    return found;
}

const program = new CommandLine("images")
    .description("Builds the platform's images; names of images, or all of them")
    .argument("[names...]", imageNames.join(", "))
    .addOption(
        new Option("--tool <tool>", "what builds them")
            .choices(["auto", "docker", "podman", "buildah"])
            .default("auto"),
    )
    .addOption(
        new Option(
            "--registry <address>",
            `the part of the names before the image (default: ${localRegistry})`,
        ).conflicts("stack"),
    )
    .option("--stack <name>", "the registry is images.registry of this stack", stackNamed)
    .addOption(new Option("--push", "push them when they are built").conflicts("kind"))
    .option("--missing", "with --push: leave those alone that the registry has already, with contents that are trusted")
    .option(
        "--digests <file>",
        "with --push: write what the registry has then to this file; with --missing: what it says is trusted",
    )
    .option(
        "--signer <identity>",
        "with --missing: trust what this identity has signed, a workflow's address for instance",
    )
    .addOption(
        new Option(
            "--trust-tags",
            "with --missing: trust whatever has the right tag; for a registry of throw-away stacks only",
        ).conflicts("signer"),
    )
    .option(
        "--platform <list>",
        `what they are built for: ${imagePlatforms.join(", ")} or both (default: images.platforms of the stack, else this machine's own)`,
        platformList,
    )
    .option("--kind <cluster>", "load them into the nodes of a kind cluster when they are built")
    .action(async (names: string[], options: ImagesOptions) => {
        for (const ref of await makeImages(names, options)) console.log(ref);
    });

void runCommandLine(program);
