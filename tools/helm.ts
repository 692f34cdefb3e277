import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

import { UserError } from "../lib/errors";
import { run } from "../lib/exec";
import type { Note } from "../lib/progress";
import { builtTool, tool, toolVersion } from "./";
import { findGo } from "./go";

/** Versions whose answers are those of the pinned one, as far as charts are pulled and rendered: this major from this minor on. */
const accepted = { major: 3, minor: 19 };

const acceptedText = `Helm ${accepted.major}, ${accepted.major}.${accepted.minor} or newer`;

let found: Promise<string> | undefined;

/**
 * A Helm that renders charts: the pinned one if it is built already, else a good one in PATH, else the pinned one, which is built with
 * Go then. `DATA_PLATFORM_HELM` says another: `pinned`, or the path of a program.
 *
 * @param note Told which it is, where it isn't the pinned one.
 * @throws UserError when there is none
 */
export function helm(note?: Note): Promise<string> {
    found ??= lookForHelm(note);
    found.catch(() => (found = undefined));
    return found;
}

/** The same, where nothing is built for it; undefined when there is none. */
export async function helmAtHand(note?: Note): Promise<string | undefined> {
    if (found) return found.catch(() => undefined);
    const { program } = await lookAround(note);
    // Whoever asks for Helm in the meantime has it without a second look.
    if (program) found ??= Promise.resolve(program);
    return program;
}

async function lookForHelm(note?: Note): Promise<string> {
    const { program, refused } = await lookAround(note);
    if (program) return program;
    const wanted = process.env.DATA_PLATFORM_HELM;
    if (wanted && wanted !== "pinned") {
        throw new UserError(refused ?? `${wanted} is no Helm`, { where: "DATA_PLATFORM_HELM", allowed: acceptedText });
    }
    if (await findGo().catch(() => undefined)) return tool("helm");
    throw new UserError(
        `${refused ?? "no Helm is installed"}; and Go, to build the pinned one, isn't either: charts can't be rendered without`,
        {
            where: "PATH",
            allowed: `${acceptedText}, or Go 1.26.6 or newer`,
            fix: "install Helm (https://helm.sh/docs/intro/install)",
        },
    );
}

/** Helm where it is at hand, or what is wrong with the one that is. */
async function lookAround(note?: Note): Promise<{ program?: string; refused?: string }> {
    const wanted = process.env.DATA_PLATFORM_HELM || undefined;
    if (wanted === undefined || wanted === "pinned") {
        const built = await builtTool("helm");
        if (built || wanted) return { program: built };
    }
    const path = wanted ?? onPath("helm");
    if (path === undefined) return {};
    const said = await run(path, ["version", "--template", "{{.Version}}"], { timeout: 30_000 }).catch(() => undefined);
    const version = said?.stdout.trim() ?? "";
    if (!isAccepted(version))
        return { refused: `${path} is ${version ? `Helm ${version}` : "no Helm that tells its version"}` };
    const pinned = await toolVersion("helm");
    if (version !== pinned) note?.(`Helm ${version} (${path}) renders the charts; the pinned one is ${pinned}`);
    return { program: path };
}

/** A program of the PATH. What an npm package brings isn't meant. */
function onPath(name: string): string | undefined {
    const folders = (process.env.PATH ?? "")
        .split(delimiter)
        .filter((dir) => isAbsolute(dir) && !dir.includes("node_modules"));
    return folders
        .map((dir) => join(dir, name))
        .find((file) => {
            try {
                accessSync(file, constants.X_OK);
                return true;
            } catch {
                return false;
            }
        });
}

/** Tells whether a version such as `v3.22.0` is one of those that are accepted. */
export function isAccepted(version: string): boolean {
    const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version.trim()) ?? [];
    return Number(major) === accepted.major && Number(minor) >= accepted.minor;
}
