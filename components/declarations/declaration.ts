import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { ConfigError } from "../../config/errors";
import { explain } from "../../config/parse";
import { claim, refuse } from "./collector";
import { DeclarationProblem } from "./error";

/** Problem of an argument. */
export interface ArgumentProblem {
    argument: string;
    message: string;
}

/** Look at several arguments together. */
export interface Rule<Args> {
    /** Arguments that must be of their types before it is asked. */
    of: (keyof Args & string)[];
    problems: (args: Args, declaration: { kind: string; name: string }) => ArgumentProblem[];
}

/** A declaration as it is looked at. */
export interface Declaration<Args> {
    /** Its class, such as `EtlCronJob`. */
    kind: string;
    name: string;
    args: Args;
    /** Reason why the name can't be; undefined for one that can. */
    nameProblem: (name: string) => string | undefined;
    /** Types of the arguments. */
    type: z.ZodType;
    rules: Rule<Args>[];
    /** Names of objects that it makes, as `<namespace>: <Kind> <name>`. */
    names: (name: string, args: Args) => string[];
}

/** Every problem of a declaration by itself; pure. */
export function problemsOf<Args>({ kind, name, args, nameProblem, type, rules }: Declaration<Args>): ArgumentProblem[] {
    const wrongName = typeof name === "string" ? nameProblem(name) : "must be a string";
    const issues = type.safeParse(args, { reportInput: true }).error?.issues ?? [];
    const asked = rules.filter(
        ({ of }) => !issues.some(({ path }) => path.length === 0 || of.some((key) => key === path[0])),
    );
    return [
        ...(wrongName === undefined ? [] : [{ argument: "name", message: wrongName }]),
        ...issues
            .flatMap((issue) => explain(issue, type))
            .map(({ key, message }) => ({ argument: key || "arguments", message })),
        ...asked.flatMap(({ problems }) => problems(args, { kind, name })),
    ];
}

/** Problem of a declaration's options: without a provider it would go to another cluster than all else, and wait for no check. */
export function placed(opts: pulumi.ComponentResourceOptions | undefined): ArgumentProblem[] {
    return opts?.provider || opts?.providers || opts?.parent
        ? []
        : [
              {
                  argument: "opts",
                  message:
                      "names no provider, so that it would go to the kubeconfig's current cluster and wait for no check; hand on the opts that index.ts and workloads/own have",
              },
          ];
}

/** Tells whether a declaration can be. If it can't, its problems are told with all others when the program has come to its end. */
export function accepted<Args>(declaration: Declaration<Args>, more: ArgumentProblem[] = []): boolean {
    const { kind, name, args, names } = declaration;
    const own = `${kind} ${JSON.stringify(name)}`;
    const problems: ArgumentProblem[] = [...problemsOf(declaration), ...more];
    if (problems.length === 0) {
        const [taken] = claim(own, names(name, args));
        if (taken) {
            problems.push({
                argument: "name",
                message: `${taken.owner} has the object "${taken.name}" already, which this one would make too; take another name`,
            });
        }
    }
    refuse(problems.map((problem): DeclarationProblem => ({ declaration: own, ...problem })));
    return problems.length === 0;
}

/** An output of what isn't made, because its declaration was refused: nobody waits for it any more. */
export function nothing<T>(): pulumi.Output<T> {
    return pulumi.output(new Promise<T>(() => undefined)) as pulumi.Output<T>;
}

/** The name of a component, or another one where it has none: Pulumi would end the program with a stack trace. */
export function componentName(name: unknown): string {
    return typeof name === "string" && name !== "" ? name : "unnamed";
}

/** The problems that a handle has with what it is asked for; none where it gives an answer. */
export function asking(argument: string, ask: () => unknown): ArgumentProblem[] {
    try {
        ask();
        return [];
    } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return error.problems.map(({ key, message }) => ({ argument, message: `${key} ${message}` }));
    }
}

/** The entries of a list that are groups of keys, with their places; what isn't is told by the type. */
export function entries<T extends object>(list: readonly T[] | undefined): [entry: T, index: number][] {
    if (!Array.isArray(list)) return [];
    return (list as unknown[]).flatMap((entry, index): [T, number][] =>
        typeof entry === "object" && entry !== null ? [[entry as T, index]] : [],
    );
}

/** Problems of a list's entries that say the same. */
export function repeated<T extends object>(
    list: readonly T[] | undefined,
    words: { of: (entry: T) => unknown; argument: (index: number) => string; message: (what: string) => string },
): ArgumentProblem[] {
    const seen = new Set<string>();
    return entries(list).flatMap(([entry, index]) => {
        const what = words.of(entry);
        if (typeof what !== "string") return [];
        if (seen.has(what)) return [{ argument: words.argument(index), message: words.message(what) }];
        seen.add(what);
        return [];
    });
}
