import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { outputDir, repoRoot } from "../lib/paths";

/**
 * The project's own program with further workloads declared at its end, as docs/own-workload.md says to: each runs on a schedule,
 * reads the event stream and writes to the object store.
 *
 * @returns the program's file, outside of what is in git.
 */
export function programWith(count: number): string {
    const text = readFileSync(join(repoRoot, "index.ts"), "utf8")
        .replaceAll(/ from "\.\/([^"]+)"/g, ' from "../../$1"')
        .replace(/^import \{\n/m, "import {\n    EtlCronJob,\n")
        .replace(/^ {4}EtlCronJob,\n(?=[^}]*^ {4}EtlCronJob,$)/m, "");
    const declarations = `
for (let each = 0; each < ${count}; each++) {
    new EtlCronJob(
        \`workload-\${each}\`,
        {
            namespace: ns.jobs,
            image: "registry.example.com/etl:1",
            command: ["run"],
            schedule: "0 3 * * *",
            stream: { from: stream, as: "land" },
            store: { from: store, as: "land" },
            resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } },
            placements: places,
        },
        opts,
    );
}
`;
    const folder = join(outputDir, "bench");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `workloads-${count}.ts`);
    writeFileSync(file, text + declarations);
    return file;
}
