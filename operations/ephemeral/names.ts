import { UsageError } from "../../lib/errors";

/** Prefix of the names of pull requests' stacks. */
export const defaultPrefix = "pr-";

/** Longest number: with it a namespace, a release and everything that is named after them stay within 63 characters. */
const digits = 9;

/**
 * The stack of a pull request, `pr-7` for `7` or `pr-7`. Never named after a branch: that may be anything, and as long.
 *
 * @throws UsageError for what is neither
 */
export function stackOf(text: string): string {
    const [, number] = new RegExp(`^(?:${defaultPrefix})?([1-9]\\d{0,${digits - 1}})$`).exec(text) ?? [];
    if (number) return `${defaultPrefix}${number}`;
    throw new UsageError(`"${text}" is no short-lived stack`, {
        allowed: "the number of a pull request, or its stack: 7 or pr-7",
    });
}

/** Tells whether a stack's name is the prefix and a number, and nothing else: `pr-tools` is somebody's own. */
export function isEphemeral(stack: string, prefix = defaultPrefix): boolean {
    return stack.startsWith(prefix) && /^\d+$/.test(stack.slice(prefix.length));
}
