// Stands in for the Pulumi CLI where it can't be had: the commands that the documentation names, by the built-in engine. It takes
// the CLI's own arguments, so that a misspelt one fails here as well.
import { copyFile } from "node:fs/promises";

import { Command } from "commander";

import { BuiltinEngine } from "../../../engine/builtin/engine";
import { destroy, outputs, preview, Target, up } from "../../../engine/builtin/builtin";
import { Change, count } from "../../../engine/builtin/change";
import { pinned } from "../../../engine/pulumi/find";
import { stateFile } from "../../../engine/builtin/state";
import { renderError } from "../../../lib/errors";
import { stateDir } from "../../../lib/paths";

interface Flags {
    stack: string;
}

const target = ({ stack }: Flags): Target => ({ stack, kubeconfig: process.env.KUBECONFIG ?? "", dir: stateDir() });
function print(value: unknown): void {
    process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
const told = (changes: Change[]) => print(count(changes));

const program = new Command("pulumi").exitOverride();
const onStack = (name: string) => new Command(name).requiredOption("-s, --stack <name>").option("-y, --yes");

program.command("version").action(() => void process.stdout.write(`v${pinned}\n`));
program.command("login").argument("<url>");
const stack = program.command("stack");
stack.command("init").argument("<name>").option("--secrets-provider <url>");
stack.addCommand(onStack("output").action((flags: Flags) => print(outputs(target(flags)))));
program.addCommand(
    onStack("preview")
        .option("--diff")
        .option("--policy-pack <directory>")
        .action(async (flags: Flags) => told((await preview(target(flags))).changes)),
);
program.addCommand(
    onStack("up")
        .option("--policy-pack <directory>")
        .option("--refresh")
        .action(async (flags: Flags) => told((await up(target(flags))).changes)),
);
program.addCommand(onStack("destroy").action(async (flags: Flags) => told((await destroy(target(flags))).changes)));

const backend = () => new BuiltinEngine({ dir: stateDir(), kubeconfig: process.env.KUBECONFIG });
interface FileFlags extends Flags {
    file: string;
}
const state = ({ stack: name }: Flags) => stateFile(stateDir(), name);
const file = "--file <file>";
stack.addCommand(
    onStack("export")
        .requiredOption(file)
        .action((flags: FileFlags) => copyFile(state(flags), flags.file)),
);
stack.addCommand(
    onStack("import")
        .requiredOption(file)
        .action((flags: FileFlags) => copyFile(flags.file, state(flags))),
);
program.addCommand(onStack("cancel").action((flags: Flags) => backend().unlock(flags.stack)));
program.addCommand(
    onStack("refresh")
        .option("--clear-pending-creates")
        .action((flags: Flags & { clearPendingCreates?: boolean }) =>
            flags.clearPendingCreates ? backend().settlePending(flags.stack, []) : undefined,
        ),
);

program.parseAsync().then(
    () => process.exit(),
    (error: unknown) => {
        process.stderr.write(`${renderError(error)}\n`);
        process.exit(1);
    },
);
