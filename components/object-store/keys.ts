import * as pulumi from "@pulumi/pulumi";

import { sharedCredentials } from "../aws-credentials";
import { NamespaceRef, SecretRef, StoreKey } from "../contracts";
import { passwordSecret } from "../secrets";
import { notDeclared } from "../undeclared";

export interface KeySecretArgs {
    namespace: NamespaceRef;
    /** Keys of the team's own, by `objectStore.<application>` and `objectStore.<application>.accessKey`. */
    credentials: Record<string, string>;
    rotation: number;
    secretVersion: pulumi.Input<string>;
}

/** The Secret of one application: keys of the team's own, or generated ones. */
export function keySecret(
    name: string,
    application: string,
    { credentials, ...common }: KeySecretArgs,
    opts: pulumi.CustomResourceOptions,
): SecretRef<StoreKey> {
    return passwordSecret(
        `${name}-user-${application}`,
        {
            ...common,
            component: "storage",
            plain: {},
            // The application's name is no key: whoever knows a key is half way in.
            passwords: {
                accessKey: credentials[`objectStore.${application}.accessKey`],
                secretKey: credentials[`objectStore.${application}`],
            },
            derived: { credentials: (keys) => sharedCredentials(keys) },
        },
        opts,
    );
}

/** The error for a bucket that isn't declared. */
export function noBucket(bucket: string, there: string[]) {
    return notDeclared("objectStore.buckets", `has no bucket "${bucket}"`, there);
}

/** The error for an application that no bucket names. */
export function noApplication(application: string, there: string[]) {
    return notDeclared("objectStore.buckets", `no bucket names the application "${application}"`, there);
}
