import { setTimeout as pause } from "node:timers/promises";

import { treeOf } from "../../lib/process-tree";

/** Milliseconds of which a tenth is left to the processes. */
const period = 300;

/** Lets a process and all that it starts run for a tenth of the time only, until `stop` is called; `stops` says how often they were held. */
export function slowed(pid: number): { stop: () => Promise<void>; stops: () => number } {
    let over = false;
    let stops = 0;
    const send = (processes: number[], signal: NodeJS.Signals) => {
        for (const each of processes) {
            try {
                process.kill(each, signal);
            } catch {
                // It has ended.
            }
        }
    };
    const work = (async () => {
        while (!over) {
            const held = await treeOf([pid]);
            send(held, "SIGSTOP");
            stops++;
            await pause(period * 0.9);
            // Those that were held, not those that are there now: of a parent that has ended meanwhile no child would be found.
            send(held, "SIGCONT");
            await pause(period * 0.1);
        }
    })();
    return {
        stops: () => stops,
        stop: () => {
            over = true;
            return work;
        },
    };
}
