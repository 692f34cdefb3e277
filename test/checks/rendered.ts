import { type Rendered } from "../../render/manifests";
import { renderForJudges } from "../../checks/stacks";

const known = new Map<string, Promise<Rendered>>();

/** A stack rendered by the charts in the project, once a test run. */
export function rendered(stack: string): Promise<Rendered> {
    let found = known.get(stack);
    if (!found) known.set(stack, (found = renderForJudges(stack, "directories")));
    return found;
}
