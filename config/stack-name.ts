/**
 * Longest name of a stack. The longest of what is named after it is the namespace `<stack>-orchestration`, and that is a DNS label, of at
 * most 63 characters. test/unit/render/stack-names.test.ts renders a stack of this length and measures every name and label.
 */
export const longestStackName = 49;

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * Reason why a stack can't have a name; undefined for one that it can. Pulumi itself takes 100 characters of either case, dots and
 * underscores, but namespaces, objects of the cluster and labels are named after a stack, and none of them may have those.
 *
 * @param stack The name alone, without organization and project: `dev`.
 */
export function stackNameProblem(stack: string): string | undefined {
    const allowed = `at most ${longestStackName} lower-case letters, digits and dashes, the first and last a letter or a digit`;
    if (stack === "") return `a stack has to have a name: ${allowed}`;
    const shown = JSON.stringify(stack.length > 60 ? `${stack.slice(0, 57)}…` : stack);
    if (!dnsLabel.test(stack)) {
        return `${shown} can't be the name of a stack, because namespaces are named after it: ${allowed}${nearest(stack)}`;
    }
    return stack.length > longestStackName
        ? `${shown} has ${stack.length} characters, and namespaces are named after it: ${allowed}`
        : undefined;
}

/** A name that is nearly the same and can be. */
function nearest(stack: string): string {
    const name = stack
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-|-$/g, "")
        .slice(0, longestStackName)
        .replace(/-$/, "");
    return name === "" || /[/\\]/.test(stack) ? "" : `; for example "${name}"`;
}
