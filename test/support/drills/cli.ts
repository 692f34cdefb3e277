import assert from "node:assert/strict";
import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { stringify } from "yaml";

import { PulumiEngine } from "../../../engine/pulumi/engine";
import { type PlanOptions, recover, type Recovery } from "../../../operations/recover";
import { project } from "../../../program/stack-config";
import { driven, plain } from "../../../engine/pulumi/commands";
import { findPulumi } from "../../../engine/pulumi/find";
import { run } from "../../../lib/exec";
import { repoRoot } from "../../../lib/paths";
import { Bed, useBed } from "../../integration/bed";
import { everything, left } from "../../integration/world";

/** The stack of every drill with the CLI. */
export const stack = "drill";

/** The namespace that its program makes. */
export const namespace = "drill-held";

/** Scene of a drill with the real Pulumi CLI: a project of its own, whose backend is a directory. */
export interface CliScene {
    bed: Bed;
    backend: PulumiEngine;
    /** Sets the program's config, as a commit would. */
    configure(config: Record<string, string>): Promise<void>;
    /** Runs the CLI to its end, as a person would. */
    pulumi(...args: string[]): Promise<{ code: number; said: string }>;
    /** Starts an update and returns when it is in the middle; it lives in a process of its own. */
    begin(reached: () => Promise<boolean | undefined>): Promise<ChildProcess>;
    /** `recover` as the command does it. */
    recover(options?: PlanOptions): Promise<Recovery>;
    /** A backend whose kubeconfig names a cluster that isn't there. */
    elsewhere(): Promise<PulumiEngine>;
}

/** Updates that a test has begun; none outlives it. */
const begun: ChildProcess[] = [];

/**
 * Prepares the scene before a drill's tests; without the CLI they are skipped, and it is said why.
 *
 * @param of one of `programs/`
 */
export function cliScene(of = "held.ts"): CliScene {
    const scene: Partial<CliScene> = {};
    let beforehand: Set<string>;
    before("the CLI and the bed are there", async function () {
        this.timeout(180_000);
        const program = findPulumi();
        if (!program) {
            console.log("      skipped: the Pulumi CLI is not on the PATH");
            return this.skip();
        }
        scene.bed = await useBed();
        beforehand = await everything(scene.bed.kube);
    });
    beforeEach(async () => {
        const program = findPulumi();
        assert.ok(program && scene.bed);
        await prepare(scene, scene.bed, { program, of });
    });
    afterEach("nothing is left", async function () {
        this.timeout(180_000);
        if (!scene.bed) return;
        for (const child of begun.splice(0)) await kill(child);
        await scene.bed.kube.delete({ apiVersion: "v1", kind: "Namespace", name: namespace });
        const limit = Date.now() + 60_000;
        let rest: string[];
        do {
            await new Promise((resolve) => setTimeout(resolve, 300));
            rest = await left(scene.bed.kube, beforehand);
        } while (rest.length > 0 && Date.now() < limit);
        assert.deepEqual(rest, []);
    });
    return new Proxy(scene as CliScene, {
        get: (target, key) => Reflect.get(target, key) as unknown,
    });
}

async function prepare(
    scene: Partial<CliScene>,
    bed: Bed,
    { program, of }: { program: string; of: string },
): Promise<void> {
    const cwd = await bed.scratch();
    await writeFile(join(cwd, "Pulumi.yaml"), stringify({ name: project, runtime: "nodejs" }));
    await writeFile(join(cwd, "package.json"), JSON.stringify({ name: "drill", main: "index.ts" }));
    await writeFile(
        join(cwd, "tsconfig.json"),
        JSON.stringify({ extends: `${repoRoot}/tsconfig.json`, include: ["*.ts"] }),
    );
    const held = `${repoRoot}/test/integration/drills/programs/${of}`;
    await writeFile(join(cwd, "index.ts"), `export = require(${JSON.stringify(held)});\n`);
    // Charts are found relative to the project.
    for (const name of ["node_modules", "test"]) await symlink(join(repoRoot, name), join(cwd, name));
    const state = join(cwd, "backend");
    await mkdir(state);
    process.env.XDG_STATE_HOME = join(cwd, "copies");
    const env = {
        ...driven(program),
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE: "drill",
        KUBECONFIG: bed.kubeconfig,
        // The stack file is written anew by each `configure`, without the salt, as a fresh checkout has it.
        PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    };
    const open = (more: Record<string, string> = {}) =>
        PulumiEngine.open({ pulumi: program, cwd, env: { ...env, ...more } });
    const backend = await open();
    let config: Record<string, string> = {};
    Object.assign(scene, {
        backend,
        configure: async (given: Record<string, string>) => {
            config = Object.fromEntries(Object.entries(given).map(([key, value]) => [`drill:${key}`, value]));
            await writeFile(join(cwd, `Pulumi.${stack}.yaml`), stringify({ config }));
        },
        pulumi: async (...args: string[]) => {
            const all = Array.from({ length: 256 }, (_, code) => code);
            const { code, stdout, stderr } = await run(program, [...args, ...plain], { cwd, env, okCodes: all });
            return { code, said: stdout + stderr };
        },
        begin: async (reached: () => Promise<boolean | undefined>) => {
            await backend.create(stack);
            const args = ["up", "--yes", "--skip-preview", "--stack", stack, ...plain];
            const said = openSync(join(cwd, "update.log"), "a");
            const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", said, said] });
            begun.push(child);
            const limit = Date.now() + 180_000;
            while (!(await reached())) {
                const text = () => readFileSync(join(cwd, "update.log"), "utf8");
                assert.equal(child.exitCode, null, `it ended before the moment came: ${text()}`);
                assert.ok(Date.now() < limit, `the moment does not come: ${text()}`);
                await new Promise((resolve) => setTimeout(resolve, 200));
            }
            return child;
        },
        recover: (options = {}) => recover({ stack, backend, kube: bed.kube, program: held, config, ...options }),
        elsewhere: async () => {
            const kubeconfig = join(cwd, "gone.kubeconfig");
            const text = readFileSync(bed.kubeconfig, "utf8");
            await writeFile(kubeconfig, text.replace(/https:\/\/127\.0\.0\.1:\d+/, "https://127.0.0.1:1"));
            return open({ KUBECONFIG: kubeconfig });
        },
    } satisfies Omit<CliScene, "bed">);
}

/** Ends a process and all that it has started, at once: what a machine does that is switched off. */
export async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    for (const pid of family(child.pid ?? 0)) {
        try {
            process.kill(pid, "SIGKILL");
        } catch {
            // it has gone by itself
        }
    }
    await ended;
}

function family(pid: number): number[] {
    const parents = readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((name) => {
            try {
                const stat = readFileSync(`/proc/${name}/stat`, "utf8");
                return [[Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])]];
            } catch {
                return [];
            }
        });
    const below = (of: number): number[] => [
        of,
        ...parents.filter(([, parent]) => parent === of).flatMap(([each]) => below(each)),
    ];
    return below(pid);
}
