import { existsSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";

import { GitHub, settingsFrom } from "../../operations/github/client";
import { mergedCommit } from "../../operations/github/commit";
import { propose } from "../../operations/github/propose";
import { unprotected } from "../../operations/github/protection";
import { release } from "../../operations/github/releases";
import { UserError } from "../../lib/errors";
import { repoRoot } from "../../lib/paths";
import { type CommandResult } from "../../lib/exit-codes";
import type { CommonFlags } from "../command";

export interface ProtectionFlags extends CommonFlags {
    environment: string[];
    reviewed: string[];
    openSecrets?: string;
}

export interface CommitFlags extends CommonFlags {
    ref: string;
}

export interface ProposeFlags extends CommonFlags {
    branch: string;
    title: string;
    body: string;
}

export interface ReleaseFlags extends CommonFlags {
    tag: string;
    asset: string[];
    bodyFile: string;
}

const connect = () => new GitHub(settingsFrom());

/** Checks that environments are protected, and no secret lies outside of them. */
export async function checkProtection({ environment, reviewed, openSecrets }: ProtectionFlags): Promise<CommandResult> {
    const hub = connect();
    const open = (openSecrets ?? "").split(/\s+/).filter(Boolean);
    const problems = [
        ...open.map((name) => `the secret ${name} is the repository's: whoever may push a branch can read it`),
        ...(await unprotected(hub, [
            ...environment.map((name) => ({ environment: name })),
            ...reviewed.map((name) => ({ environment: name, reviewers: true })),
        ])),
    ];
    const names = [...environment, ...reviewed];
    if (problems.length === 0) {
        return { text: `${names.join(", ")}: only the default branch may use them`, json: { environments: names } };
    }
    throw new UserError("nothing is deployed as long as whoever pushes a branch could take what deploys it", {
        where: `${hub.settings.serverUrl}/${hub.name}/settings/environments`,
        evidence: problems,
        fix: "docs/continuous-deployment.md, Set up; a secret goes to its environments only: gh secret set NAME --env prod, gh secret delete NAME",
    });
}

/** The commit that is deployed, for the jobs that do it. */
export async function tellCommit({ ref }: CommitFlags): Promise<CommandResult> {
    const commit = await mergedCommit(connect(), ref);
    const file = process.env.GITHUB_OUTPUT;
    if (file) await appendFile(file, `commit=${commit}\n`);
    return { text: commit, json: { commit } };
}

/** One pull request with what has changed here. */
export async function proposeChange({ branch, title, body }: ProposeFlags): Promise<CommandResult> {
    const proposed = await propose(connect(), repoRoot, { branch, title, body });
    const { what, files, url } = proposed;
    return {
        text: what === "nothing" ? "nothing has changed here" : `${what}, ${url}: ${files.join(", ")}`,
        json: proposed,
    };
}

/** The release of a tag, with files beside it. */
export async function publishRelease({ tag, asset, bodyFile }: ReleaseFlags): Promise<CommandResult> {
    const absent = [bodyFile, ...asset].filter((file) => !existsSync(file));
    if (absent.length > 0) throw new UserError(`there is no ${absent.join(", ")}`, { where: "--asset, --body-file" });
    const body = await readFile(bodyFile, "utf8");
    const { what, url } = await release(connect(), { tag, assets: asset, body });
    return { text: `${what}, ${url}: ${asset.length} files`, json: { what, url, assets: asset } };
}
