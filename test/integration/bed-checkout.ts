import { prepareCharts, prepareCrds } from "../../tools/charts";
import { repoRoot } from "../../lib/paths";
import { Checkout, checkoutFor } from "../support/docs/checkout";
import { Bed, useBed } from "./bed";
import { dropDefinitions, everything } from "./world";

/** The bed without any definitions, all that is in it then, and a checkout of a user's own that works on it. */
export async function bedAndCheckout(): Promise<{ bed: Bed; before: Set<string>; checkout: Checkout }> {
    await prepareCharts();
    await prepareCrds();
    const bed = await useBed();
    await dropDefinitions(bed.kube);
    const before = await everything(bed.kube);
    return { bed, before, checkout: await checkoutFor(bed, repoRoot) };
}
