import { Command, Option } from "commander";

import { type ImageName, imageNames } from "../../config/images";
import { renderError, UserError } from "../lib/errors";
import { buildWithEngine, type Engine, findEngine, pushWithEngine, requireEngine } from "./engines";
import { buildImages, imageRequest, localRegistry } from "./index";
import { pushArchives } from "./push";

interface Options {
    tool: "auto" | "buildah" | Engine;
    registry: string;
    push?: boolean;
}

async function main(names: string[], { tool, registry, push }: Options): Promise<void> {
    const wanted = names.length ? names.map(known) : imageNames;
    if (push && registry.startsWith("localhost/")) {
        throw new UserError(`images under ${registry} cannot be pushed: that is not a registry`, {
            where: "--registry",
            allowed: "the address of a registry and a path, e.g. ghcr.io/acme/data-platform",
            fix: "name yours with --registry",
        });
    }
    const engine = tool === "auto" ? ((await findEngine()) ?? "buildah") : tool;
    if (engine === "buildah") {
        const built = await buildImages(wanted, registry);
        if (push) await pushArchives(built);
    } else {
        await requireEngine(engine);
        const requests = wanted.map((name) => imageRequest(name, registry));
        await buildWithEngine(engine, requests);
        if (push)
            await pushWithEngine(
                engine,
                requests.map(({ ref }) => ref),
            );
    }
    for (const name of wanted) console.log(imageRequest(name, registry).ref);
}

function known(name: string): ImageName {
    const found = imageNames.find((each) => each === name);
    if (found) return found;
    throw new UserError(`there is no image ${name}`, { allowed: imageNames.join(", ") });
}

new Command("images")
    .description("Builds the platform's images; names of images, or all of them")
    .argument("[names...]", imageNames.join(", "))
    .addOption(
        new Option("--tool <tool>", "what builds them")
            .choices(["auto", "docker", "podman", "buildah"])
            .default("auto"),
    )
    .option("--registry <address>", "the part of the names before the image", localRegistry)
    .option("--push", "push them when they are built")
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
        console.error(renderError(error));
        process.exitCode = 1;
    });
