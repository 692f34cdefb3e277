import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import { coreutils, find, full, needHelm, render, scratch, type Values, writeFiles } from "../../support/charts";

/** An mc that notes its arguments and, apart from them, what it got on standard input; it answers from files. */
const fakeMc = `#!/bin/bash
echo "$*" >>"$FAKE_DIR/calls"
all="$*"
case "$*" in "alias set"* | "admin user add"*) cat >>"$FAKE_DIR/stdin" ;; esac
case "$*" in
    "admin user ls"*) what=users ;;
    "admin policy ls"*) what=policies ;;
    "version info"*) what=version ;;
    "ilm rule export"*) what=rules ;;
    "ilm rule import"*) what=import; cat >>"$FAKE_DIR/imported" ;;
    "ilm rule rm"*) what=remove; printf '{"Rules":[%s]}' "$(cat "$FAKE_DIR/rules-after" 2>/dev/null)" >"$FAKE_DIR/rules" ;;
    "admin policy create"*.until-*) what=limit; cat "\${@: -1}" >>"$FAKE_DIR/limited" ;;
    *) what=\${all//[^a-z]/-} ;;
esac
if [ -e "$FAKE_DIR/fail-$what" ]; then cat "$FAKE_DIR/fail-$what" >&2; exit 1; fi
[ ! -e "$FAKE_DIR/$what" ] || cat "$FAKE_DIR/$what"
`;

const user = (accessKey: string, policyName: string) =>
    JSON.stringify({ status: "success", accessKey, policyName, userStatus: "enabled" });
const policy = (name: string) => JSON.stringify({ status: "success", policy: name, isGroup: false });

