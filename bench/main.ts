// `make bench`: what the project costs, printed beside what it aims at. Nothing is asserted: machines differ.
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";

import { outputDir, repoRoot } from "../lib/paths";
import { tools, toolVersion } from "../tools";
import { writeHelmfile } from "./helmfile";
import { measure, Measured, repeat } from "./measure";
import { previewRows } from "./preview-rows";
import { timelineOfSandbox } from "./timeline";

/** Runs a program of this folder, loaded as the command is. */
const run = (program: string, argument: string) =>
    measure(process.execPath, ["-r", "./cli/typescript.mjs", join(repoRoot, "bench", program), argument]);

/** The command as people run it. */
const renderOfProd = () => {
    const out = join(outputDir, "bench", "prod");
    const options = ["--stack", "prod", "--charts", "directories", "--out", out, "--json"];
    return measure(process.execPath, [join(repoRoot, "cli", "data-platform.mjs"), "render", ...options]);
};

const repeats = 3;
const counts = [10, 100, 500];

interface Row {
    what: string;
    value: string;
    aim: string;
    reached?: boolean;
}

async function main(): Promise<void> {
    const { helm } = await tools(["helm"]);
    const rows: Row[] = [];
    const add = (what: string, value: string, aim = "", reached?: boolean) => {
        rows.push({ what, value, aim, reached });
        process.stderr.write(`  ${what}: ${value}\n`);
    };

    for (const stack of ["dev", "prod"]) {
        for (const [what, value, aim, reached] of await previewRows(stack, repeats)) add(what, value, aim, reached);
    }

    const render = await repeat(repeats, renderOfProd);
    const { objects } = JSON.parse(render.stdout) as { objects: string[] };
    add(`render of prod, ${objects.length} objects`, seconds(render), "< 10 s", render.seconds < 10);
    if (render.peak !== undefined) {
        add("  peak memory, Helm's included", `${render.peak.toFixed(0)} MiB`, "< 700 MiB", render.peak < 700);
    }

    const evaluated = new Map<number, Measured>();
    for (const count of counts) {
        const result = await repeat(repeats, () => run("evaluate.ts", String(count)));
        evaluated.set(count, result);
        const peak = result.peak === undefined ? "" : `, ${result.peak.toFixed(0)} MiB`;
        add(`program with ${count} further workloads, ${result.stdout} resources`, `${seconds(result)}${peak}`);
    }
    const [least, most] = [evaluated.get(10), evaluated.get(500)];
    if (least && most) {
        const ratio = most.seconds / least.seconds;
        add("  500 workloads in terms of 10", `${ratio.toFixed(2)} x`, "<= 1.6 x", ratio <= 1.6);
        const each = (Number(most.stdout) - Number(least.stdout)) / 490;
        add("  resources a workload", each.toFixed(1));
        add("  time a workload", `${(((most.seconds - least.seconds) / 490) * 1000).toFixed(1)} ms`);
    }

    const { file, releases } = await writeHelmfile("prod");
    const one = await repeat(repeats, () =>
        measure(process.execPath, [join(repoRoot, "bench", "helm.mjs"), helm, file]),
    );
    add(`helm template, the same ${releases} Releases one after the other`, seconds(one));
    add("  render in terms of it", `${(render.seconds / one.seconds).toFixed(2)} x`);

    // Its first build takes half an hour, with the SDKs of all clouds; by now all else is printed.
    const { helmfile } = await tools(["helmfile"]);
    const other = await repeat(repeats, () =>
        measure(helmfile, [
            "--file",
            file,
            "--helm-binary",
            helm,
            "--quiet",
            "template",
            "--skip-deps",
            "--include-crds",
        ]),
    );
    const version = await toolVersion("helmfile");
    const peak = other.peak === undefined ? "" : `, ${other.peak.toFixed(0)} MiB`;
    add(`helmfile ${version} template, the same ${releases} Releases`, `${seconds(other)}${peak}`);
    const ratio = render.seconds / other.seconds;
    add("  render in terms of helmfile", `${ratio.toFixed(2)} x`, "<= 2.5 x", ratio <= 2.5);

    process.stdout.write(`${table(rows)}\n`);
    const timeline = await timelineOfSandbox();
    if (timeline) process.stdout.write(`\n${timeline}\n`);
}

function seconds(measured: Measured): string {
    return `${measured.seconds.toFixed(2)} s`;
}

function table(rows: Row[]): string {
    const width = (column: "what" | "value" | "aim") => Math.max(...rows.map((row) => row[column].length));
    const mark = ({ reached }: Row) => (reached === undefined ? "" : reached ? "✔" : "missed");
    return [
        `${availableParallelism()} of ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}; the middle of ${repeats} runs, caches warm`,
        "",
        ...rows.map((row) =>
            [
                row.what.padEnd(width("what")),
                row.value.padStart(width("value")),
                row.aim.padEnd(width("aim")),
                mark(row),
            ]
                .join("  ")
                .trimEnd(),
        ),
    ].join("\n");
}

void main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
});
