import { checkProgram } from "../../engine/builtin/check";
import type { Engine, UpdateOptions } from "../../engine/engine";
import { openEngine } from "../../engine/open";
import { layout } from "../cluster/layout";
import { stateDir } from "../../lib/paths";
import { step } from "../../lib/progress";
import { provideImages, requireSandbox } from "./images";
import { StackFlags } from "./options";
import { stopSignal } from "../../lib/signals";

const say = (line: string) => void process.stdout.write(`${line}\n`);
const tell = (line: string) => void process.stderr.write(`${line}\n`);

async function engineFor({ kubeconfig, ...flags }: StackFlags): Promise<Engine> {
    const local = { kubeconfig: kubeconfig ?? (await requireSandbox()), dir: stateDir() };
    return openEngine({ ...flags, local });
}

/** `preview`: what an update would change. */
export async function previewCommand(flags: StackFlags): Promise<void> {
    const { stack, all, adopt } = flags;
    const engine = await engineFor(flags);
    await engine.preview(stack, { print: say, all, adopt, signal: stopSignal() });
}

/** `up`: the cluster as the program says. */
export async function upCommand(flags: StackFlags): Promise<void> {
    const engine = await engineFor(flags);
    let resources: number | undefined;
    if (!flags.kubeconfig) {
        resources = await checkProgram(flags.stack);
        await provideImages();
    }
    await update(engine, flags.stack, { adopt: flags.adopt, signal: stopSignal(), resources });
}

/** An update as a step with progress. */
export function update(engine: Engine, stack: string, options: Pick<UpdateOptions, "adopt" | "signal" | "resources">) {
    return step(`Update the stack ${stack}`, (note) => engine.up(stack, { ...options, note, print: tell }));
}

/** `destroy`: nothing of the stack left. */
export async function destroyCommand(flags: StackFlags): Promise<void> {
    const { stack } = flags;
    const engine = await engineFor(flags);
    const signal = stopSignal();
    await step(`Destroy the stack ${stack}`, (note) => engine.destroy(stack, { note, print: tell, signal }));
}

/** `outputs`: as JSON. They are remembered, so the cluster need not run. */
export async function outputsCommand({ kubeconfig = layout().kubeconfig, ...flags }: StackFlags): Promise<void> {
    const engine = await engineFor({ kubeconfig, ...flags });
    say(JSON.stringify(await engine.outputs(flags.stack), undefined, 2));
}
