import { Option } from "commander";

import { chartSources, type ChartSource } from "../render/chart-source";
import { CommandLine, runCommandLine } from "../lib/command-line";
import { stackNamed } from "../program/stack-name";
import { isGreen, report } from "./report";
import { allStacks, checkStacks } from "./stacks";

interface Options {
    charts: ChartSource;
    allowMissingCharts?: boolean;
}

const program = new CommandLine("checks")
    .description("Renders stacks and has kubeconform, checkov, kube-score and cyclonus check every object in them.")
    .argument("[stacks...]", `which stacks (default: ${allStacks.join(", ")})`)
    .addOption(
        new Option("--charts <form>", "take charts from the project's directories, or from where the stack says")
            .choices(chartSources)
            .default("directories"),
    )
    .option("--allow-missing-charts", "check the rest where a chart can't be reached, and say so")
    .action(async (stacks: string[], { charts, allowMissingCharts }: Options) => {
        const results = await checkStacks(
            stacks.length ? stacks.map(stackNamed) : allStacks,
            charts,
            allowMissingCharts,
        );
        process.stdout.write(`${report(results)}\n`);
        if (!isGreen(results)) process.exitCode = 1;
    });

void runCommandLine(program);
