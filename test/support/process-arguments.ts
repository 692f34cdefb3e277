import { readdirSync, readFileSync } from "node:fs";

/**
 * Notes the command line of every process of this machine while something goes on.
 *
 * @returns What was seen, a line each, when it is stopped.
 */
export function watchArguments(): { stop: () => string[] } {
    const seen = new Set<string>();
    const look = () => {
        for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
            try {
                seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
            } catch {
                // It has just ended.
            }
        }
    };
    const timer = setInterval(look, 100);
    return {
        stop: () => {
            clearInterval(timer);
            look();
            return [...seen];
        },
    };
}
