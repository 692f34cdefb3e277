import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { NamespaceRef, SecretRef } from "../contracts";
import { labels } from "../labels";

/** The keys' names are the chart's. */
type Key = "fernet-key" | "api-secret-key" | "jwt-secret";

export interface KeysArgs {
    namespace: NamespaceRef;
    /** Raise by one to replace what signs; sessions and tasks under way end with it. */
    rotation: number;
    round: pulumi.Input<string>;
}

/**
 * What Airflow encrypts and signs with: made once and kept, because the chart would make them anew at every upgrade.
 *
 * The Fernet key isn't replaced with the rest: what people put into Airflow's database could no longer be read.
 */
export function keysSecret(
    name: string,
    { namespace, rotation, round }: KeysArgs,
    opts: pulumi.CustomResourceOptions,
): SecretRef<Key> {
    const generated = (key: Key, length: number, keepers: Record<string, string>) =>
        new random.RandomPassword(`${name}-${key}`, { length, special: false, keepers }, opts).result;
    const signing = { rotation: String(rotation) };
    const contents: Record<Key, pulumi.Output<string>> = {
        "fernet-key": pulumi.secret(generated("fernet-key", 32, {}).apply(fernetKey)),
        "api-secret-key": generated("api-secret-key", 64, signing),
        // The algorithm wants as many bytes as its hash has.
        "jwt-secret": generated("jwt-secret", 64, signing),
    };
    const secret = new k8s.core.v1.Secret(
        name,
        {
            metadata: { name, namespace: namespace.ready, labels: labels({ name, component: "orchestration" }) },
            type: "Opaque",
            stringData: contents,
        },
        opts,
    );
    return new SecretRef(name, namespace.name, Object.keys(contents) as Key[], secret, round, contents);
}

/** A Fernet key of 32 letters: their bytes in base64 for URLs, with its padding. */
export function fernetKey(letters: string): string {
    return Buffer.from(letters).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
