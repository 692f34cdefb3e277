import { readFile, writeFile } from "node:fs/promises";

import { GitHub, settingsFrom } from "../../operations/github/client";
import { type Posted, upsertComment } from "../../operations/github/comments";
import { closeIssue, upsertIssue } from "../../operations/github/issues";
import { type PullRequest, openPullRequests, pullRequestsOf } from "../../operations/github/pull-requests";
import { lastRun } from "../../operations/github/runs";
import { appendSummary, showing } from "../../operations/github/summary";
import { readUntrusted } from "../../operations/github/untrusted";
import { UserError } from "../../lib/errors";
import { CommandResult, type ExitCode, exitCodes } from "../../lib/exit-codes";
import type { CommonFlags } from "../command";

export interface CommentFlags extends CommonFlags {
    number?: number;
    commit?: string;
    marker: string;
    bodyFile?: string;
    text?: string;
    artifact?: string;
}

export interface PullRequestsFlags extends CommonFlags {
    label?: string;
    out?: string;
}

export interface IssueFlags extends CommonFlags {
    marker: string;
    title?: string;
    bodyFile?: string;
    close?: boolean;
}

export interface SummaryFlags extends CommonFlags {
    title?: string;
    file?: string;
    fine: number[];
}

export interface LastRunFlags extends CommonFlags {
    workflow: string;
    event?: string;
    within?: number;
}

const connect = () => new GitHub(settingsFrom());

/** One comment on a pull request, or on those that a commit is the newest of. */
export async function postComment(flags: CommentFlags): Promise<CommandResult> {
    const hub = connect();
    const { marker, number, commit } = flags;
    const { body, changed } = await bodyOf(flags, hub);
    const targets =
        number === undefined ? (await pullRequestsOf(hub, commit ?? "")).map((each) => each.number) : [number];
    if (targets.length === 0) {
        return {
            text: `no open pull request has ${commit} as its newest commit (any more); nothing was posted`,
            json: { posted: [] },
        };
    }
    const posted: Posted[] = [];
    for (const target of targets) posted.push(await upsertComment(hub, { number: target, marker, body }));
    const note = changed > 0 ? [`${changed} lines of the artifact were made harmless`] : [];
    return { text: [...posted.map(sentence), ...note].join("\n"), json: { posted, changed } };
}

async function bodyOf(flags: CommentFlags, hub: GitHub): Promise<{ body: string; changed: number }> {
    const pages = `${hub.settings.serverUrl}/${hub.name}`;
    if (flags.artifact !== undefined) return readUntrusted(flags.artifact, flags.marker, pages);
    if (flags.bodyFile !== undefined) return { body: await readBody(flags.bodyFile), changed: 0 };
    const run = process.env.GITHUB_RUN_ID;
    const link = run && /^\d+$/.test(run) ? ` ([run](${pages}/actions/runs/${run}))` : "";
    return { body: `${flags.text}${link}\n`, changed: 0 };
}

async function readBody(file: string): Promise<string> {
    return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
        throw new UserError(`${file} can't be read (${error.code ?? error.message})`, { where: "--body-file" });
    });
}

function sentence({ number, url, what, removed }: Posted): string {
    return `#${number}: ${what}${removed > 0 ? `, ${removed} more of the same removed` : ""}, ${url}`;
}

/** Open pull requests. */
export async function listPullRequests({ label, out }: PullRequestsFlags): Promise<CommandResult> {
    const found = await openPullRequests(connect(), { label });
    if (out) await writeFile(out, `${JSON.stringify(found.map(({ number }) => number))}\n`);
    const line = ({ number, title }: PullRequest) => `#${number}  ${title}`;
    return {
        text: found.length > 0 ? found.map(line).join("\n") : `no open pull request${label ? ` carries ${label}` : ""}`,
        json: found,
    };
}

/** One open issue, or none any more. */
export async function postIssue({ marker, title, bodyFile, close }: IssueFlags): Promise<CommandResult> {
    const body = bodyFile === undefined ? undefined : await readBody(bodyFile);
    const posted = close
        ? await closeIssue(connect(), { marker, body })
        : await upsertIssue(connect(), { marker, title: title ?? "", body: body ?? "" });
    return { text: posted ? sentence(posted) : "there is no such issue", json: posted ?? null };
}

/** A file, or what a program says, in the step's summary. */
export async function showSummary({ title = "", file, fine }: SummaryFlags, program: string[]): Promise<CommandResult> {
    if (file !== undefined) {
        const markdown = await readBody(file);
        await appendSummary(markdown);
        return { text: process.env.GITHUB_STEP_SUMMARY ? "" : markdown, json: { file } };
    }
    const { code, markdown } = await showing(title, program);
    await appendSummary(markdown);
    return { text: "", json: { code }, code: fine.includes(code) ? exitCodes.done : ours(code) };
}

/** The code of a program of this project, or of make around it (which makes 2 of everything), or of another. */
function ours(code: number): ExitCode {
    return Object.values(exitCodes).find((each) => each === code) ?? exitCodes.failed;
}

/** Finds the last successful run of a workflow. */
export async function tellLastRun({ workflow, event, within = Infinity }: LastRunFlags): Promise<CommandResult> {
    const except = Number(process.env.GITHUB_RUN_ID) || undefined;
    const { at, url } = await lastRun(connect(), { workflow, event, except });
    const hours = at ? (Date.now() - at.getTime()) / 3_600_000 : Infinity;
    const when = at ? `${at.toISOString().slice(0, 16).replace("T", " ")} UTC` : undefined;
    const text = when ? `${workflow} last ended well at ${when}: ${url}` : `${workflow} never ended well yet`;
    await appendSummary(`${hours > within ? "⚠️ " : ""}${text}\n`);
    return {
        text,
        json: { workflow, at: at?.toISOString() ?? null, url: url ?? null },
        code: hours > within ? exitCodes.warnings : exitCodes.done,
    };
}
