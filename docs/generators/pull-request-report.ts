// Writes the example of docs/pull-requests.md anew: what changed between two commits of this repository.
//
//   node -r ts-node/register/transpile-only docs/generators/pull-request-report.ts <base> <head>
import { writeFileSync } from "node:fs";

import { reportOf } from "../../operations/diff";
import { git } from "../../operations/diff/git";
import { withWorktree } from "../../operations/diff/worktree";
import { renderError } from "../../lib/errors";
import { exampleFile } from "./pull-request";

async function main([base, head]: string[]): Promise<void> {
    const { stdout: commit } = await git(["rev-parse", "--verify", `${head}^{commit}`]);
    const report = await withWorktree({ commit }, (project) => reportOf({ base, charts: "directories", project }));
    writeFileSync(exampleFile, `${JSON.stringify(report, undefined, 4)}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${renderError(error)}\n`);
    process.exitCode = 1;
});
