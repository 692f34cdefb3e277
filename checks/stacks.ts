import { type Rendered, renderStack } from "../render/manifests";
import { type ChartSource } from "../render/chart-source";
import { prepareCharts, prepareCrds } from "../tools/charts";
import { UserError } from "../lib/errors";
import { Allowed, entriesFor, type Entry } from "./baseline";
import { bundle, type Bundle } from "./bundle";
import { checkov } from "./checkov";
import { kubeScore } from "./kube-score";
import { kubeconform } from "./kubeconform";
import { network } from "./network/check";
import { type Finding, type CheckReport } from "./finding";

/** The stacks that are checked in every test run. */
export const allStacks = ["dev", "staging", "prod", "sandbox", "ephemeral"];

/** Reports of all checks on one stack. */
export interface StackReport {
    stack: string;
    reports: CheckReport[];
    /** Findings that nothing allows. */
    open: Finding[];
    /** Findings that stand, by the allow-list. */
    allowed: Finding[];
    /** Objects that no tool could check, and why. */
    unchecked: string[];
}

/** Reports of all checks on some stacks. */
export interface CheckResults {
    stacks: StackReport[];
    /** Entries of the baseline that matched nothing. */
    stale: string[];
}

/** The checks of a stack's files. */
export const checks = [kubeconform, checkov, kubeScore, network];

/** A stack as it is checked. */
export async function renderForChecks(stack: string, charts: ChartSource, allowMissing = false): Promise<Rendered> {
    if (charts === "directories") await prepareCharts();
    // By these the custom resources are checked, wherever their operators' charts come from.
    await prepareCrds();
    const rendered = await renderStack({ stack, charts, allowMissing });
    if (rendered.objects.length > 0) return rendered;
    throw new UserError(`${stack} has no objects: there is nothing to check`, { fix: `make render STACK=${stack}` });
}

/** The objects of a stack as the checks get them. To be removed by the caller. */
export async function bundleOfStack({ stack, tree, objects }: Rendered): Promise<Bundle> {
    const manifests = objects.map(({ manifest }) => manifest);
    return bundle(
        stack,
        tree,
        manifests.filter(({ kind }) => kind === "CustomResourceDefinition"),
    );
}

/**
 * Renders stacks and checks them, two at a time.
 *
 * @param stacks their names; with all of them, by the project's own charts, the allow-list is searched for what matches nothing
 * @param charts where charts are taken from
 * @param allowMissing let a Release stand by its values whose chart can't be reached, instead of an error
 */
export async function checkStacks(stacks: string[], charts: ChartSource, allowMissing = false): Promise<CheckResults> {
    const whole = allStacks.every((stack) => stacks.includes(stack)) && charts === "directories";
    const rendered = await Promise.all(stacks.map((stack) => renderForChecks(stack, charts, allowMissing)));
    const { stacks: reports, stale } = await checkRendered(rendered, entriesFor(charts));
    return { stacks: reports, stale: whole ? stale : [] };
}

/** Checks rendered stacks, two at a time. */
export async function checkRendered(rendered: Rendered[], entries: Entry[]): Promise<CheckResults> {
    const allowed = new Allowed(entries);
    const stacks = await inPairs(rendered, async (each) => checkStack(await bundleOfStack(each), allowed));
    return { stacks, stale: allowed.stale(rendered.map(({ stack }) => stack)) };
}

/** Checks one stack, and removes what was laid out for it. */
export async function checkStack(given: Bundle, allowed: Allowed): Promise<StackReport> {
    try {
        const reports: CheckReport[] = [];
        for (const each of checks) reports.push(await each(given));
        const findings = [...given.findings, ...reports.flatMap((checkReport) => checkReport.findings)];
        const isAllowed = new Set(findings.filter((finding) => allowed.allows(given.stack, finding)));
        return {
            stack: given.stack,
            reports,
            open: findings.filter((finding) => !isAllowed.has(finding)),
            allowed: [...isAllowed],
            unchecked: [...given.unchecked, ...reports.flatMap(({ unchecked }) => unchecked)],
        };
    } finally {
        await given.remove();
    }
}

async function inPairs<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    const queue = [...items.entries()];
    const worker = async () => {
        for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
    };
    await Promise.all([worker(), worker()]);
    return results;
}
