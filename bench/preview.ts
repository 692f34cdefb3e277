import { devNull } from "node:os";

import { repoRoot } from "../lib/paths";
import { directoryForms } from "../program/sources";
import { organization, project, readStackConfig, StackConfig, stackFile } from "../program/stack-config";
import { prepareCharts, prepareCrds } from "../tools/charts";
import { ofSdk, runtimeOptions, start, Used } from "./host";
import { Registered, standIn } from "./stand-in";

/** The program's own part of a preview. */
export interface Previewed extends Used {
    seconds: number;
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

/** A stack's config without anything that has to be downloaded. */
export async function configOf(stack: string): Promise<StackConfig> {
    const config = directoryForms(readStackConfig(stackFile(stack)));
    await prepareCharts();
    await prepareCrds();
    return { ...config, values: { ...config.values, [`${project}:crds`]: JSON.stringify(definitions) } };
}

/**
 * Evaluates a stack in a process of its own, started the way Pulumi's engine starts it, as a preview that reaches no cluster and
 * no network.
 *
 * @param program Another program of this checkout, relative to its root. @default the platform's
 * @param values Values of the config by full key, structured ones as JSON, in the stead of the stack's own.
 * @throws UserError with what it said when it fails.
 */
export async function preview(stack: string, program = ".", values: Record<string, string> = {}): Promise<Previewed> {
    const config = await configOf(stack);
    const engine = await standIn(stack, project);
    try {
        const { typescript, nodeargs } = runtimeOptions("Pulumi.yaml");
        const options = [
            ...["--monitor", engine.address, "--engine", engine.address, "--organization", organization],
            ...["--project", project, "--root-directory", repoRoot, "--stack", stack, "--pwd", repoRoot],
            ...["--dry-run", "--parallel", "16", program],
        ];
        const begun = process.hrtime.bigint();
        const { ended } = start([...nodeargs, ofSdk("run"), ...options], {
            cwd: repoRoot,
            errors: engine.errors,
            env: {
                ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
                KUBECONFIG: devNull,
                PULUMI_CONFIG: JSON.stringify({ ...config.values, ...values }),
                PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(config.secretKeys),
            },
        });
        const used = await ended;
        const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
        return { ...used, seconds, registered: engine.registered };
    } finally {
        engine.stop();
    }
}

const isDefinition = ({ type }: Registered) => type.endsWith(":CustomResourceDefinition");

/** Bytes of inputs, those of CRDs apart. */
export function bytesOf(registered: Registered[]): { all: number; definitions: number } {
    const sum = (of: Registered[]) => of.reduce((total, { bytes }) => total + bytes, 0);
    return { all: sum(registered), definitions: sum(registered.filter(isDefinition)) };
}

/**
 * Size of the state that Pulumi's engine keeps of a stack: each resource with its inputs, and with its outputs, which for an object
 * of Kubernetes are its inputs and a little more.
 */
export function stateBytes(registered: Registered[]): number {
    const resources = registered.map(({ custom, name, inputs, bytes: _bytes, object: _object, ...others }) => ({
        ...{ custom, ...(custom ? { id: name } : {}), inputs, outputs: inputs },
        ...others,
    }));
    return Buffer.byteLength(JSON.stringify({ version: 3, checkpoint: { latest: { resources } } }));
}
