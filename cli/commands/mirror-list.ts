import { Command } from "commander";

import { command, CommonFlags, stackOption } from "../command";
import { UsageError } from "../../lib/errors";
import { CommandResult } from "../../lib/exit-codes";

interface MirrorListFlags extends CommonFlags {
    stack?: string;
    mirror?: string;
    from?: string;
}

/** `data-platform mirror-list`: what an air-gapped registry has to hold. */
export function mirrorListCommand(): Command {
    return command<MirrorListFlags>("mirror-list", run, ["done", "failed", "usage", "warnings"])
        .summary("print source and target of every image that a stack uses, for an air-gapped registry")
        .description(
            `Prints every image that a stack's pods run, a line each: where it is now, and where the cluster pulls it from once the
stack says images.mirror. Needs neither a cluster nor a network.

  data-platform mirror-list --stack prod |
      xargs -n 2 sh -c 'skopeo copy --all docker://$0 docker://$1'`,
        )
        .usage("--stack <name> [--mirror <registry/path>] [--from <registry/path>]")
        .addOption(stackOption())
        .option(
            "--mirror <registry/path>",
            "where upstream's images go (default: images.mirror of the stack; if it has none, mirror beside our own images)",
        )
        .option("--from <registry/path>", "where our own images are now (default: images.registry of the stack)");
}

const registryPath = /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/;

async function run({ stack, mirror, from }: MirrorListFlags, rest: string[]): Promise<CommandResult> {
    if (rest.length > 0) throw new UsageError(`nothing is done with ${rest.join(" ")}`);
    if (!stack) throw new UsageError("--stack missing", { allowed: "data-platform mirror-list --stack <name>" });
    for (const [flag, path] of Object.entries({ "--mirror": mirror, "--from": from })) {
        if (path === undefined || registryPath.test(path)) continue;
        throw new UsageError(`${flag} ${path} is no registry path`, { allowed: "such as registry.example.com/mirror" });
    }
    // Loaded when it is needed, because its libraries take their time.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
    const { listMirror } = require("../actions/mirror-list") as typeof import("../actions/mirror-list");
    return listMirror({ stack, mirror, from });
}
