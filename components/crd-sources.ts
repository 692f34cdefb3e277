import * as pulumi from "@pulumi/pulumi";

import { ConfigError, Problem } from "../config/errors";
import { type Definitions, definitionsOf, SourceError } from "../program/definitions/sources";

/** CRDs of the sources that were read before the first resource, by config key. */
let prefetched: Promise<Map<string, Definitions>> | undefined;

/**
 * Reads the CRDs that a stack needs, so that an address that can't be read is told before anything is changed. What is in the
 * cache of this machine is not asked for.
 *
 * @param needed Sources by config key.
 * @param after Ends before the first is asked for; who asks for CRDs meanwhile waits.
 * @throws ConfigError with all that can't be used at once
 */
export async function prefetchCrds(
    needed: Record<string, string[]>,
    after: Promise<void> = Promise.resolve(),
): Promise<void> {
    const all = after.then(() => readAll(needed));
    // A caller that waits for a failed download waits for good: the program has ended.
    prefetched = new Promise((resolve) => void all.then(resolve, () => undefined));
    await all;
}

async function readAll(needed: Record<string, string[]>): Promise<Map<string, Definitions>> {
    const wanted = Object.entries(needed);
    const answers = await Promise.allSettled(wanted.map(([, sources]) => definitionsOf(sources)));
    const problems = answers.flatMap((answer, index) =>
        answer.status === "rejected" ? problemsOf(answer.reason, wanted[index][0]) : [],
    );
    if (problems.length > 0) throw new ConfigError(problems, pulumi.getStack());
    return new Map(
        answers.flatMap((answer, index) => (answer.status === "fulfilled" ? [[wanted[index][0], answer.value]] : [])),
    );
}

/** The CRDs of an operator. @throws ConfigError for a source that can't be used */
export async function crdsOf(sources: string[], key: string): Promise<Definitions> {
    const known = (await prefetched)?.get(key);
    if (known) return known;
    return definitionsOf(sources).catch((error: unknown) => {
        throw new ConfigError(problemsOf(error, key), pulumi.getStack());
    });
}

function problemsOf(error: unknown, key: string): Problem[] {
    const all = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    const unforeseen = all.find((each) => !(each instanceof SourceError));
    if (unforeseen !== undefined) throw unforeseen as Error;
    return all.map((each) => ({ key, message: (each as SourceError).message }));
}
