import * as pulumi from "@pulumi/pulumi";

import { ConfigError } from "../config/errors";

/** The error of a handle that is asked for something which the config doesn't declare; it lists what there is. */
export function notDeclared(key: string, what: string, there: string[]): ConfigError {
    return new ConfigError([{ key, message: `${what}; there are ${there.join(", ") || "none"}` }], pulumi.getStack());
}
