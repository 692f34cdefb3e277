import { Octokit } from "@octokit/rest";

import { UserError } from "../../lib/errors";
import { asUserError, waitOf } from "./failures";

/** Address of GitHub, and the token. */
export interface GitHubSettings {
    token: string;
    owner: string;
    repo: string;
    /** @default https://api.github.com */
    apiUrl: string;
    /** Address of its pages. @default https://github.com */
    serverUrl: string;
}

/** Milliseconds that one answer may take. */
const timeoutMs = 30_000;
/** Number of retries of a request that GitHub couldn't answer just now. */
const retries = 3;

/**
 * Settings from a workflow's environment: GITHUB_TOKEN, GITHUB_REPOSITORY and, for a server of one's own, GITHUB_API_URL and
 * GITHUB_SERVER_URL.
 *
 * @throws UserError when the token or the repository is missing
 */
export function settingsFrom(env: NodeJS.ProcessEnv = process.env): GitHubSettings {
    const token = env.GITHUB_TOKEN?.trim();
    if (!token) {
        throw new UserError("GITHUB_TOKEN is not set", {
            where: "the environment",
            fix: "in a workflow give the step `env: GITHUB_TOKEN: ${{ github.token }}`; elsewhere GITHUB_TOKEN=$(gh auth token)",
        });
    }
    const [, owner, repo] = /^([\w.-]+)\/([\w.-]+)$/.exec(env.GITHUB_REPOSITORY ?? "") ?? [];
    if (!owner || !repo) {
        throw new UserError(`GITHUB_REPOSITORY is ${env.GITHUB_REPOSITORY ? "no repository" : "not set"}`, {
            where: "the environment",
            allowed: "owner/name, e.g. acme/data-platform; GitHub sets it in workflows",
        });
    }
    return {
        token,
        owner,
        repo,
        apiUrl: (env.GITHUB_API_URL || "https://api.github.com").replace(/\/+$/, ""),
        serverUrl: (env.GITHUB_SERVER_URL || "https://github.com").replace(/\/+$/, ""),
    };
}

/** An account of GitHub's as it signs comments. */
export interface Account {
    login: string;
    /** An app, such as the one behind a workflow's token. */
    bot: boolean;
}

/** One repository, as whoever the token belongs to. Whatever fails is a `GitHubError`, which is a `UserError`. */
export class GitHub {
    readonly rest: Octokit["rest"];
    readonly paginate: Octokit["paginate"];
    /** Parameters of each request about the repository. */
    readonly at: { owner: string; repo: string };
    private readonly octokit: Octokit;
    private account?: Promise<Account>;

    constructor(
        readonly settings: GitHubSettings,
        pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
    ) {
        const quiet = () => undefined;
        this.at = { owner: settings.owner, repo: settings.repo };
        this.octokit = new Octokit({
            auth: settings.token,
            baseUrl: settings.apiUrl,
            userAgent: "data-platform",
            log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
        });
        this.octokit.hook.wrap("request", async (request, options) => {
            for (let attempt = 0; ; attempt++) {
                try {
                    const signal = AbortSignal.timeout(timeoutMs);
                    return await request({ ...options, request: { ...options.request, signal } });
                } catch (error) {
                    const wait = attempt < retries ? waitOf(error, options.method, attempt) : undefined;
                    if (wait === undefined) throw asUserError(error, this.name);
                    await pause(wait);
                }
            }
        });
        this.rest = this.octokit.rest;
        this.paginate = this.octokit.paginate;
    }

    /** `owner/name`. */
    get name(): string {
        return `${this.settings.owner}/${this.settings.repo}`;
    }

    /** Account of the token. A workflow's own token isn't told by REST, only by GraphQL. */
    self(): Promise<Account> {
        this.account ??= this.askSelf();
        this.account.catch(() => (this.account = undefined));
        return this.account;
    }

    private async askSelf(): Promise<Account> {
        const login = await this.octokit
            .graphql<{ viewer: { login: string } }>("query { viewer { login } }")
            .then(({ viewer }) => viewer.login)
            .catch(async (error: unknown) => {
                // An answer with errors in it: a server that doesn't tell it so. A person's token is told by REST as well.
                if (error instanceof Error && error.name === "GraphqlResponseError")
                    return (await this.rest.users.getAuthenticated()).data.login;
                throw error;
            });
        return { login: login.replace(/\[bot\]$/, ""), bot: login.endsWith("[bot]") };
    }

    /** Tells whether something was written by the token's own account. Names of apps and people are kept apart. */
    async isOwn(author: { login: string; type: string } | null | undefined): Promise<boolean> {
        if (!author) return false;
        const { login, bot } = await this.self();
        const same = author.login.replace(/\[bot\]$/, "").toLowerCase() === login.toLowerCase();
        return same && bot === (author.type === "Bot");
    }
}
