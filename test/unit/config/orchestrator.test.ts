import assert from "node:assert/strict";

import { profiles } from "../../../config/profiles";
import { configProblems } from "../../support/config-problems";

const dev = { profile: "dev", images: { registry: "registry.example.com/data-platform" } };

function problems(raw: Record<string, unknown>): Record<string, string> {
    return configProblems({ ...dev, ...raw });
}

describe("config of the orchestrator", () => {
    const git = { kind: "git", repo: "https://git.example.com/dags.git" };

    it("takes DAGs from a repository, with the official chart only", () => {
        assert.deepEqual(problems({ orchestrator: { dags: git } }), {});
        assert.match(
            problems({ orchestrator: { dags: git }, charts: { airflow: "./charts/airflow" } })[
                "orchestrator.dags.kind"
            ],
            /official chart.*https:\/\/airflow\.apache\.org/,
        );
    });

    it("says what a repository lacks, or has that the image doesn't need", () => {
        assert.match(problems({ orchestrator: { dags: { kind: "git" } } })["orchestrator.dags.repo"], /is missing/);
        assert.match(
            problems({ orchestrator: { dags: { kind: "image", ref: "main" } } })["orchestrator.dags.ref"],
            /is for orchestrator\.dags\.kind git/,
        );
    });

    it("wants user and token of a private repository together", () => {
        const token = { "orchestrator.git": "a-token-of-the-repository" };
        const user = { ...git, username: "reader" };
        assert.match(problems({ orchestrator: { dags: user } })['credentials["orchestrator.git"]'], /--secret/);
        assert.match(
            problems({ orchestrator: { dags: git }, credentials: token })["orchestrator.dags.username"],
            /is missing/,
        );
        assert.deepEqual(problems({ orchestrator: { dags: user }, credentials: token }), {});
        assert.match(problems({ credentials: token })['credentials["orchestrator.git"]'], /names no user/);
    });

    describe("a webhook for failures", () => {
        const key = 'credentials["orchestrator.webhook"]';
        const of = (onFailure: object | undefined, webhook?: string) =>
            problems({
                ...(onFailure ? { orchestrator: { onFailure } } : {}),
                ...(webhook === undefined ? {} : { credentials: { "orchestrator.webhook": webhook } }),
            });
        const host = "hooks.example.com";

        it("is a host in the clear and an address as a secret, together", () => {
            assert.deepEqual(of({ host }, `https://${host}/services/T0/B0?x=a%20b`), {});
            assert.deepEqual(of({ host, port: "8443", cidrs: ["203.0.113.7/32"] }, `https://${host}:8443/`), {});
            assert.match(of({ host })[key], /is missing, because orchestrator\.onFailure is there;.*--secret --path/);
            assert.match(of(undefined, `https://${host}/`)[key], /names no user/);
        });

        it("is refused at another host or port, or in another form, which isn't quoted", () => {
            for (const address of [`https://other.example.com/T0K`, `https://${host}:8443/T0K`]) {
                const message = of({ host }, address)[key];
                assert.match(message, /another host or port than orchestrator\.onFailure has, hooks\.example\.com:443/);
                assert.doesNotMatch(message, /T0K/);
            }
            for (const address of [
                ...[
                    `http://${host}/T0K`,
                    `https://T0K@${host}/`,
                    `https://${host}/T0K\n`,
                    "T0K",
                    "",
                    `https://${host}/#T0K`,
                ],
            ]) {
                const message = of({ host }, address)[key];
                assert.match(message, /must be an https:\/\/ address in one line/, address);
                assert.doesNotMatch(message, /T0K/);
            }
        });

        it("has a host that can be, and ranges that may be opened", () => {
            const address = `https://${host}/`;
            assert.match(Object.keys(of({ host: "https://x" }, address)).join(), /orchestrator\.onFailure\.host/);
            const closed = of({ host, cidrs: ["169.254.169.254/32"] }, address);
            assert.match(Object.values(closed).join(), /never opened/);
        });
    });

    describe("pools", () => {
        const of = (pools: Record<string, unknown>) => problems({ orchestrator: { pools } });

        it("are taken by name, the default one too, also as `pulumi config set` writes them", () => {
            assert.deepEqual(of({}), {});
            assert.deepEqual(of({ powerbi: { slots: 4 }, "parts.v1_x": { slots: 1, includeDeferred: true } }), {});
            assert.deepEqual(of({ default_pool: { slots: 64, description: "What names no other" } }), {});
            assert.deepEqual(of({ powerbi: { slots: "4", includeDeferred: "false" } }), {});
        });

        it("are refused with no slots, with too many, and with what they have not, each by its key", () => {
            for (const slots of [0, -1, 1.5, 100_001, "many", null]) {
                assert.deepEqual(Object.keys(of({ powerbi: { slots } })), ["orchestrator.pools.powerbi.slots"]);
            }
            assert.deepEqual(Object.keys(of({ powerbi: {} })), ["orchestrator.pools.powerbi.slots"]);
            assert.match(
                Object.keys(of({ powerbi: { slots: 1, include_deferred: true } })).join(),
                /^orchestrator\.pools/,
            );
            assert.match(Object.keys(of({ powerbi: { slots: 1, description: "a\nb" } })).join(), /description$/);
        });

        it("are refused by a name that Airflow's metrics would change, or its table can't hold", () => {
            for (const name of ["power bi", "-powerbi", "größe", "", "a".repeat(257)]) {
                const found = Object.entries(of({ [name]: { slots: 1 } }));
                assert.equal(found.length, 1, JSON.stringify(found));
                assert.match(found[0][0], /^orchestrator\.pools/);
            }
            assert.deepEqual(of({ ["a".repeat(256)]: { slots: 1 } }), {});
        });
    });

    describe("a repository by SSH", () => {
        const key = (inner = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU=") =>
            `-----BEGIN OPENSSH PRIVATE KEY-----\n${inner}\n-----END OPENSSH PRIVATE KEY-----\n`;
        const line = (host: string) =>
            `${host} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl`;
        const bySsh = (repo: string, knownHosts?: string, gitKey: string | undefined = key()) =>
            problems({
                orchestrator: { dags: { ...git, repo, ...(knownHosts ? { knownHosts } : {}) } },
                credentials: gitKey ? { "orchestrator.gitKey": gitKey } : {},
            });

        it("is taken in both of git's forms, with its server's keys", () => {
            assert.deepEqual(bySsh("git@github.com:acme/dags.git", line("github.com")), {});
            const other = `# our own\n${line("[git.example.com]:2222")}\n${line("other")}\n`;
            assert.deepEqual(bySsh("ssh://git@git.example.com:2222/acme/dags.git", other), {});
            assert.deepEqual(bySsh("git@github.com:acme/dags.git", line("|1|abc=|def=")), {}, "a hashed line");
        });

        it("is refused without its server's keys, its own, or with a user", () => {
            const hosts = "orchestrator.dags.knownHosts";
            const mine = 'credentials["orchestrator.gitKey"]';
            assert.match(
                bySsh("git@github.com:acme/dags.git")[hosts],
                /is missing for github\.com.*`ssh-keyscan github\.com`/,
            );
            const ported = bySsh("ssh://git@git.example.com:2222/a.git", line("git.example.com"))[hosts];
            assert.match(ported, /has no line for \[git\.example\.com\]:2222.*ssh-keyscan -p 2222/);
            assert.match(bySsh("git@github.com:a/b.git", "github.com")[hosts], /ssh-keyscan/);
            assert.match(
                bySsh("git@github.com:a/b.git", line("github.com"), "")[mine] ?? "none",
                /is missing.*--secret/,
            );
            const user = { ...git, repo: "git@github.com:a/b.git", knownHosts: line("github.com"), username: "x" };
            const found = problems({ orchestrator: { dags: user }, credentials: { "orchestrator.gitKey": key() } });
            assert.match(found["orchestrator.dags.username"], /stands in orchestrator\.dags\.repo/);
        });

        for (const [what, given, said] of [
            ["a public key", "ssh-ed25519 AAAAhunter2 me@here", /is a public key/],
            [
                "a key with a passphrase",
                key(Buffer.from("openssh-key-v1\0aes256-ctr\0bcrypt").toString("base64")),
                /has a passphrase/,
            ],
            ["a half of one", "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2", /whole/],
        ] as const)
            it(`is refused with ${what}, which isn't quoted`, () => {
                const found = bySsh("git@github.com:a/b.git", line("github.com"), given);
                assert.match(found['credentials["orchestrator.gitKey"]'], said);
                assert.doesNotMatch(JSON.stringify(found), /hunter2/);
            });

        it("takes no other address for one", () => {
            for (const repo of [
                "http://git@github.com/a.git",
                "git@github.com:/etc",
                "ssh://github.com/a.git",
                "ssh://git:pw@github.com/a",
                "-oProxyCommand=x@h:a",
            ])
                assert.ok(bySsh(repo, line("github.com"))["orchestrator.dags.repo"], repo);
        });
    });

    it("takes a password of the administrator's own", () => {
        assert.deepEqual(problems({ credentials: { "orchestrator.admin": "sixteen-letters-or-more" } }), {});
    });

    it("wants a bucket for the task logs", () => {
        const buckets = profiles.dev.objectStore.buckets.filter(({ name }) => name !== "logs");
        const found = problems({ objectStore: { buckets }, orchestrator: { connections: { objectStore: "land" } } });
        assert.match(found["objectStore.buckets"], /"logs".*"airflow"/);
    });

    it("knows the applications that connections name", () => {
        const connections = { objectStore: "nobody", eventStream: "nobody", tracking: "nobody" };
        const found = problems({ orchestrator: { connections } });
        assert.match(found["orchestrator.connections.objectStore"], /no bucket names it; there are airflow, audit/);
        assert.match(found["orchestrator.connections.eventStream"], /no topic names it; there are airflow, gold/);
        assert.match(found["orchestrator.connections.tracking"], /there are score, train/);
    });

    it("wants requests within limits, for each part", () => {
        const resources = { requests: { cpu: "100m", memory: "2Gi" }, limits: { memory: "1Gi" } };
        for (const part of ["apiServer", "scheduler", "dagProcessor", "triggerer", "worker"]) {
            const found = problems({ orchestrator: { [part]: { resources } } });
            assert.match(found[`orchestrator.${part}.resources.requests.memory`], /more than the limit 1Gi/);
        }
    });
});
