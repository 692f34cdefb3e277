import { analyze } from "./analyze";
import { bytesOf, preview, stateBytes } from "./preview";

/** Name, value, aim, and whether that is reached. */
type PreviewRow = [what: string, value: string, aim?: string, reached?: boolean];

/** Bytes of a state that nobody waits for. */
const stateAim = 1_500_000;

/** The least of several, after one that only warms the caches: of CPU time all that is above it is the machine's. */
async function least<T extends { cpu: number }>(times: number, work: () => Promise<T>): Promise<T> {
    await work();
    const all: T[] = [];
    for (let run = 0; run < times; run++) all.push(await work());
    return all.sort((one, other) => one.cpu - other.cpu)[0];
}

/** The program's own part of a preview with Pulumi's engine, and the policy pack's beside it. */
export async function previewRows(stack: string, times: number): Promise<PreviewRow[]> {
    const program = await least(times, () => preview(stack));
    const policies = await least(times, () => analyze(stack, program.registered));
    const bytes = bytesOf(program.registered);
    const state = stateBytes(program.registered);
    const added = `${policies.cpu.toFixed(2)} s of CPU, ${policies.seconds.toFixed(1)} s`;
    return [
        [
            `the program's part of a preview of ${stack}, ${program.registered.length} resources`,
            `${program.cpu.toFixed(2)} s of CPU`,
        ],
        ["  modules, peak memory", `${program.modules}, ${program.peak.toFixed(0)} MiB`],
        ["  inputs registered, without those of CRDs", `${size(bytes.all)}, ${size(bytes.all - bytes.definitions)}`],
        ["  state of that size", size(state), `< ${size(stateAim)}`, state < stateAim],
        ["  the policy pack beside it", added],
    ];
}

function size(bytes: number): string {
    return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}
