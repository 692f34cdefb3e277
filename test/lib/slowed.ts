import { setTimeout as pause } from "node:timers/promises";

import { treeOf } from "../../lib/process-tree";

/** Milliseconds of which a tenth is left to the processes. */
const period = 300;

/** Lets a process and all that it starts run for a tenth of the time only, until `stop` is called. */
export function slowed(pid: number): { stop: () => Promise<void> } {
    let over = false;
    const all = async (signal: NodeJS.Signals) => {
        for (const each of await treeOf([pid])) {
            try {
                process.kill(each, signal);
            } catch {
                // It has ended.
            }
        }
    };
    const work = (async () => {
        while (!over) {
            await all("SIGSTOP");
            await pause(period * 0.9);
            await all("SIGCONT");
            await pause(period * 0.1);
        }
    })();
    return {
        stop: () => {
            over = true;
            return work;
        },
    };
}
