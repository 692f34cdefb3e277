import { Collected, collect } from "../collect";

/** The committed stacks that the drills look at. */
export const stacks = ["dev", "staging", "prod", "sandbox"];

const known = new Map<string, Promise<Collected>>();

/** All that a committed stack asks for; evaluated once for all drills. */
export function collected(stack: string): Promise<Collected> {
    const found = known.get(stack) ?? collect({ stack });
    known.set(stack, found);
    return found;
}
