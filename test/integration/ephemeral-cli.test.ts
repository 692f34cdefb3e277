import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

import { execa } from "execa";

import { findPulumi } from "../../engine/pulumi/find";
import { destroy, Target, up } from "../../engine/builtin/builtin";
import { State } from "../../engine/builtin/state";
import { Checkout } from "../support/docs/checkout";
import { Bed } from "./bed";
import { bedAndCheckout } from "./bed-checkout";
import { bareConfig } from "./fixtures/prod";
import { dropDefinitions, everything, extra, left } from "./world";

describe("a stack of a pull request with the real Pulumi CLI", function () {
    this.timeout(900_000);
    let bed: Bed;
    let checkout: Checkout;
    let plane: Target;
    let before: Set<string>;
    let withPlane: Set<string>;

    async function well(program: string, args: string[], input = ""): Promise<string> {
        const { cwd, env } = checkout;
        const ended = await execa(program, args, { cwd, env, extendEnv: false, reject: false, input });
        const { exitCode, stdout, stderr } = ended;
        assert.equal(exitCode, 0, `${program} ${args.join(" ")} ended with ${exitCode}:\n${stderr}\n${stdout}`);
        return stdout;
    }

    const ephemeral = (...args: string[]) => well("node", ["cli/data-platform.mjs", "ephemeral", ...args]);
    const file = () => join(checkout.cwd, "Pulumi.pr-7.yaml");

    this.beforeAll(async function () {
        const pulumi = findPulumi();
        if (!pulumi) {
            console.log("      skipped: the Pulumi CLI is not on the PATH");
            return this.skip();
        }
        ({ bed, before, checkout } = await bedAndCheckout());
        const scratch = await bed.scratch();
        await mkdir(join(scratch, "backend"));
        Object.assign(checkout.env, {
            // Before the stand-in that the checkout has for pages of the documentation.
            PATH: [dirname(pulumi), checkout.env.PATH].join(delimiter),
            PULUMI_HOME: process.env.PULUMI_HOME ?? join(process.env.HOME ?? "", ".pulumi"),
            PULUMI_BACKEND_URL: `file://${join(scratch, "backend")}`,
            PULUMI_CONFIG_PASSPHRASE: "ephemeral",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_NODEJS_TRANSPILE_ONLY: "true",
            DATA_PLATFORM_ENGINE: "pulumi",
        });
        const program = join(__dirname, "fixtures/plane.ts");
        plane = { stack: "dev", kubeconfig: bed.kubeconfig, dir: scratch, program, config: bareConfig("dev") };
        await up(plane);
        withPlane = await everything(bed.kube);
        await announce(State.load(scratch, "dev").outputs);
    });

    this.afterAll(async () => {
        if (!withPlane) return;
        await destroy(plane);
        const remains = await left(bed.kube, before);
        await dropDefinitions(bed.kube);
        assert.deepEqual(remains, []);
    });

    /** The plane's outputs in the CLI's backend, as if the CLI had made it: what it needs besides can't be had everywhere. */
    async function announce(outputs: Record<string, unknown>): Promise<void> {
        await well("pulumi", ["stack", "init", "dev", "--no-select"]);
        const empty = JSON.parse(await well("pulumi", ["stack", "export", "-s", "dev"])) as {
            deployment: Record<string, unknown>;
        };
        const type = "pulumi:pulumi:Stack";
        const stack = {
            urn: `urn:pulumi:dev::data-platform::${type}::data-platform-dev`,
            type,
            custom: false,
            outputs,
        };
        empty.deployment.resources = [stack];
        await well("pulumi", ["stack", "import", "-s", "dev"], JSON.stringify(empty));
    }

    it("is made, listed, and brought up to date without the salt that the first run wrote into its file", async () => {
        const out = await ephemeral("create", "7", "--yes", "--ttl", "1h");
        assert.match(out, /the stack pr-7 is up until/);
        await rm(file());
        assert.match(await ephemeral("list"), /pr-7 +- +\S+ +in \S+ +\d+ +6 +running/);
        const { counts, updated } = JSON.parse(await ephemeral("create", "7", "--yes", "--json")) as {
            counts: Record<string, number>;
            updated: boolean;
        };
        assert.deepEqual([updated, counts.create, counts.replace, counts.delete], [true, 0, 0, 0]);
    });

    it("is swept when its time is over, where nobody has its file, and nothing of it stays", async () => {
        await well("pulumi", ["stack", "tag", "set", "data-platform:expires", "2026-01-01T00:00:00Z", "-s", "pr-7"]);
        await rm(file(), { force: true });
        assert.match(await ephemeral("sweep", "--yes"), /pr-7 +destroyed: its time is over/);
        assert.deepEqual(extra(await everything(bed.kube), withPlane), []);
        assert.doesNotMatch(await well("pulumi", ["stack", "ls"]), /pr-7/);
        assert.ok(!existsSync(file()));
    });
});
