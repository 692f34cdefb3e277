import { collectRequests } from "../../program/collect";
import { isComponentOrProvider, isRemoteComponent } from "./resources";

/**
 * Evaluates the program once without doing anything, so that a mistake in the stack file shows at once, and not after minutes
 * of building.
 *
 * @returns how many resources it declares, components left out
 */
export async function checkProgram(stack: string): Promise<number> {
    const { requests } = await collectRequests({ stack, offline: true });
    return requests.filter((request) => !isComponentOrProvider(request) || isRemoteComponent(request)).length;
}
