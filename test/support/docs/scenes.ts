import type { Bed } from "../../integration/bed";
import { Checkout } from "./checkout";
import { cutOffUpgrade, largerVolume, secretDeleted } from "./scenes-recovery";
import { upgradeOnABranch } from "./scenes-upgrades";

/** Brings something about that a page's next commands are about. */
export type Scene = (checkout: Checkout, bed: Bed) => Promise<void>;

/** By the name that stands above a block of commands. */
export const scenes: Record<string, Scene> = {
    "cut-off-upgrade": cutOffUpgrade,
    "larger-volume": largerVolume,
    "secret-deleted": secretDeleted,
    "upgrade-on-a-branch": upgradeOnABranch,
};
