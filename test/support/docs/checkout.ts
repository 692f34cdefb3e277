import { chmod, copyFile, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import { execa } from "execa";
import { stringify } from "yaml";

import { Place } from "./run";
import { destroy } from "../../../engine/builtin/builtin";
import { cacheDir, repoRoot } from "../../../lib/paths";
import { tool } from "../../../tools";

/** A checkout of a user's own, whose stacks take what is on a bare machine. */
export type Checkout = Place;

/** Sources that every stack of it takes from directories, because no chart repository is reached here. */
const bare = {
    "data-platform:charts": {
        airflow: "./charts/airflow",
        sparkOperator: "./.sandbox/charts/spark-operator",
        certManager: "./.sandbox/charts/cert-manager",
        strimzi: "./test/integration/fixtures/charts/strimzi-kafka-operator",
        cloudNativePg: "./test/integration/fixtures/charts/cloudnative-pg",
    },
    "data-platform:crds": {
        certManager: ["./.sandbox/crds/cert-manager/*.json"],
        sparkOperator: ["./.sandbox/crds/spark-operator/*.json"],
        strimzi: ["./.sandbox/crds/strimzi/*.json"],
        cloudNativePg: ["./.sandbox/crds/cloudnative-pg/*.json"],
    },
};

/** Makes it below `scratch`, with the project as it stands, uncommitted changes included. */
export async function checkoutFor(
    bed: { kubeconfig: string; scratch(): Promise<string> },
    project: string,
): Promise<Checkout> {
    const scratch = await bed.scratch();
    const cwd = join(scratch, "data-platform");
    const git = (...args: string[]) => execa("git", ["-C", cwd, ...args]);
    await execa("git", ["clone", "--quiet", "--shared", project, cwd]);
    const { stdout: changed } = await execa("git", ["-C", project, "ls-files", "-mo", "--exclude-standard"]);
    for (const file of changed.split("\n").filter(Boolean)) {
        await rm(join(cwd, file), { force: true });
        if (!existsSync(join(project, file))) continue;
        await mkdir(dirname(join(cwd, file)), { recursive: true });
        await copyFile(join(project, file), join(cwd, file));
    }
    for (const each of ["node_modules", ".sandbox", "workloads/.venv"]) {
        if (existsSync(join(project, each))) await symlink(join(project, each), join(cwd, each));
    }
    // make would install anew, into what is only linked, whatever is older than the lists of packages.
    for (const file of ["package.json", "package-lock.json", ".npmrc"]) await utimes(join(cwd, file), 0, 0);
    await stackFiles(cwd);
    await git("checkout", "--quiet", "-B", "main");
    await git(
        "-c",
        "user.name=docs",
        "-c",
        "user.email=docs@example.com",
        "commit",
        "--quiet",
        "--all",
        "-m",
        "Our stacks",
    );
    await git("update-ref", "refs/remotes/origin/main", "HEAD");
    return { cwd, env: await environment(scratch, cwd, bed.kubeconfig) };
}

/** dev is the small form, and has the plane that others share. */
async function stackFiles(cwd: string): Promise<void> {
    const dev = {
        "data-platform:profile": "sandbox",
        "data-platform:cluster": { shareable: true },
        "data-platform:images": { registry: "registry.example.com/data-platform", pullPolicy: "IfNotPresent" },
        ...bare,
    };
    await writeFile(join(cwd, "Pulumi.dev.yaml"), stringify({ config: dev }));
    const template = join(cwd, "Pulumi.ephemeral.yaml");
    if (!existsSync(template)) return;
    const text = await readFile(template, "utf8");
    await writeFile(template, `${text.trimEnd()}\n${stringify(bare).replace(/^/gm, "  ").trimEnd()}\n`);
}

async function environment(scratch: string, cwd: string, kubeconfig: string): Promise<Record<string, string>> {
    const bin = join(scratch, "bin");
    await mkdir(bin);
    await symlink(await tool("kubectl"), join(bin, "kubectl"));
    const stand = join(cwd, "test/support/docs/pulumi.ts");
    await program(join(bin, "pulumi"), `exec node -r ${join(cwd, "cli/typescript.mjs")} ${stand} "$@"`);
    // `npx pulumi` would download the CLI, which can't be had everywhere.
    await program(
        join(bin, "npx"),
        `[ "$1" = pulumi ] && shift && exec pulumi "$@"; exec "$(which -a npx | sed -n 2p)" "$@"`,
    );
    const { PATH = "" } = process.env;
    return {
        PATH: [bin, join(repoRoot, "node_modules/.bin"), PATH].join(delimiter),
        HOME: scratch,
        KUBECONFIG: kubeconfig,
        DATA_PLATFORM_SANDBOX_DIR: join(scratch, "state"),
        DATA_PLATFORM_CACHE: cacheDir(),
        DATA_PLATFORM_ENGINE: "builtin",
        TS_NODE_PROJECT: join(cwd, "tsconfig.json"),
        NO_COLOR: "1",
        GIT_AUTHOR_NAME: "docs",
        GIT_AUTHOR_EMAIL: "docs@example.com",
        GIT_COMMITTER_NAME: "docs",
        GIT_COMMITTER_EMAIL: "docs@example.com",
    };
}

async function program(file: string, script: string): Promise<void> {
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
}

/** Deletes what the stacks of the checkout have made and nobody has taken down, so that the next test finds the cluster as it was. */
export async function takeDown({ env }: Checkout, { kubeconfig }: { kubeconfig: string }): Promise<void> {
    const dir = env.DATA_PLATFORM_SANDBOX_DIR;
    const states = await readdir(join(dir, "apply")).catch(() => []);
    const stacks = states.flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []);
    // Those that share dev's plane before dev.
    for (const stack of stacks.sort((one, other) => Number(one === "dev") - Number(other === "dev"))) {
        await destroy({ stack, kubeconfig, dir });
    }
}
