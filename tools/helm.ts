import { UserError } from "../lib/errors";
import { run } from "../lib/exec";
import { findGo } from "./go";
import { tool } from "./";

/** The oldest Helm whose answers are those of the pinned one, as far as charts are pulled and rendered. */
const oldest = { major: 3, minor: 19 };

let found: Promise<string> | undefined;

/**
 * A Helm that renders charts: the pinned one, which is built with Go, or without Go one in PATH.
 *
 * @throws UserError when there is neither
 */
export function helm(): Promise<string> {
    found ??= lookForHelm();
    found.catch(() => (found = undefined));
    return found;
}

async function lookForHelm(): Promise<string> {
    const go = await findGo().catch(() => undefined);
    if (go) return tool("helm");
    const said = await run("helm", ["version", "--template", "{{.Version}}"]).catch(() => undefined);
    if (said && isRecent(said.stdout)) return "helm";
    throw new UserError(
        said
            ? `the Helm in PATH is ${said.stdout.trim()}, which is too old, and Go, to build the pinned one, is not installed`
            : "neither Helm nor Go, to build the pinned Helm, is installed; charts can't be rendered without",
        {
            where: "PATH",
            allowed: `Helm ${oldest.major}.${oldest.minor} or newer, or Go 1.26.6 or newer`,
            fix: "install Helm (https://helm.sh/docs/intro/install)",
        },
    );
}

/** Tells whether a version such as `v3.22.0` is new enough. */
export function isRecent(version: string): boolean {
    const [major, minor] = version.trim().replace(/^v/, "").split(".").map(Number);
    return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
}
