// What has to be true of every workflow here, beside what actionlint knows: each rule names what breaks it.
import { type Command } from "commander";
import { parse } from "yaml";

export interface Step {
    id?: string;
    run?: string;
    uses?: string;
    if?: string | boolean;
    with?: Record<string, unknown>;
    env?: Record<string, unknown>;
}

export interface Job extends Step {
    environment?: string | { name?: string };
    outputs?: Record<string, string>;
    secrets?: unknown;
    permissions?: Record<string, string> | string;
    concurrency?: string | { group?: string; "cancel-in-progress"?: unknown };
    steps?: Step[];
    needs?: string | string[];
}

export interface Workflow {
    on?: Record<string, unknown> | string | string[];
    permissions?: Record<string, string> | string;
    concurrency?: Job["concurrency"];
    env?: Record<string, unknown>;
    jobs?: Record<string, Job>;
    /** Of a composite action. */
    runs?: { steps?: Step[] };
}

/** Programs that a `run:` may call. */
export interface Known {
    /** By path, e.g. `github comment`. */
    commands: Map<string, Command>;
    makefile: string;
}

export const parseWorkflow = (text: string) => parse(text) as Workflow;

const jobsOf = ({ jobs = {} }: Workflow) => Object.entries(jobs);
const stepsOf = (workflow: Workflow): Step[] => [
    ...jobsOf(workflow).flatMap(([, job]) => [...(job.steps ?? []), ...(job.uses ? [{ uses: job.uses }] : [])]),
    ...(workflow.runs?.steps ?? []),
];

/** Everything that breaks a rule, a line each. */
export function problems(workflow: Workflow, known: Known): string[] {
    const isAction = workflow.runs !== undefined;
    return [
        ...stepsOf(workflow).flatMap((step) => [
            ...(step.run === undefined ? [] : commandProblems(step.run, known)),
            ...(step.uses === undefined ? [] : pinProblems(step.uses)),
            ...(step.uses?.startsWith("actions/checkout@") && step.with?.["persist-credentials"] !== false
                ? ["checkout leaves its token in the clone"]
                : []),
        ]),
        ...(isAction ? [] : [...permissionProblems(workflow), ...npxProblems(workflow)]),
        ...triggerProblems(workflow),
    ];
}

/** Others' actions by a commit's whole hash; ours by their path. */
function pinProblems(uses: string): string[] {
    if (/^\.\/\.github\/(actions\/[a-z-]+|workflows\/[a-z-]+\.yml)$/.test(uses)) return [];
    return /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/.test(uses) ? [] : [`${uses} is not pinned to a commit`];
}

function permissionProblems(workflow: Workflow): string[] {
    return [
        ...(JSON.stringify(workflow.permissions) === "{}" ? [] : ["the workflow itself has permissions"]),
        ...jobsOf(workflow).flatMap(([name, { permissions }]) =>
            typeof permissions === "object" ? [] : [`the job ${name} doesn't say its permissions`],
        ),
    ];
}

/** npx would fetch a package of the command's name from the registry, should the command not be there. */
function npxProblems(workflow: Workflow): string[] {
    const uses = stepsOf(workflow).some(({ run }) => run?.startsWith("npx "));
    return !uses || workflow.env?.npm_config_yes === "false" ? [] : ["npx may fetch a program of the same name"];
}

function triggerProblems({ on = {} }: Workflow): string[] {
    const triggers = typeof on === "string" ? [on] : Array.isArray(on) ? on : Object.keys(on);
    return triggers.includes("pull_request_target")
        ? ["pull_request_target runs strangers' code with our secrets"]
        : [];
}

/** One command, which is known, with options that it has; nothing that a shell would do. */
function commandProblems(line: string, known: Known): string[] {
    if (line.includes("${{")) return [`an expression in a script: ${line}`];
    const words = wordsOf(line);
    if (!words) return [`more than one command, or a shell's work: ${line}`];
    return callProblems(words, known).map((problem) => `${problem}: ${line}`);
}

/** The words of a line; none if there is anything in it that is no word. */
function wordsOf(line: string): string[] | undefined {
    const word = /\s*("(?:[^"`\\$]|\$[A-Z_]+)*"|[\w./:=@,-]+)(?=\s|$)/y;
    const words: string[] = [];
    const text = line.trim();
    for (let at = 0; at < text.length; at = word.lastIndex) {
        word.lastIndex = at;
        const found = word.exec(text);
        if (!found) return undefined;
        words.push(found[1].replace(/^"|"$/g, ""));
    }
    return words;
}

function callProblems([program, ...args]: string[], known: Known): string[] {
    if (program === "make") return makeProblems(args, known.makefile);
    if (program === "npx" && args[0] === "data-platform") return ownProblems(args.slice(1), known);
    return [`${program} is no program of the project`];
}

function makeProblems(args: string[], makefile: string): string[] {
    return args.flatMap((arg) => {
        const [, variable] = /^([A-Z]+)=/.exec(arg) ?? [];
        if (variable) return makefile.includes(`$(${variable}`) ? [] : [`make knows no ${variable}`];
        return new RegExp(`^[a-z -]*\\b${arg}\\b[a-z -]*:`, "m").test(makefile) ? [] : [`make has no ${arg}`];
    });
}

function ownProblems(args: string[], known: Known): string[] {
    const [one = "", two = ""] = args;
    const path = known.commands.has(`${one} ${two}`) ? `${one} ${two}` : one;
    const command = known.commands.get(path);
    if (!command || (command.commands.length > 0 && path === one)) return [`data-platform has no ${one} ${two}`];
    const end = args.indexOf("--");
    const own = args.slice(path.split(" ").length, end < 0 ? undefined : end);
    const options = new Set(command.options.map(({ long }) => long));
    return [
        ...own.filter((arg) => arg.startsWith("-") && !options.has(arg)).map((arg) => `${path} has no ${arg}`),
        // What `github summary` runs is a command like any other.
        ...(end < 0 ? [] : callProblems(args.slice(end + 1), known)),
    ];
}

/** Jobs that change a stack, and whether something could end or skip one in the middle. */
export function concurrencyProblems(workflow: Workflow, group: RegExp): string[] {
    const of = (where: string, concurrency: Job["concurrency"]) => {
        if (typeof concurrency !== "object") return [`${where} has no concurrency group that says never to cancel`];
        return [
            ...(concurrency["cancel-in-progress"] === false ? [] : [`${where} may be cancelled in the middle`]),
            ...(group.test(concurrency.group ?? "") ? [] : [`${where} shares the group ${concurrency.group}`]),
        ];
    };
    if (workflow.concurrency !== undefined) return of("the workflow", workflow.concurrency);
    return jobsOf(workflow)
        .filter(([, { uses }]) => uses === undefined)
        .flatMap(([name, { concurrency }]) => of(`the job ${name}`, concurrency));
}
