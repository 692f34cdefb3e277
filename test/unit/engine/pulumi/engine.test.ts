import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PulumiEngine } from "../../../../engine/pulumi/engine";
import { StackLocked } from "../../../../engine/engine";
import { explained } from "../../../../engine/pulumi/cli";
import { neededByProtected } from "../../../../engine/protected";
import { Deployment, stateOf, without } from "../../../../engine/pulumi/deployment";
import { directoryOf, locksIn } from "../../../../engine/pulumi/locks";
import { UserError } from "../../../../lib/errors";

const urn = (type: string, name: string) => `urn:pulumi:pr-7::data-platform::${type}::${name}`;
const provider = `${urn("pulumi:providers:kubernetes", "cluster")}::04da6b54`;
const namespace = {
    ...{ urn: urn("kubernetes:core/v1:Namespace", "ns"), type: "kubernetes:core/v1:Namespace", custom: true },
    ...{ id: "pr-7-storage", provider, protect: true, parent: urn("pulumi:pulumi:Stack", "stack") },
    inputs: { apiVersion: "v1", kind: "Namespace", metadata: { name: "pr-7-storage" } },
};
const release = {
    ...{ urn: urn("kubernetes:helm.sh/v3:Release", "store"), type: "kubernetes:helm.sh/v3:Release", custom: true },
    ...{ provider, dependencies: [namespace.urn], propertyDependencies: { namespace: [namespace.urn] } },
    inputs: { name: "store", namespace: "pr-7-storage", values: { "4dabf18193072939515e22adb298388d": "1b47" } },
};
const deployment: Deployment = {
    version: 3,
    deployment: {
        resources: [
            { urn: urn("pulumi:pulumi:Stack", "stack"), type: "pulumi:pulumi:Stack", custom: false },
            {
                ...{ urn: urn("pulumi:providers:kubernetes", "cluster"), type: "pulumi:providers:kubernetes" },
                ...{ custom: true, id: "04da6b54" },
            },
            namespace,
            { ...release, id: "pr-7-storage/store" },
        ],
        pending_operations: [{ type: "creating", resource: release }],
    },
};

/** As it is while the release is being made for the first time. */
const withoutStore: Deployment = {
    ...deployment,
    deployment: { ...deployment.deployment, resources: deployment.deployment.resources?.slice(0, -1) },
};

/** Message of the CLI for a locked stack, by its own source. */
const lockedText = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  s3://****:****@state/.pulumi/locks/organization/data-platform/pr-7/0f.json: created by ci@runner-3 (pid 4711) at 2026-11-21T20:00:00Z`;

