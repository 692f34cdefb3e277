import { UserError } from "../../sandbox/lib/errors";
import type { Backend } from "../contracts";

/** Stacks of the Pulumi CLI. */
export const PulumiBackend = {
    open(): Promise<Backend> {
        throw new UserError("stacks of the Pulumi CLI can't be worked with yet");
    },
};
