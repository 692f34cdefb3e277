import { createHmac } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * The round of a system's passwords, as it goes into chart values and annotations: another one restarts what has read them.
 *
 * A generated password changes with `rotation` alone. One of the team's own may change at any time, so a sum of those follows. Without
 * the key, which is generated and stands in the state as a secret, the sum tells nothing: with a plain hash, whoever reads an
 * annotation could sort guesses of a password by it. Known in a preview but for the very first one.
 *
 * @param name The system's; the key is called after it.
 */
export function secretVersionOf(
    name: string,
    rotation: number,
    own: Record<string, string>,
    opts: Pick<pulumi.CustomResourceOptions, "parent">,
): pulumi.Input<string> {
    const entries = Object.entries(own).sort(([one], [other]) => one.localeCompare(other));
    if (entries.length === 0) return String(rotation);
    const key = new random.RandomPassword(`${name}-round-key`, { length: 32, special: false }, { parent: opts.parent });
    const sum = key.result.apply((known) => createHmac("sha256", known).update(JSON.stringify(entries)).digest("hex"));
    return pulumi.unsecret(sum).apply((known) => `${rotation}-${known.slice(0, 8)}`);
}

/**
 * The round of the object store's. Another one than `secretVersionOf` once said: the access keys, which were the applications' names, are as
 * random as the passwords, and what had read the old ones must be restarted.
 */
export function storeSecretVersion(
    name: string,
    rotation: number,
    credentials: Record<string, string> | undefined,
    opts: Pick<pulumi.CustomResourceOptions, "parent">,
): pulumi.Input<string> {
    const own = passwordOverrides(credentials, "objectStore");
    return Object.keys(own).length === 0 ? `${rotation}-1` : secretVersionOf(name, rotation, own, opts);
}

/** Those passwords of the team's own that are of one system, e.g. `objectStore`. */
export function passwordOverrides(
    credentials: Record<string, string> | undefined,
    system: string,
): Record<string, string> {
    return Object.fromEntries(Object.entries(credentials ?? {}).filter(([key]) => key.startsWith(`${system}.`)));
}
