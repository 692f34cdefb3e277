import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";

import { GitHub, type GitHubSettings } from "../../operations/github/client";

interface User {
    login: string;
    type: "Bot" | "User";
}

export interface FakeComment {
    id: number;
    issue: number;
    body: string;
    user: User;
}

export interface FakeIssue {
    number: number;
    title: string;
    body: string;
    state: "open" | "closed";
    user: User;
    pull_request?: object;
}

export interface FakePull {
    number: number;
    sha: string;
    state: "open" | "closed";
    labels: string[];
    /** `owner/name` of where it comes from; null: deleted. */
    from: string | null;
}

export interface FakeEnvironment {
    reviewers?: string[];
    /** Branches that may use it, `tag:` before a tag's name; "protected": all protected ones. @default every branch */
    branches?: string[] | "protected";
}

/** User of a workflow's own token. */
export const workflow: User = { login: "github-actions[bot]", type: "Bot" };

type Answer = [status: number, body: unknown, headers?: Record<string, string>];

/** GitHub on this machine, as far as we ask it: one repository, pages of 30 unless asked for up to 100, bodies up to 65,536 characters. */
export class GitHubServer {
    comments: FakeComment[] = [];
    issues: FakeIssue[] = [];
    pulls: FakePull[] = [];
    environments: Record<string, FakeEnvironment> = {};
    /** Commits of the default branch, the newest first; those of other branches are in `refs` only. */
    main: string[] = [];
    /** Commits by branch, tag or hash. */
    refs: Record<string, string> = {};
    /** Objects that were written, by kind: trees, commits, refs, pulls. */
    written: { kind: string; sent: Record<string, unknown> }[] = [];
    runs: { id: number; updated_at: string; event: string }[] = [];
    /** Requests: method and path. */
    asked: string[] = [];
    /** User of the token. */
    viewer: User = workflow;
    /** Answers that come first, whatever is asked; undefined: the usual one. */
    next: (Answer | undefined)[] = [];
    /** A fork's token. */
    readOnly = false;
    /** Commits of forks that the way by the commit doesn't know yet. */
    slow = false;
    private id = 1000;

    private constructor(private readonly server: Server) {}

    static async serve(): Promise<GitHubServer> {
        const server = createServer((request, response) => void fake.handle(request, response));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const fake = new GitHubServer(server);
        return fake;
    }

    get settings(): GitHubSettings {
        const { port } = this.server.address() as AddressInfo;
        const apiUrl = `http://127.0.0.1:${port}`;
        return { token: "token-1", owner: "acme", repo: "platform", apiUrl, serverUrl: "https://github.com" };
    }

    /** As the environment says it to a program. */
    get environment(): Record<string, string> {
        return { GITHUB_TOKEN: "token-1", GITHUB_REPOSITORY: "acme/platform", GITHUB_API_URL: this.settings.apiUrl };
    }

    /** Somebody who asks; `waited` takes how long each wait was. */
    hub(waited: number[] = []): GitHub {
        return new GitHub(this.settings, async (milliseconds) => void waited.push(milliseconds));
    }

    comment(issue: number, body: string, user: User = workflow): FakeComment {
        const made = { id: this.id++, issue, body, user };
        this.comments.push(made);
        return made;
    }

    close(): Promise<void> {
        this.server.closeAllConnections();
        return new Promise((resolve) => this.server.close(() => resolve()));
    }

