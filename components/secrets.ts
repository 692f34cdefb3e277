import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { NamespaceRef, SecretRef } from "./contracts";
import { labels } from "./labels";

export interface PasswordSecretArgs<Plain extends string, Generated extends string, Derived extends string = never> {
    namespace: NamespaceRef;
    /** The system that the Secret belongs to, for its labels. */
    component: string;
    /** Keys whose value is no secret, such as a user name. */
    plain: Record<Plain, string>;
    /** Keys whose value is a password: of the team's own, or generated once and kept in the state. */
    passwords: Record<Generated, string | undefined>;
    /** Keys made of all those above, such as a URL with the password in it; as secret as the passwords. @default none */
    derived?: Record<Derived, (values: Record<Plain | Generated, string>) => string>;
    /** Raise by one to replace the generated passwords. */
    rotation: number;
    /** The system's round of passwords, by `secretVersionOf`. */
    secretVersion: pulumi.Input<string>;
    /** Further labels of the Secret, by which others find it. @default none */
    labels?: Record<string, string>;
    /** Kubernetes' type of the Secret; copies of it are Opaque. @default Opaque */
    type?: "Opaque" | "kubernetes.io/basic-auth";
}

/** A Kubernetes Secret with passwords that stay the same over any number of updates until `rotation` is raised. */
export function passwordSecret<Plain extends string, Generated extends string, Derived extends string = never>(
    name: string,
    args: PasswordSecretArgs<Plain, Generated, Derived>,
    opts: pulumi.CustomResourceOptions,
): SecretRef<Plain | Generated | Derived> {
    const contents: Record<string, pulumi.Input<string>> = { ...args.plain };
    for (const [key, own] of Object.entries<string | undefined>(args.passwords)) {
        contents[key] = own === undefined ? generated(`${name}-${key}`, args.rotation, opts) : pulumi.secret(own);
    }
    const values = pulumi.all(contents) as pulumi.Output<Record<Plain | Generated, string>>;
    for (const [key, derive] of Object.entries<(known: Record<Plain | Generated, string>) => string>(
        args.derived ?? {},
    )) {
        contents[key] = pulumi.secret(values.apply(derive));
    }
    const secret = new k8s.core.v1.Secret(
        name,
        {
            metadata: {
                name,
                namespace: args.namespace.ready,
                labels: { ...labels({ name, component: args.component }), ...args.labels },
            },
            type: args.type ?? "Opaque",
            stringData: contents,
        },
        opts,
    );
    const keys = Object.keys(contents) as (Plain | Generated | Derived)[];
    return new SecretRef(name, args.namespace.name, keys, secret, args.secretVersion, contents);
}

function generated(name: string, rotation: number, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
    // Letters and digits only: some clients put a password into a URL or a properties file. 32 of 62 are 190 bits.
    return new random.RandomPassword(
        name,
        { length: 32, special: false, keepers: { rotation: String(rotation) } },
        { parent: opts.parent, protect: opts.protect },
    ).result;
}
