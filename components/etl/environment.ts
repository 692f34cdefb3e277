import { z } from "zod";

import { holdsSecret, secretShape } from "../../config/secret-words";
import { type ArgumentProblem, type Rule } from "../declarations/declaration";
import { input, variable } from "../declarations/types";
import type { EtlArgs } from "./args";
import { boundVariables } from "./bindings";

/** Variables of an environment; a value may be known later. */
export const variables = z.record(variable, input(z.string()));

const clear =
    "looks like a secret, and this stands in the clear in the state and in the cluster; put it into a Secret, and name its key in secretEnv";

/** The secrets among plain settings, which are told by their names. */
export function secretsIn(argument: string, env: Record<string, unknown> = {}): ArgumentProblem[] {
    return Object.entries(env)
        .filter(
            ([name, value]) =>
                typeof value === "string" && (holdsSecret(name, value) || secretShape(value) !== undefined),
        )
        .map(([name]) => ({ argument: `${argument}.${name}`, message: clear }));
}

/** The secrets among the words of a command. */
function secretWords(argument: string, words: readonly unknown[] = []): ArgumentProblem[] {
    return words.flatMap((word, index) => {
        const shape = typeof word === "string" ? secretShape(word) : undefined;
        return shape
            ? [
                  {
                      argument: `${argument}[${index}]`,
                      message: `has ${shape} in it, and this stands in the clear; put it into a Secret, and name its key in secretEnv`,
                  },
              ]
            : [];
    });
}

/** Variables that the platform sets by itself, told apart from the author's. */
export function ownedVariables(
    argument: string,
    env: object | undefined,
    args: Parameters<typeof boundVariables>[0],
): ArgumentProblem[] {
    const owned = boundVariables(args);
    return Object.keys(env ?? {})
        .filter((name) => Object.hasOwn(owned, name))
        .map((name) => ({
            argument: `${argument}.${name}`,
            message: `is set by ${owned[name]}; leave it out, or leave that out`,
        }));
}

/** Variables that are plain and a secret as well. */
export function bothIn(
    prefix: string,
    { env = {}, secretEnv = {} }: Pick<EtlArgs, "env" | "secretEnv">,
): ArgumentProblem[] {
    return Object.keys(secretEnv)
        .filter((name) => Object.hasOwn(env, name))
        .map((name) => ({
            argument: `${prefix}secretEnv.${name}`,
            message: "is in env too, and a variable has one value; leave one of both out",
        }));
}

export const environmentRules: Rule<EtlArgs>[] = [
    {
        of: ["env", "secretEnv", "initContainers", "command", "args"],
        problems: ({ env, initContainers = [], command, args }) => [
            ...secretsIn("env", env),
            ...initContainers.flatMap((each, index) => [
                ...secretsIn(`initContainers[${index}].env`, each.env),
                ...secretWords(`initContainers[${index}].command`, each.command),
                ...secretWords(`initContainers[${index}].args`, each.args),
            ]),
            ...secretWords("command", command),
            ...secretWords("args", args),
        ],
    },
    {
        of: ["env", "secretEnv", "initContainers"],
        problems: ({ initContainers = [], ...args }) => [
            ...bothIn("", args),
            ...initContainers.flatMap((each, index) => bothIn(`initContainers[${index}].`, each)),
        ],
    },
    {
        of: ["env", "secretEnv", "initContainers", "stream", "store", "tracking", "database", "egress"],
        problems: (args) => [
            ...ownedVariables("env", args.env, args),
            ...ownedVariables("secretEnv", args.secretEnv, args),
            ...(args.initContainers ?? []).flatMap(({ env, secretEnv }, index) => [
                ...ownedVariables(`initContainers[${index}].env`, env, args),
                ...ownedVariables(`initContainers[${index}].secretEnv`, secretEnv, args),
            ]),
        ],
    },
];
