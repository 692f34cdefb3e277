import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { UserError } from "../lib/errors";
import { outputDir, repoRoot } from "../lib/paths";
import { directoryForms } from "../program/sources";
import { prepareCharts, prepareCrds } from "../tools/charts";
import { organization, project, readStackConfig, stackFile } from "../program/stack-config";
import { Registered, standIn } from "./stand-in";

/** The program's own part of a preview. */
export interface Previewed {
    /** CPU seconds of the process, from its start to its end. */
    cpu: number;
    seconds: number;
    /** The most memory at one time, in MiB. */
    peak: number;
    /** Modules that were loaded. */
    modules: number;
    /** Packages of npm that they are of. */
    packages: string[];
    registered: Registered[];
}

/** The CRDs of all operators, taken out of what they are published in. */
const definitions = Object.fromEntries(
    Object.entries({
        certManager: "cert-manager",
        sparkOperator: "spark-operator",
        strimzi: "strimzi",
        cloudNativePg: "cloudnative-pg",
        keda: "keda",
    }).map(([key, folder]) => [key, [`./.sandbox/crds/${folder}/*.json`]]),
);

/**
 * Evaluates a stack in a process of its own, started the way Pulumi's engine starts it, as a preview that reaches no cluster and
 * no network.
 *
 * @param program Another program of this checkout, relative to its root. @default the platform's
 * @throws UserError with what it said when it fails.
 */
export async function preview(stack: string, program = "."): Promise<Previewed> {
    const config = directoryForms(readStackConfig(stackFile(stack)));
    config.values[`${project}:crds`] = JSON.stringify(definitions);
    await prepareCharts();
    await prepareCrds();
    const engine = await standIn(stack, project);
    try {
        const { args, env } = host();
        const usage = join(outputDir, "bench", "usage.json");
        mkdirSync(join(outputDir, "bench"), { recursive: true });
        const options = [
            ...["--monitor", engine.address, "--engine", engine.address, "--organization", organization],
            ...["--project", project, "--root-directory", repoRoot, "--stack", stack, "--pwd", repoRoot],
            ...["--dry-run", "--parallel", "16", program],
        ];
        const run = join(repoRoot, "node_modules", "@pulumi", "pulumi", "cmd", "run", "index.js");
        const start = process.hrtime.bigint();
        await ended(["--require", join(repoRoot, "bench", "usage.mjs"), ...args, run, ...options], engine.errors, {
            ...env,
            DATA_PLATFORM_USAGE: usage,
            KUBECONFIG: devNull,
            PULUMI_CONFIG: JSON.stringify(config.values),
            PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(config.secretKeys),
        });
        const seconds = Number(process.hrtime.bigint() - start) / 1e9;
        const used = JSON.parse(readFileSync(usage, "utf8")) as Omit<Previewed, "seconds" | "registered">;
        return { ...used, seconds, registered: engine.registered };
    } finally {
        engine.stop();
    }
}

/** How Pulumi's language host starts Node, by the options in Pulumi.yaml. */
function host(): { args: string[]; env: Record<string, string> } {
    const { runtime } = parse(readFileSync(join(repoRoot, "Pulumi.yaml"), "utf8")) as {
        runtime: { options?: { typescript?: boolean; nodeargs?: string } };
    };
    const { typescript = true, nodeargs = "" } = runtime.options ?? {};
    return {
        args: nodeargs.split(" ").filter(Boolean),
        env: typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {},
    };
}

function ended(args: string[], errors: string[], env: Record<string, string>): Promise<void> {
    return new Promise((resolve, reject) => {
        const child = spawn(process.execPath, args, {
            cwd: repoRoot,
            env: { ...process.env, ...env },
            stdio: ["ignore", "ignore", "pipe"],
        });
        let stderr = "";
        child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
        child.once("error", reject);
        child.once("close", (code) => {
            if (code === 0) return resolve();
            const evidence = [...errors, stderr.trim()].join("\n").split("\n").slice(0, 15);
            reject(new UserError(`the program failed (${code})`, { evidence }));
        });
    });
}

const isDefinition = ({ type }: Registered) => type.endsWith(":CustomResourceDefinition");

/** Bytes of inputs, those of CRDs apart. */
export function bytesOf(registered: Registered[]): { all: number; definitions: number } {
    const sum = (of: Registered[]) => of.reduce((total, { bytes }) => total + bytes, 0);
    return { all: sum(registered), definitions: sum(registered.filter(isDefinition)) };
}

/**
 * Size of the state that Pulumi's engine keeps of a stack, as its file backend writes it: each resource with its inputs, and with
 * its outputs, which for an object of Kubernetes are its inputs and a little more.
 */
export function stateBytes(registered: Registered[]): number {
    const resources = registered.map(({ urn, custom, name, type, inputs, parent, provider, dependencies }) => ({
        ...{
            urn,
            custom,
            ...(custom ? { id: name } : {}),
            type,
            inputs,
            outputs: inputs,
            parent,
            provider,
            dependencies,
        },
    }));
    return Buffer.byteLength(JSON.stringify({ version: 3, checkpoint: { latest: { resources } } }));
}
