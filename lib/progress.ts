import pc from "picocolors";

/** Seconds that each finished step took, in the order in which they ended. */
const seconds = new Map<string, number>();

/** Names an update for the running step ("3 of 7 pods ready"). */
export type Note = (text: string) => void;

/**
 * Runs one step of a longer job and shows it: a line when it starts, its latest note every few seconds while it runs, and a
 * line with the elapsed time when it ends. Steps may run side by side.
 */
export async function step<T>(title: string, work: (note: Note) => Promise<T>): Promise<T> {
    const started = Date.now();
    const elapsed = () => (Date.now() - started) / 1000;
    let latest = "";
    let shown = "";
    const print = (mark: string, text: string) => process.stderr.write(`${mark} ${text}\n`);
    print(pc.cyan("▸"), title);
    // A line of its own, not a spinner: logs of CI and of a pipe must read as well as a terminal.
    const timer = setInterval(() => {
        const line = latest || "still working";
        if (line !== shown || Math.round(elapsed()) % 30 < 5)
            print(pc.dim("  …"), pc.dim(`${title}: ${line} (${elapsed().toFixed(0)} s)`));
        shown = line;
    }, 5_000);
    timer.unref();
    try {
        const result = await work((text) => (latest = text));
        seconds.set(title, Number(elapsed().toFixed(1)));
        print(pc.green("✔"), `${title} ${pc.dim(`${elapsed().toFixed(1)} s${latest ? ` · ${latest}` : ""}`)}`);
        return result;
    } catch (error) {
        print(pc.red("✘"), `${title} ${pc.dim(`after ${elapsed().toFixed(1)} s`)}`);
        throw error;
    } finally {
        clearInterval(timer);
    }
}

/** Seconds by step so far, for the summary. */
export function timings(): Record<string, number> {
    return Object.fromEntries(seconds);
}
