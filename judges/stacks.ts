import { type Rendered, renderStack } from "../render/manifests";
import { type ChartForm } from "../render/sources";
import { prepareCharts } from "../sandbox/charts";
import { Allowed, readAllowed } from "./allowed";
import { bundle, type Bundle } from "./bundle";
import { checkov } from "./checkov";
import { kubeScore } from "./kube-score";
import { kubeconform } from "./kubeconform";
import { type Finding, type Verdict } from "./verdict";

/** The stacks that are judged in every test run. */
export const allStacks = ["dev", "staging", "prod", "sandbox"];

/** What all judges say of one stack. */
export interface StackVerdict {
    stack: string;
    verdicts: Verdict[];
    /** Findings that nothing allows. */
    open: Finding[];
    /** Findings that stand, by the allow-list. */
    allowed: Finding[];
    /** What nobody could judge, and why. */
    notJudged: string[];
}

/** What all judges say of some stacks. */
export interface Judgement {
    stacks: StackVerdict[];
    /** What of the allow-list matched nothing; only when all stacks were judged. */
    stale: string[];
}

/** Those who judge a stack's files. */
export const judges = [kubeconform, checkov, kubeScore];

/** The objects of a stack as the judges get them. */
export async function bundleOfStack(stack: string, charts: ChartForm): Promise<Bundle> {
    // The charts and definitions that come out of Go modules.
    if (charts === "directories") await prepareCharts();
    const rendered: Rendered = await renderStack({ stack, charts });
    const definitions = rendered.objects
        .map(({ manifest }) => manifest)
        .filter(({ kind }) => kind === "CustomResourceDefinition");
    return bundle(stack, rendered.tree, definitions);
}

/**
 * Renders stacks and has them judged, two at a time.
 *
 * @param stacks their names; with all four of them the allow-list is checked for what matches nothing
 * @param charts where charts are taken from
 */
export async function judge(stacks: string[], charts: ChartForm, entries = readAllowed()): Promise<Judgement> {
    const allowed = new Allowed(entries);
    const verdicts = await inPairs(stacks, async (stack) => judgeStack(await bundleOfStack(stack, charts), allowed));
    const whole = allStacks.every((stack) => stacks.includes(stack)) && charts === "directories";
    return { stacks: verdicts, stale: whole ? allowed.stale(stacks) : [] };
}

/** Has one stack judged, and removes what was laid out for it. */
export async function judgeStack(given: Bundle, allowed: Allowed): Promise<StackVerdict> {
    try {
        const verdicts: Verdict[] = [];
        for (const each of judges) verdicts.push(await each(given));
        const findings = [...given.findings, ...verdicts.flatMap((verdict) => verdict.findings)];
        const isAllowed = new Set(findings.filter((finding) => allowed.allows(given.stack, finding)));
        return {
            stack: given.stack,
            verdicts,
            open: findings.filter((finding) => !isAllowed.has(finding)),
            allowed: [...isAllowed],
            notJudged: [...given.notJudged, ...verdicts.flatMap(({ notJudged }) => notJudged)],
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
