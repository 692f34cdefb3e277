import { type Rendered } from "../../render/manifests";
import { renderForChecks } from "../../checks/stacks";

const known = new Map<string, Promise<Rendered>>();

/** A stack rendered by the charts in the project, once a test run. */
export function rendered(stack: string): Promise<Rendered> {
    let found = known.get(stack);
    if (!found) known.set(stack, (found = renderForChecks(stack, "directories")));
    return found;
}
