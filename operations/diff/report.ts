import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

import { compare } from "../../render/diff/compare";
import { Environment, Failure, Report, ReportSide } from "../../render/diff/report";
import { Side } from "../../render/diff/side";
import type { ChartSource } from "../../render/chart-source";
import { Limit } from "../../lib/limit";
import { repoRoot } from "../../lib/paths";
import { step } from "../../lib/progress";
import { Compared, compared } from "./git";
import { RenderedSide, renderSide } from "./render-side";
import { changedSecrets } from "./settings";
import { StackChoice, stacksOf } from "./stacks";
import { withWorktree } from "./worktree";

export interface ReportOptions {
    /** Names of stacks. @default every one with a committed file, before or after */
    stacks?: string[];
    /** A branch, tag or commit that the change goes to. @default origin's default branch, else `main` */
    base?: string;
    /** Source of charts. @default "configured" */
    charts?: ChartSource;
    /** Let a chart that can't be reached stand by its values. @default false */
    allowMissing?: boolean;
    /** The checkout. @default this one */
    project?: string;
    signal?: AbortSignal;
}

/**
 * Compares each stack of this checkout with the branch that it left: both sides are rendered, each by its own program, and compared.
 *
 * @throws UserError when there is nothing to compare with; a stack that can't be rendered is in the report
 */
export async function reportOf(options: ReportOptions = {}): Promise<Report> {
    const { charts = "configured", allowMissing, project = repoRoot, signal } = options;
    const range = await compared(options.base, project);
    const stacks = await stacksOf(range.base, options.stacks, project);
    const environments = await withWorktree(
        { commit: range.base, prefix: range.prefix, project, signal },
        async (base) => {
            const scratch = await mkdtemp(join(tmpdir(), "data-platform-diff-"));
            try {
                return await step(titleOf(stacks, range), async (note) => {
                    // A render keeps more than one core busy.
                    const limit = new Limit(Math.ceil(availableParallelism() / 2));
                    let done = 0;
                    const render = (side: ReportSide, stack: string) =>
                        limit.run(async () => {
                            const say = (text?: string) =>
                                note(`${done} of ${count(stacks)} renders; ${stack}${text ? `: ${text}` : ""}`);
                            say();
                            const at = { project: side === "base" ? base : project, out: join(scratch, side, stack) };
                            const result = await renderSide(stack, {
                                stack,
                                ...at,
                                charts,
                                allowMissing,
                                signal,
                                note: say,
                            });
                            done++;
                            note(`${done} of ${count(stacks)} renders`);
                            return result;
                        });
                    return Promise.all(stacks.map((choice) => environmentOf(choice, render, [base, project])));
                });
            } finally {
                await rm(scratch, { recursive: true, force: true });
            }
        },
    );
    const { base, head, uncommitted } = range;
    return { base, head, uncommitted, charts, environments };
}

function titleOf(stacks: StackChoice[], { base, head }: Compared): string {
    return `Render ${stacks.map(({ stack }) => stack).join(", ")} at ${base.slice(0, 12)} and ${head.slice(0, 12)}`;
}

function count(stacks: StackChoice[]): number {
    return stacks.reduce((sum, { before, after }) => sum + Number(before) + Number(after), 0);
}

const nothing = (name: string): Side => ({ name, objects: new Map(), releases: [], missing: [] });

async function environmentOf(
    { stack, before, after }: StackChoice,
    render: (side: ReportSide, stack: string) => Promise<RenderedSide>,
    [base, head]: string[],
): Promise<Environment> {
    const none: RenderedSide = { side: nothing(stack) };
    const [one, other] = await Promise.all([
        before ? render("base", stack) : none,
        after ? render("head", stack) : none,
    ]);
    const failures: Failure[] = [
        ...("reason" in one ? [{ side: "base" as const, reason: one.reason }] : []),
        ...("reason" in other ? [{ side: "head" as const, reason: other.reason }] : []),
    ];
    const [was, is] = [base, head].map((project) => join(project, `Pulumi.${stack}.yaml`));
    const secretSettings = before && after ? settings(was, is) : [];
    if ("reason" in one || "reason" in other) return { stack, state: "failed", failures, byValues: [], secretSettings };
    return {
        stack,
        state: !before ? "new" : !after ? "gone" : "compared",
        diff: compare(one.side, other.side),
        failures,
        byValues: other.side.releases
            .filter(
                ({ rendered, ...release }) =>
                    !rendered &&
                    one.side.releases.some(
                        (each) => each.name === release.name && each.namespace === release.namespace && !each.rendered,
                    ),
            )
            .map(({ namespace, name }) => `${namespace}/${name}`),
        secretSettings,
    };
}

/** A file that isn't one is what the render complains about. */
function settings(before: string, after: string): string[] {
    try {
        return changedSecrets(before, after);
    } catch {
        return [];
    }
}
