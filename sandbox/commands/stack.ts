import { checkProgram } from "../../engine/builtin";
import { Engine, EngineOptions } from "../../engine/engine";
import { chooseEngine } from "../../engine/choose";
import { layout } from "../cluster/layout";
import { stateDir } from "../../lib/paths";
import { step } from "../../lib/progress";
import { provideImages, requireSandbox } from "./images";
import { StackFlags } from "./options";
import { stopSignal } from "../../lib/signals";

function say(line: string): void {
    process.stdout.write(`${line}\n`);
}

async function engineFor({ stack, kubeconfig, engine }: StackFlags): Promise<Engine> {
    const target = { stack, kubeconfig: kubeconfig ?? (await requireSandbox()), dir: stateDir() };
    return chooseEngine(target, engine);
}

/** `preview`: what an update would change. */
export async function previewCommand(flags: StackFlags): Promise<void> {
    const engine = await engineFor(flags);
    await engine.preview({ print: say, all: flags.all, adopt: flags.adopt, signal: stopSignal() });
}

/** `up`: the cluster as the program says. */
export async function upCommand(flags: StackFlags): Promise<void> {
    const engine = await engineFor(flags);
    if (!flags.kubeconfig) {
        await checkProgram(flags.stack);
        await provideImages();
    }
    await update(engine, flags.stack, { adopt: flags.adopt, signal: stopSignal() });
}

/** An update as a step with progress. */
export function update(engine: Engine, stack: string, options: Omit<EngineOptions, "print" | "note">) {
    return step(`Update the stack ${stack}`, (note) =>
        engine.up({ ...options, note, print: (line) => process.stderr.write(`${line}\n`) }),
    );
}

/** `destroy`: nothing of the stack left. */
export async function destroyCommand(flags: StackFlags): Promise<void> {
    const engine = await engineFor(flags);
    const signal = stopSignal();
    await step(`Destroy the stack ${flags.stack}`, (note) =>
        engine.destroy({ note, print: (line) => process.stderr.write(`${line}\n`), signal }),
    );
}

/** `outputs`: as JSON. They are remembered, so the cluster need not run. */
export async function outputsCommand({
    stack,
    engine: choice,
    kubeconfig = layout().kubeconfig,
}: StackFlags): Promise<void> {
    const engine = chooseEngine({ stack, kubeconfig, dir: stateDir() }, choice);
    say(JSON.stringify(await engine.outputs(), undefined, 2));
}
