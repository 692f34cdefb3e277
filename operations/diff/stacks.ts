import { existsSync } from "node:fs";
import { join } from "node:path";

import { UserError } from "../../lib/errors";
import { filesAt, trackedFiles } from "./git";

/** A stack, and on which sides it has a file. */
export interface StackChoice {
    stack: string;
    before: boolean;
    after: boolean;
}

/** A name of a stack that isn't there on either side. */
export class UnknownStack extends UserError {}

/**
 * The stacks to compare, by name.
 *
 * @param wanted names. @default every one with a file in the commit or, known to git, in the checkout
 * @throws UnknownStack when a wanted one has no file on either side, or there are no stacks at all
 */
export async function stacksOf(base: string, wanted: string[] | undefined, project: string): Promise<StackChoice[]> {
    const before = stackNames(await filesAt(base, project));
    const tracked = stackNames(await trackedFiles(project));
    const isThere = (stack: string) => existsSync(join(project, `Pulumi.${stack}.yaml`));
    const known = [...new Set([...before, ...tracked.filter(isThere)])].sort();
    const names = wanted?.length ? [...new Set(wanted)].sort() : known;
    const unknown = names.filter((stack) => !before.includes(stack) && !isThere(stack));
    if (unknown.length > 0) {
        throw new UnknownStack(
            `there is no stack file Pulumi.${unknown[0]}.yaml, neither before the change nor after it`,
            {
                allowed: known.join(", "),
            },
        );
    }
    if (names.length === 0)
        throw new UnknownStack("there are no stacks: no Pulumi.<stack>.yaml is committed", { where: project });
    return names.map((stack) => ({ stack, before: before.includes(stack), after: isThere(stack) }));
}

function stackNames(files: string[]): string[] {
    return files.flatMap((file) => /^Pulumi\.([A-Za-z0-9_.-]+)\.yaml$/.exec(file)?.[1] ?? []);
}
