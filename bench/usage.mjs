// Required before a program: writes what the process has used when it ends, to the file that $DATA_PLATFORM_USAGE names.
import { writeFileSync } from "node:fs";
import Module from "node:module";
import process from "node:process";

process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const modules = Object.keys(Module._cache).filter((file) => !file.endsWith(".json"));
    const packages = modules.flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
    const used = {
        cpu: (userCPUTime + systemCPUTime) / 1e6,
        peak: maxRSS / 1024,
        modules: modules.length,
        packages: [...new Set(packages)].sort(),
    };
    writeFileSync(process.env.DATA_PLATFORM_USAGE, JSON.stringify(used));
});
// A server that is told to end has an exit as well.
process.on("SIGTERM", () => process.exit());
