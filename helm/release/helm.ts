import { existsSync } from "node:fs";

import { Manifest, parseManifests } from "../../kubernetes/objects";
import { UserError } from "../../lib/errors";
import { patiently, run, RunResult } from "../../lib/exec";
import { repoRoot } from "../../lib/paths";
import { tool } from "../../tools";
import { Capabilities, endless, ReleaseInputs, templateArgs, upgradeArgs } from "./inputs";

/** Ends a program when the one that started it dies, even by SIGKILL. */
const setpriv = "/usr/bin/setpriv";

/** Runs Helm against one cluster. Charts are looked for relative to the project. */
export class Helm {
    /** @param context the kubeconfig's context. @default the current one */
    constructor(
        private readonly kubeconfig: string,
        private readonly signal: AbortSignal,
        private readonly context?: string,
    ) {}

    /** Every object that the release would have, hooks included. */
    async template(inputs: ReleaseInputs, upgrade: boolean, capabilities: Capabilities): Promise<Manifest[]> {
        const { stdout } = await this.helm(templateArgs(inputs, upgrade, capabilities), {
            input: inputs.values,
            ...patiently(),
            signal: this.signal,
        });
        return parseManifests(stdout);
    }

    /** Installs or upgrades, and waits as the release asks, without end: whoever calls it sees that it gets on, or stops it. */
    async upgrade(inputs: ReleaseInputs, signal: AbortSignal): Promise<void> {
        await this.helm(upgradeArgs(inputs), { input: inputs.values, signal });
    }

    /** Uninstalls and waits until the release's objects are gone, in the same way. Nothing there is fine. */
    async uninstall(name: string, namespace: string, signal: AbortSignal): Promise<void> {
        await this.helm(["uninstall", name, "--namespace", namespace, "--ignore-not-found", "--wait", ...endless], {
            signal,
        });
    }

    private async helm(
        args: string[],
        options: { input?: unknown; still?: number; signal: AbortSignal },
    ): Promise<RunResult> {
        const helm = await tool("helm");
        // Killed hard, we would leave a Helm behind that goes on changing the cluster while the next update runs.
        const [file, ...before] = existsSync(setpriv) ? [setpriv, "--pdeathsig", "TERM", helm] : [helm];
        try {
            return await run(file, [...before, ...args], {
                cwd: repoRoot,
                env: {
                    KUBECONFIG: this.kubeconfig,
                    HELM_NAMESPACE: undefined,
                    HELM_DRIVER: undefined,
                    HELM_KUBECONTEXT: this.context,
                },
                input: options.input === undefined ? undefined : JSON.stringify(options.input),
                still: options.still,
                signal: options.signal,
            });
        } catch (error) {
            throw error instanceof UserError ? helmError(args, error) : error;
        }
    }
}

/** Helm's own reason first; the command with all its arguments helps nobody. */
function helmError(args: string[], { message, details }: UserError): UserError {
    const said = details.evidence ?? [];
    const reason = said.filter((line) => line.startsWith("Error: ")).at(-1);
    const what = `helm ${args.slice(0, args[0] === "upgrade" ? 3 : 2).join(" ")}`;
    return new UserError(`${what}: ${reason ? reason.slice("Error: ".length) : message.split(":")[0]}`, {
        where: `chart ${args[args.indexOf("--namespace") - 1]}`,
        evidence: said.filter((line) => line !== reason),
        fix: "see what the stack file sets for it, and the chart's values.schema.json",
    });
}
