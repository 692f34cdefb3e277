import pc from "picocolors";

import { destroy, outputs, Outcome, preview, up } from "./builtin";
import { count } from "./change";
import type { Engine, EngineOptions, EngineTarget, Report } from "../engine";
import { renderChange, renderCounts, renderDone, renderTree } from "./tree";

/** The built-in engine as a command: what it does is printed for people. */
export class BuiltinEngine implements Engine {
    readonly name = "the built-in engine";

    constructor(private readonly target: EngineTarget) {}

    async preview({ print, all, adopt, signal }: EngineOptions): Promise<Report> {
        const outcome = await preview(this.target, { adopt, signal });
        const tree = renderTree(outcome.changes, outcome.groups, { all });
        if (tree) print(tree);
        print(pc.bold(renderCounts(outcome.changes)));
        return report(outcome);
    }

    async up(options: EngineOptions): Promise<Report> {
        const outcome = await up(this.target, this.applyOptions(options));
        options.note?.(renderDone(outcome.changes));
        return report(outcome);
    }

    async destroy(options: EngineOptions): Promise<Report> {
        const { excludeProtected } = options;
        const outcome = await destroy(this.target, { ...this.applyOptions(options), excludeProtected });
        options.note?.(renderDone(outcome.changes) || "nothing was there");
        return report(outcome);
    }

    outputs(): Promise<Record<string, unknown>> {
        return Promise.resolve(outputs(this.target));
    }

    private applyOptions({ print, note, adopt, signal }: EngineOptions) {
        return {
            adopt,
            signal,
            onChange: (change: Outcome["changes"][number]) => {
                print(`  ${renderChange(change)}`);
                change.notes.forEach((text) => print(`      ${pc.cyan("i")} ${text}`));
            },
            onProgress: (resource: string, text: string) => note?.(`${resource}: ${text}`),
        };
    }
}

function report({ changes, outputs }: Outcome): Report {
    return { counts: count(changes), outputs };
}
