import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { NamespaceRef, SecretRef } from "../contracts";
import { labels } from "../labels";

/** The keys' names are the chart's. */
export type Key = "fernet-key" | "api-secret-key" | "jwt-secret";

export interface KeysArgs {
    namespace: NamespaceRef;
    /** Raise by one to replace them all; sessions and tasks under way end with what signs. */
    rotation: number;
    secretVersion: pulumi.Input<string>;
}

/**
 * Secret of Airflow's keys for encryption and signatures: made once and kept, because the chart would make them anew at every upgrade.
 *
 * A new Fernet key stands before those that it replaces, which can still be read with; what is in the database is encrypted anew by
 * `encryptAnew`, so the one before the last can go. The first one stays behind the others: it served all rounds of stacks that are
 * older than this, and nothing tells which round those are in.
 */
export function keysSecret(
    name: string,
    { namespace, rotation, secretVersion }: KeysArgs,
    opts: pulumi.CustomResourceOptions,
): SecretRef<Key> {
    const generated = (key: string, length: number, keepers: Record<string, string>) =>
        new random.RandomPassword(`${name}-${key}`, { length, special: false, keepers }, opts).result;
    const signing = { rotation: String(rotation) };
    const fernet = fernetRounds(rotation).map((each) => generated(each, 32, {}));
    const contents: Record<Key, pulumi.Output<string>> = {
        "fernet-key": pulumi.secret(pulumi.all(fernet).apply((all) => all.map(fernetKey).join(","))),
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
    return new SecretRef(name, namespace.name, Object.keys(contents) as Key[], secret, secretVersion, contents);
}

/** The names of the Fernet keys of a round: the one to encrypt with first, then those to read with. */
export function fernetRounds(rotation: number): string[] {
    const later = [rotation, rotation - 1].filter((secretVersion) => secretVersion > 1);
    return [...later.map((secretVersion) => `fernet-key-${secretVersion}`), "fernet-key"];
}

/** A Fernet key of 32 letters: their bytes in base64 for URLs, with its padding. */
export function fernetKey(letters: string): string {
    return Buffer.from(letters).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