describe("chart minio, setup.sh", () => {
    let dir: string;
    before(needHelm);
    beforeEach(() => {
        dir = scratch();
        for (const sub of ["desired", "secrets", "secrets/root", "secrets/users", "bin"]) mkdirSync(join(dir, sub));
        writeFiles(join(dir, "bin"), { mc: fakeMc });
        coreutils(join(dir, "coreutils"));
        writeFiles(dir, { "ca.crt": "the authority" });
        writeFiles(join(dir, "secrets/root"), { rootUser: "chief", rootPassword: 'root-Secret"@:/' });
        for (const name of ["land", "audit"]) {
            mkdirSync(join(dir, "secrets/users", name));
            writeFiles(join(dir, "secrets/users", name), { accessKey: `key-${name}`, secretKey: `Secret-of-${name}` });
        }
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    async function setup(
        state: Record<string, string>,
        values: Values = full.minio,
        timeout = 20,
        overlap: string | undefined = undefined,
    ) {
        writeFiles(join(dir, "desired"), find(await render("minio", values), "ConfigMap", "minio-setup").data ?? {});
        writeFiles(dir, state);
        const { exitCode, all } = await execa("bash", [join(dir, "desired/setup.sh")], {
            reject: false,
            all: true,
            extendEnv: false,
            env: {
                FAKE_DIR: dir,
                PATH: `${join(dir, "bin")}:${join(dir, "coreutils")}`,
                SETUP_OVERLAP: overlap,
                MINIO_ENDPOINT: "https://minio:9000",
                MINIO_CA_FILE: join(dir, "ca.crt"),
                SETUP_TIMEOUT: String(timeout),
                SETUP_DESIRED_DIR: join(dir, "desired"),
                SETUP_SECRETS_DIR: join(dir, "secrets"),
                MC_CONFIG_DIR: join(dir, "mc"),
            },
        });
        const calls = existsSync(join(dir, "calls")) ? readFileSync(join(dir, "calls"), "utf8").split("\n") : [];
        return { exitCode, all, calls };
    }
    const settled = {
        users: [user("key-land", "app-land"), user("key-audit", "app-audit")].join("\n"),
        policies: ["readonly", "app-land", "app-audit"].map(policy).join("\n"),
    };

    it("makes buckets, policies and users, in that order", async () => {
        const { exitCode, all, calls } = await setup(settled);
        assert.equal(exitCode, 0, all);
        const made = calls.filter((call) =>
            /^(mb|version enable|admin policy (create|attach)|admin user add)/.test(call),
        );
        assert.deepEqual(made, [
            "mb --quiet --ignore-existing store/bronze",
            "version enable store/bronze",
            "mb --quiet --ignore-existing store/silver",
            `admin policy create store app-land ${dir}/desired/policy-land.json`,
            "admin user add store",
            "admin policy attach store app-land --user key-land",
            `admin policy create store app-audit ${dir}/desired/policy-audit.json`,
            "admin user add store",
            "admin policy attach store app-audit --user key-audit",
        ]);
        assert.ok(!calls.some((call) => / rm | detach | rb /.test(call)));
    });

    it("hands passwords over on standard input, never in an argument or the log", async () => {
        const { all, calls } = await setup(settled);
        assert.doesNotMatch([all, ...calls].join("\n"), /Secret/);
        const given = readFileSync(join(dir, "stdin"), "utf8");
        assert.equal(given, 'chief\nroot-Secret"@:/\nkey-land\nSecret-of-land\nkey-audit\nSecret-of-audit\n');
    });

    it("blots out a password that mc says in an error, and removes nothing then", async () => {
        const { exitCode, all, calls } = await setup({
            ...settled,
            users: user("key-old", "app-old"),
            "fail-admin-user-add-store": "Invalid secret key `Secret-of-land`.\n",
        });
        assert.equal(exitCode, 1);
        assert.match(all, /user land: Invalid secret key `\*\*\*`/);
        assert.match(all, /nothing was removed/);
        assert.ok(!calls.some((call) => call.includes(" rm ")));
    });

    it("removes users and policies of its own that nobody asks for, and leaves others alone", async () => {
        const { exitCode, all, calls } = await setup({
            users: [
                user("key-land", "app-land,app-before"),
                user("key-audit", "app-audit,readonly"),
                user("key-old", "app-old"),
                user("by-hand", "readonly"),
                user("mixed", "app-old,readonly"),
            ].join("\n"),
            policies: ["readonly", "app-land", "app-audit", "app-old", "app-before"].map(policy).join("\n"),
        });
        assert.equal(exitCode, 0, all);
        assert.deepEqual(
            calls.filter((call) => / rm | detach /.test(call)),
            [
                "admin policy detach store app-before --user key-land",
                "admin user rm store key-old",
                "admin policy detach store app-old --user mixed",
                "admin policy rm store app-old",
                "admin policy rm store app-before",
            ],
        );
    });

    const superseded = {
        users: [user("key-land", "app-land"), user("key-audit", "app-audit"), user("land", "app-land")].join("\n"),
        policies: ["app-land", "app-audit"].map(policy).join("\n"),
    };

    it("keeps an application's key of before for a while, under a policy with an end", async () => {
        const before = Math.floor(Date.now() / 1000);
        const { exitCode, all, calls } = await setup(superseded, full.minio, 20, "600");
        assert.equal(exitCode, 0, all);
        const [, end] = /app-land\.until-(\d+)/.exec(calls.join("\n")) ?? [];
        assert.ok(Number(end) >= before + 600 && Number(end) <= before + 660, end);
        const changed = calls.filter((call) => / rm | detach |until/.test(call));
        assert.match(changed[0], new RegExp(`^admin policy create store app-land\\.until-${end} `));
        assert.deepEqual(changed.slice(1), [
            `admin policy attach store app-land.until-${end} --user land`,
            "admin policy detach store app-land --user land",
        ]);
        const { Statement } = JSON.parse(readFileSync(join(dir, "limited"), "utf8")) as {
            Statement: { Effect: string; Condition: unknown }[];
        };
        const time = new Date(Number(end) * 1000).toISOString().replace(".000Z", "Z");
        assert.ok(Statement.length > 1);
        for (const { Effect, Condition } of Statement) {
            assert.equal(Effect, "Allow");
            assert.deepEqual(Condition, { DateLessThan: { "aws:CurrentTime": time } });
        }
        assert.doesNotMatch(all, /key-land|key-audit/, "a key is no word for a log");
    });

    it("leaves a key alone whose time isn't over, and removes it and its policy then", async () => {
        const name = (seconds: number) => `app-land.until-${Math.floor(Date.now() / 1000) + seconds}`;
        const [later, over] = [name(300), name(-300)];
        const { exitCode, all, calls } = await setup({
            users: [settled.users, user("newer", later), user("older", over)].join("\n"),
            policies: [settled.policies, policy(later), policy(over)].join("\n"),
        });
        assert.equal(exitCode, 0, all);
        assert.deepEqual(
            calls.filter((call) => / rm | detach |attach.*until/.test(call)),
            ["admin user rm store older", `admin policy rm store ${over}`],
        );
    });

    it("ends a key of before at once where no overlap is wanted, or its application has gone", async () => {
        const removed = (calls: string[]) => calls.filter((call) => / rm /.test(call));
        assert.deepEqual(removed((await setup(superseded, full.minio, 20, "0")).calls), ["admin user rm store land"]);
        rmSync(join(dir, "calls"));
        const gone = "app-old.until-9999999999";
        const { calls } = await setup({
            users: [settled.users, user("old", gone)].join("\n"),
            policies: [settled.policies, policy(gone)].join("\n"),
        });
        assert.deepEqual(removed(calls), ["admin user rm store old", `admin policy rm store ${gone}`]);
    });

    it("gives a bucket its lifecycle beside the rules of others, and takes only its own away", async () => {
        const theirs = '{"ID":"theirs","Status":"Enabled","Filter":{"Prefix":"x/"},"Expiration":{"Days":1}}';
        const imported = () =>
            (
                JSON.parse(readFileSync(join(dir, "imported"), "utf8")) as {
                    Rules: { ID: string; Expiration: unknown }[];
                }
            ).Rules;
        const first = await setup({ ...settled, rules: `{"Rules":[${theirs}]}` });
        assert.equal(first.exitCode, 0, first.all);
        assert.deepEqual(
            imported().map(({ ID, Expiration }) => [ID, Expiration]),
            [
                ["data-platform-expiry", { Days: 30 }],
                ["theirs", { Days: 1 }],
            ],
        );
        for (const file of ["imported", "calls"]) rmSync(join(dir, file));
        const buckets = [{ name: "bronze" }, { name: "silver" }];
        const ours = JSON.stringify({ ID: "data-platform-expiry" });
        const none = await setup({ ...settled, rules: `{"Rules":[${ours}]}` }, { ...full.minio, buckets });
        assert.ok(none.calls.includes("ilm rule rm --id data-platform-expiry store/bronze"), none.all);
        assert.ok(!existsSync(join(dir, "imported")));
    });

    it("suspends versioning that is no longer asked for", async () => {
        const buckets = [{ name: "bronze", versioning: false }, { name: "silver" }];
        const version = '{"Op":"info","status":"success","url":"x","versioning":{"status":"Enabled","MFADelete":""}}';
        const { calls } = await setup({ ...settled, version }, { ...full.minio, buckets });
        assert.ok(calls.includes("version suspend store/bronze"));
    });

    it("tells all problems of a bucket and goes on with the next", async () => {
        const { exitCode, all, calls } = await setup({
            ...settled,
            "fail-mb---quiet---ignore-existing-store-bronze": "no room\n",
        });
        assert.equal(exitCode, 1);
        assert.match(all, /error: bucket bronze: no room/);
        assert.ok(calls.includes("mb --quiet --ignore-existing store/silver"));
    });

    it("says which Secret is incomplete or can't be", async () => {
        writeFileSync(join(dir, "secrets/users/land/secretKey"), "short");
        const short = await setup(settled);
        assert.equal(short.exitCode, 1);
        assert.match(short.all, /user land: key secretKey of its Secret has 5 characters; MinIO wants 8 or more/);
        rmSync(join(dir, "secrets/users/land/secretKey"));
        assert.match((await setup(settled)).all, /user land: its Secret has no key secretKey/);
    });

    it("gives mc the authority to verify the store by, and goes no further without", async () => {
        assert.equal((await setup(settled)).exitCode, 0);
        assert.equal(readFileSync(join(dir, "mc/certs/CAs/ca.crt"), "utf8"), "the authority");
        const calls = (await setup(settled)).calls.length;
        writeFileSync(join(dir, "ca.crt"), "");
        const without = await setup(settled);
        assert.equal(without.exitCode, 1);
        assert.match(
            without.all,
            /ca\.crt is missing or empty: without it the certificate of https:\/\/minio:9000 can't/,
        );
        assert.equal(without.calls.length, calls);
    });

    it("gives up on a store that refuses the administrator, with the reason", async () => {
        const { exitCode, all } = await setup(
            { "fail-alias-set-store-https---minio-----": "The Access Key Id you provided does not exist\n" },
            full.minio,
            1,
        );
        assert.equal(exitCode, 1);
        assert.match(all, /no access to https:\/\/minio:9000 as the administrator within 1 s: The Access Key Id/);
    });
});