describe("stacks of the Pulumi CLI", () => {
    it("have the resources of their state as objects and releases, made or begun", () => {
        const { resources, pending } = stateOf(deployment);
        assert.deepEqual(
            resources.map(({ name, id, custom, object, release }) => ({ name, id, custom, object, release })).slice(2),
            [
                {
                    ...{ name: "ns", id: "pr-7-storage", custom: true, release: undefined },
                    object: { apiVersion: "v1", kind: "Namespace", name: "pr-7-storage" },
                },
                {
                    ...{ name: "store", id: "pr-7-storage/store", custom: true, object: undefined },
                    release: { name: "store", namespace: "pr-7-storage" },
                },
            ],
        );
        assert.equal(pending[0].kind, "creating");
        assert.deepEqual(pending[0].resource.release, { name: "store", namespace: "pr-7-storage" });
        assert.equal(pending[0].resource.id, undefined);
        assert.deepEqual(stateOf({ version: 3, deployment: {} }), { resources: [], pending: [] });
    });

    it("have resources taken out without a trace of them in what stays", () => {
        const { deployment: rest } = without(deployment, (resource) => resource.urn === namespace.urn);
        const [store] = rest.resources?.slice(-1) ?? [];
        assert.deepEqual([store.dependencies, store.propertyDependencies], [[], { namespace: [] }]);
        assert.equal(rest.pending_operations, undefined);
        const needed = neededByProtected(deployment.deployment.resources ?? []);
        assert.deepEqual(
            [...needed].map((each) => each.split("::").at(-1)),
            ["ns", "stack", "cluster"],
        );
    });

    it("have their locks read from what the CLI says, and from a directory", () => {
        const error = explained(new UserError("failed with exit code 255"), "pr-7", lockedText.split("\n"));
        assert.ok(error instanceof StackLocked);
        const [lock] = error.locks;
        assert.deepEqual([lock.by, lock.host, lock.pid], ["ci@runner-3 (pid 4711)", "runner-3", 4711]);
        assert.equal(lock.since.toISOString(), "2026-11-21T20:00:00.000Z");
        assert.match(error.render(), /recover --stack pr-7/);
        assert.deepEqual(locksIn("nothing of the kind"), []);
        assert.equal(directoryOf("file:///var/state?no_tmp_dir=true", "/c"), "/var/state");
        assert.equal(directoryOf("file://./state", "/c"), "/c/state");
        assert.equal(directoryOf("file://~/state", "/c"), join(process.env.HOME ?? "", "state"));
        assert.equal(directoryOf("s3://state", "/c"), undefined);
    });

    it("have what goes wrong told with its reason first, and with what to do", () => {
        const said = [
            "  kubernetes:helm.sh/v3:Release (store):",
            "    error: release: not found",
            "error: update failed",
        ];
        assert.match(explained(new UserError("failed"), "pr-7", said).message, /^the Pulumi CLI: release: not found$/);
        const passphrase = ["error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE"];
        assert.match(
            explained(new UserError("failed"), "x", passphrase).render(),
            /fix: .*PULUMI_CONFIG_PASSPHRASE_FILE/,
        );
        assert.match(explained(new UserError("failed with exit code 6"), "x", []).message, /there is no stack x/);
    });

    it("have a backend or a cloud that can't be reached told with what to do", () => {
        const cases: [string, RegExp][] = [
            ["error: dial tcp: lookup state.example.com: no such host", /HTTPS_PROXY/],
            ["error: NoCredentialProviders: no valid providers in chain", /aws sso login/],
            ["error: PULUMI_ACCESS_TOKEN must be set for login", /PULUMI_BACKEND_URL=s3/],
        ];
        for (const [said, fix] of cases) assert.match(explained(new UserError("failed"), "x", [said]).render(), fix);
    });

    describe("with a program in the CLI's place that answers as it does", () => {
        let dir: string;
        let calls: () => string[];
        let open: (answers: string) => Promise<PulumiEngine>;

        beforeEach(() => {
            dir = mkdtempSync(join(tmpdir(), "pulumi-backend-"));
            const pulumi = join(dir, "pulumi");
            calls = () => readFileSync(join(dir, "calls"), "utf8").trimEnd().split("\n");
            open = (answers) => {
                const whoami = `'{"user":"me","url":"file://${dir}/state"}'`;
                writeFileSync(
                    pulumi,
                    `#!/bin/bash\necho "$*" >> ${dir}/calls\ncase "$*" in\nwhoami*) echo ${whoami};;\n${answers}\nesac\n`,
                );
                chmodSync(pulumi, 0o755);
                return PulumiEngine.open({ pulumi, cwd: dir });
            };
        });
        afterEach(() => rmSync(dir, { recursive: true }));

        it("are told that there is no CLI, where the npm package's own program can't download it", async () => {
            const bin = join(dir, "node_modules", ".bin");
            mkdirSync(bin, { recursive: true });
            const pulumi = join(bin, "pulumi");
            const said = "echo 'Downloading pulumi v3.265.0...' >&2; echo 'pulumi: fetch failed' >&2; exit 1";
            writeFileSync(pulumi, `#!/bin/bash\n${said}\n`, { mode: 0o755 });
            await assert.rejects(PulumiEngine.open({ pulumi, cwd: dir }), (error: UserError) => {
                assert.match(error.message, /the Pulumi CLI is not at hand, and it could not be downloaded/);
                assert.deepEqual(error.details.evidence, ["fetch failed"]);
                assert.match(error.details.fix ?? "", /www.pulumi.com\/docs\/install.*--engine builtin/);
                return !/whoami/.test(error.render());
            });
        });

        it("are asked for by their full name, where an organization was named", async () => {
            await open(`"stack ls"*) echo '[{"name":"acme/pr-7"}]';;\n"stack tag ls"*) echo '{}';;\n*) ;;`);
            const engine = await PulumiEngine.open({ pulumi: join(dir, "pulumi"), cwd: dir, organization: "acme" });
            assert.equal((await engine.find("pr-7"))?.name, "pr-7");
            await engine.unlock("pr-7");
            await engine.remove("pr-7");
            const asked = calls().slice(-4).join("\n");
            assert.match(asked, /stack ls --json --organization acme/);
            for (const each of ["tag ls --json --stack", "cancel --yes --stack", "stack rm"])
                assert.ok(asked.includes(`${each} acme/data-platform/pr-7`), asked);
        });

        it("list themselves with their tags, and are found by their name alone", async () => {
            const backend = await open(`
                "stack ls"*) echo '[{"name":"dev","current":true,"lastUpdate":"2026-11-20T10:00:00.000Z","resourceCount":9},{"name":"acme/data-platform/pr-7","current":false}]';;
                "stack tag ls"*"--stack dev"*) echo '{"a":"1"}';;
                "stack tag ls"*) echo "error: no stack named 'pr-7' found" >&2; exit 6;;`);
            assert.equal(backend.name, `the Pulumi CLI (file://${dir}/state)`);
            assert.deepEqual(await backend.list(), [
                { name: "dev", lastUpdate: new Date("2026-11-20T10:00:00.000Z"), resources: 9, tags: { a: "1" } },
                { name: "pr-7", tags: {} },
            ]);
            assert.equal((await backend.find("dev"))?.tags.a, "1");
            assert.equal(await backend.find("prod"), undefined);
        });

        it("are made with the secrets provider of their stack file, and without being selected", async () => {
            const backend = await open(`"stack init"*) echo "error: stack 'pr-7' already exists" >&2; exit 255;;`);
            writeFileSync(join(dir, "Pulumi.pr-7.yaml"), "secretsprovider: awskms://alias/state\n");
            await backend.create("pr-7");
            assert.match(calls()[1], /^stack init pr-7 --no-select --secrets-provider awskms:\/\/alias\/state /);
        });

        it("are updated, and made first where there is none; what the CLI says is shown", async () => {
            const backend = await open(`
                up*) [ -e ${dir}/made ] || { echo "error: no stack named 'pr-7' found"; exit 6; }; echo "Updating (pr-7):";
                    while [ $# -gt 0 ]; do [ "$1" = --event-log ] && echo '{"summaryEvent":{"resourceChanges":{"create":3}}}' > "$2"; shift; done;;
                "stack init"*) touch ${dir}/made;;
                "stack output"*) echo '{"password":"[secret]"}';;`);
            const lines: string[] = [];
            const { counts, outputs } = await backend.up("pr-7", { print: (line) => lines.push(line) });
            assert.equal(counts.create, 3);
            assert.deepEqual(outputs, { password: "[secret]" });
            assert.deepEqual(lines.slice(-1), ["Updating (pr-7):"]);
            assert.deepEqual(
                calls().map((call) => call.split(" ").slice(0, 2).join(" ")),
                ["whoami --json", "up --yes", "stack init", "up --yes", "stack output"],
            );
        });

        it("are unlocked, destroyed and removed by the CLI's own commands", async () => {
            const backend = await open("*) ;;");
            await backend.unlock("pr-7");
            await backend.destroy("pr-7", { excludeProtected: true });
            await backend.remove("pr-7");
            await backend.tag("pr-7", { a: "1", b: undefined });
            const [, cancel, destroy, remove, set, rm] = calls();
            assert.match(cancel, /^cancel --yes --stack pr-7/);
            assert.match(destroy, /^destroy --yes .*--stack pr-7.* --exclude-protected$/);
            assert.match(remove, /^stack rm pr-7 --yes --preserve-config/);
            assert.match(set, /^stack tag set a 1 --stack pr-7/);
            assert.match(rm, /^stack tag rm b --stack pr-7/);
        });

        it("are settled by what was begun and is there being put into the state, and then looked at", async () => {
            const backend = await open(`
                "stack export"*) echo '${JSON.stringify(withoutStore)}';;
                "stack import"*) cat > ${dir}/imported;;`);
            await backend.settlePending("pr-7", [{ urn: release.urn, id: "pr-7-storage/store" }]);
            assert.match(calls().at(-1) ?? "", new RegExp(`^refresh --yes .*--stack pr-7.* --target ${release.urn}$`));
            const { deployment: made } = JSON.parse(readFileSync(join(dir, "imported"), "utf8")) as Deployment;
            assert.equal(made.pending_operations, undefined);
            const store = made.resources?.at(-1);
            assert.deepEqual([store?.urn, store?.id], [release.urn, "pr-7-storage/store"]);
            const before = calls().length;
            await backend.settlePending("pr-7", []);
            assert.deepEqual(
                calls()
                    .slice(before)
                    .map((call) => call.split(" ").slice(0, 2).join(" ")),
                ["stack export", "stack import"],
                "what was not made is forgotten; nothing has to be looked at",
            );
        });

        it("have their locks read, and a copy of their state made that nobody else can read", async () => {
            const backend = await open(`"stack export"*) echo '${JSON.stringify(deployment)}';;`);
            const locks = join(dir, "state", ".pulumi", "locks", "organization", "data-platform", "pr-7");
            mkdirSync(locks, { recursive: true });
            assert.deepEqual(await backend.locks("pr-7"), []);
            const content = { pid: 42, username: "ci", hostname: "runner-3", timestamp: "2026-11-21T20:00:00Z" };
            writeFileSync(join(locks, "0f.json"), JSON.stringify(content));
            const [lock] = (await backend.locks("pr-7")) ?? [];
            assert.deepEqual([lock.by, lock.pid], ["ci@runner-3 (pid 42)", 42]);
            const before = process.env.XDG_STATE_HOME;
            process.env.XDG_STATE_HOME = dir;
            try {
                const copy = await backend.backup("pr-7");
                assert.equal(statSync(copy).mode & 0o777, 0o600);
                assert.deepEqual(JSON.parse(readFileSync(copy, "utf8")), deployment);
            } finally {
                if (before === undefined) delete process.env.XDG_STATE_HOME;
                else process.env.XDG_STATE_HOME = before;
            }
            await assert.rejects(backend.forget("pr-7", ["u"]), /have to be settled first/);
        });
    });
});