    private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        const text = Buffer.concat(parts).toString();
        const url = new URL(request.url ?? "/", this.settings.apiUrl);
        const method = request.method ?? "GET";
        this.asked.push(`${method} ${url.pathname}`);
        const [status, body, headers] =
            this.next.shift() ??
            (request.headers.authorization !== "token token-1"
                ? [401, { message: "Bad credentials" }]
                : this.answer(method, url, text ? (JSON.parse(text) as Record<string, string>) : {}));
        response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
        response.end(body === undefined ? undefined : JSON.stringify(body));
    }

    private answer(method: string, url: URL, sent: Record<string, string>): Answer {
        if (url.pathname === "/graphql") return [200, { data: { viewer: { login: this.viewer.login } } }];
        const path = url.pathname.replace(/^\/repos\/acme\/platform\//, "");
        if (url.pathname === "/repos/acme/platform") return [200, { default_branch: "main" }];
        if (path === url.pathname) return [404, { message: "Not Found" }];
        if (method !== "GET" && this.readOnly)
            return [
                403,
                { message: "Resource not accessible by integration" },
                { "x-accepted-github-permissions": "issues=write; pull_requests=write" },
            ];
        if (method !== "GET" && (sent.body ?? "").length > 65_536) {
            return [422, { message: "Validation Failed: body is too long (maximum is 65536 characters)" }];
        }
        const [one, two, three] = path.split("/");
        if (one === "issues" && two === "comments") return this.oneComment(method, Number(three), sent);
        if (one === "issues" && three === "comments") return this.commentsOf(method, Number(two), url, sent);
        if (one === "issues") return this.issue(method, two, url, sent);
        if (one === "environments") return this.shownEnvironment(decodeURIComponent(two), three, url);
        if (one === "compare") return this.compare(two);
        if (one === "git" || (one === "pulls" && method !== "GET"))
            return this.write(method, decodeURIComponent(path), sent);
        if (one === "commits" && three === undefined) return this.commit(decodeURIComponent(two));
        if (one === "pulls")
            return this.page(
                url,
                this.open().map((each) => this.pull(each)),
            );
        if (one === "commits") {
            const found = this.slow ? [] : this.pulls.filter(({ sha }) => sha === two);
            return this.page(
                url,
                found.map((each) => this.pull(each)),
            );
        }
        if (one === "actions") {
            const event = url.searchParams.get("event");
            const runs = this.runs.filter((run) => !event || run.event === event);
            return [
                200,
                { total_count: runs.length, workflow_runs: runs.map((run) => ({ ...run, html_url: `run/${run.id}` })) },
            ];
        }
        return [404, { message: "Not Found" }];
    }

    private shownEnvironment(name: string, part: string | undefined, url: URL): Answer {
        const found = this.environments[name] as FakeEnvironment | undefined;
        if (!found) return [404, { message: "Not Found" }];
        const { branches, reviewers } = found;
        const custom = Array.isArray(branches) ? branches : [];
        if (part === "deployment-branch-policies") {
            const all = custom.map((each, id) => ({
                ...{ id, name: each.replace(/^tag:/, ""), type: each.startsWith("tag:") ? "tag" : "branch" },
            }));
            const [status, page, headers] = this.page(url, all);
            return [status, { total_count: all.length, branch_policies: page }, headers];
        }
        const policy = branches && {
            protected_branches: branches === "protected",
            custom_branch_policies: branches !== "protected",
        };
        return [
            200,
            {
                name,
                protection_rules: [
                    ...(reviewers
                        ? [
                              {
                                  type: "required_reviewers",
                                  reviewers: reviewers.map((login) => ({ type: "User", reviewer: { login } })),
                              },
                          ]
                        : []),
                    ...(branches ? [{ type: "branch_policy" }] : []),
                ],
                deployment_branch_policy: policy ?? null,
            },
        ];
    }

    private commit(ref: string): Answer {
        const sha = this.refs[ref] ?? this.main.find((each) => each === ref);
        return sha ? [200, { sha }] : [422, { message: `No commit found for SHA: ${ref}` }];
    }

    /** As GitHub compares: what stands behind the dots, seen from what stands before them. */
    private compare(range: string): Answer {
        const [branch, sha] = decodeURIComponent(range).split("...");
        if (branch !== "main") return [404, { message: "Not Found" }];
        const at = this.main.indexOf(sha);
        return [200, { status: at === 0 ? "identical" : at > 0 ? "behind" : "diverged" }];
    }

    private write(method: string, path: string, sent: Record<string, unknown>): Answer {
        const [, kind] = /^(?:git\/)?(\w+)/.exec(path) ?? [];
        if (method === "GET") return [200, { sha: "b".repeat(40), tree: { sha: "old-tree" } }];
        if (kind === "refs" && method === "PATCH" && !this.refs[path.replace("git/refs/heads/", "")])
            return [422, { message: "Reference does not exist" }];
        this.written.push({ kind: `${method} ${path}`, sent });
        return [200, { sha: `new-${kind}`, html_url: "https://github.com/acme/platform/pull/9", number: 9 }];
    }

    private oneComment(method: string, id: number, { body }: Record<string, string>): Answer {
        const found = this.comments.find((each) => each.id === id);
        if (!found) return [404, { message: "Not Found" }];
        if (found.user.login !== this.viewer.login) return [403, { message: "Must have admin rights" }];
        if (method === "DELETE") {
            this.comments = this.comments.filter((each) => each !== found);
            return [204, undefined];
        }
        found.body = body;
        return [200, this.shownComment(found)];
    }

    private commentsOf(method: string, issue: number, url: URL, { body }: Record<string, string>): Answer {
        if (method === "POST") return [201, this.shownComment(this.comment(issue, body, this.viewer))];
        const all = this.comments.filter((each) => each.issue === issue);
        return this.page(
            url,
            all.map((each) => this.shownComment(each)),
        );
    }

    private issue(method: string, number: string | undefined, url: URL, sent: Record<string, string>): Answer {
        const shown = (issue: FakeIssue) => ({
            ...issue,
            html_url: `https://github.com/acme/platform/issues/${issue.number}`,
        });
        if (method === "GET") return this.page(url, this.issues.filter(({ state }) => state === "open").map(shown));
        if (method === "POST") {
            const made: FakeIssue = {
                number: this.id++,
                ...{ title: sent.title, body: sent.body, state: "open" as const, user: this.viewer },
            };
            this.issues.push(made);
            return [201, shown(made)];
        }
        const found = this.issues.find((each) => each.number === Number(number));
        if (!found) return [404, { message: "Not Found" }];
        Object.assign(found, sent);
        return [200, shown(found)];
    }

    /** Open pull requests. */
    private open(): FakePull[] {
        return this.pulls.filter(({ state }) => state === "open");
    }

    private pull({ number, sha, state, labels, from }: FakePull): unknown {
        return {
            ...{
                number,
                state,
                title: `Change ${number}`,
                html_url: `https://github.com/acme/platform/pull/${number}`,
            },
            head: { sha, repo: from === null ? null : { full_name: from } },
            labels: labels.map((name) => ({ name })),
        };
    }

    private shownComment({ id, issue, body, user }: FakeComment): unknown {
        return { id, body, user, html_url: `https://github.com/acme/platform/pull/${issue}#issuecomment-${id}` };
    }

    /** One page, and the way to the next as GitHub says it. */
    private page(url: URL, all: unknown[]): Answer {
        const size = Math.min(100, Number(url.searchParams.get("per_page") ?? 30));
        const page = Number(url.searchParams.get("page") ?? 1);
        const next = new URL(url);
        next.searchParams.set("page", String(page + 1));
        const more = all.length > page * size;
        return [200, all.slice((page - 1) * size, page * size), more ? { link: `<${next.href}>; rel="next"` } : {}];
    }
}
