import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";

import { stringify } from "yaml";

import { project, readStackFile, StackFile, stackFile } from "../../program/stack-config";
import { prepareCharts } from "../../tools/charts";
import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { repoRoot } from "../../lib/paths";
import { Engine, EngineOptions, EngineTarget, Report } from "../engine";
import { environment, operationArgs, outputArgs, Places, places, selectArgs } from "./commands";
import { operate } from "./operate";

/** The real engine: the Pulumi CLI with a backend and a passphrase of the sandbox's own. */
export class PulumiEngine implements Engine {
    readonly name: string;
    private readonly at: Places;

    constructor(
        private readonly pulumi: string,
        private readonly target: EngineTarget,
    ) {
        this.name = `the Pulumi CLI (${pulumi})`;
        this.at = places(target.dir, target.stack);
    }

    preview(options: EngineOptions): Promise<Report> {
        return this.operate("preview", options);
    }

    up(options: EngineOptions): Promise<Report> {
        return this.operate("up", options);
    }

    destroy(options: EngineOptions): Promise<Report> {
        return this.operate("destroy", options);
    }

    async outputs(): Promise<Record<string, unknown>> {
        const { stdout } = await this.run(outputArgs(this.at, this.target.stack));
        return JSON.parse(stdout) as Record<string, unknown>;
    }

    private async operate(operation: "preview" | "up" | "destroy", { print, signal }: EngineOptions): Promise<Report> {
        const { stack } = this.target;
        await this.prepare();
        const args = (eventLog: string) => operationArgs(operation, stack, eventLog, this.at.configFile);
        const counts = await operate(this.pulumi, args, {
            ...{ cwd: repoRoot, env: this.env, onLine: print, signal },
            fix: "a stack that it has not begun can do without it: --engine builtin",
        });
        return { counts, outputs: operation === "up" ? await this.outputs() : {} };
    }

    /** Makes backend, passphrase and stack, and brings the stack file up to date. */
    private async prepare(): Promise<void> {
        const { stack } = this.target;
        const { backend, passphraseFile, project: dir, configFile } = this.at;
        const source = readStackFile(stackFile(stack));
        if (source.config?.[`${project}:profile`] === "sandbox") await prepareCharts();
        if (source.encryptionsalt || source.secretsprovider) {
            throw new UserError("the stack file has secrets under a key of its own, which the sandbox does not have", {
                where: stackFile(stack),
                fix: `run the CLI yourself: npx pulumi up -s ${stack}`,
            });
        }
        await mkdir(backend, { recursive: true, mode: 0o700 });
        await mkdir(dir, { recursive: true, mode: 0o700 });
        if (!existsSync(passphraseFile))
            await writeFile(passphraseFile, randomBytes(32).toString("hex"), { mode: 0o600 });
        await writeFile(`${dir}/Pulumi.yaml`, stringify({ name: project, runtime: "nodejs" }));
        await this.run(selectArgs(this.at, stack));
        const written = existsSync(configFile) ? readStackFile(configFile) : {};
        await writeFile(configFile, mergeStackFile(source, written), { mode: 0o600 });
    }

    private run(args: string[]) {
        return run(this.pulumi, args, { env: this.env });
    }

    private get env() {
        return environment(this.pulumi, this.at, this.target.kubeconfig, process.env.PATH ?? "");
    }
}

/** The checkout's config with what the CLI has noted about secrets. */
export function mergeStackFile({ config }: StackFile, { encryptionsalt, secretsprovider }: StackFile): string {
    return stringify({
        ...(secretsprovider ? { secretsprovider } : {}),
        ...(encryptionsalt ? { encryptionsalt } : {}),
        config: config ?? {},
    });
}
