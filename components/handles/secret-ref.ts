import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef } from "./peer";

/**
 * A Secret that a workload reads, by name and keys. Implementations: `SecretRef`, for one that the program makes, and `ExistingSecret`,
 * for one that is there.
 */
export interface WorkloadSecret<Key extends string = string> {
    readonly name: string;
    readonly namespace: string;
    readonly keys: readonly Key[];
    /** Another one when what is in it is replaced, so that what has read it is restarted. */
    readonly secretVersion: pulumi.Input<string>;
    /** Resources to depend on before a pod reads it. */
    readonly ready: readonly pulumi.Resource[];
    /** One of its keys, for a container's environment or for a file. The compiler knows which there are. */
    key(key: Key): SecretKeyRef;
    /** Reason why pods of a namespace can't have it; undefined where they can. */
    absentIn(namespace: string): string | undefined;
    /** The same Secret in another namespace. */
    in(namespace: NamespaceRef): WorkloadSecret<Key>;
}

/**
 * A handle on a Kubernetes Secret: its name and the keys that it has, never a value. Only names enter chart values and
 * workloads; who needs the Secret in another namespace asks for a copy with `in`.
 */
export class SecretRef<Key extends string = string> implements WorkloadSecret<Key> {
    private readonly copies = new Map<string, SecretRef<Key>>();
    /** Resource that knows the new contents before a copy has them: a pod that starts in between would be refused. @default nothing */
    after?: pulumi.Resource;

    constructor(
        readonly name: string,
        readonly namespace: string,
        readonly keys: readonly Key[],
        /** The Secret itself, for `dependsOn`. */
        readonly resource: k8s.core.v1.Secret,
        /** Another one when the passwords in it are replaced, so that what has read it is restarted. */
        readonly secretVersion: pulumi.Input<string>,
        private readonly contents: Record<string, pulumi.Input<string>>,
    ) {}

    /** Name and keys of the Secret, for people; never a value. */
    get address(): { namespace: string; name: string; keys: readonly Key[] } {
        return { namespace: this.namespace, name: this.name, keys: this.keys };
    }

    get ready(): readonly pulumi.Resource[] {
        return [this.resource];
    }

    /** None: it copies itself. */
    absentIn(): undefined {
        return undefined;
    }

    /** One of its keys, for a container's environment. The compiler knows which there are. */
    key(key: Key): SecretKeyRef {
        return new SecretKeyRef(this, key);
    }

    /** Contents in another form, to make another Secret of; secret, like the contents. */
    as<T>(make: (contents: Record<Key, string>) => T): pulumi.Output<T> {
        const known = pulumi.all(this.contents) as pulumi.Output<Record<Key, string>>;
        return pulumi.secret(known.apply(make)) as unknown as pulumi.Output<T>;
    }

    /** The same Secret in another namespace; the same copy each time it is asked for. */
    in(namespace: NamespaceRef): SecretRef<Key> {
        if (namespace.name === this.namespace) return this;
        const there = this.copies.get(namespace.name);
        if (there) return there;
        const copy = new k8s.core.v1.Secret(
            `${this.name}.${namespace.name}`,
            {
                metadata: { name: this.name, namespace: namespace.ready, labels: this.resource.metadata.labels },
                type: "Opaque",
                stringData: this.contents,
            },
            { parent: this.resource, ...(this.after ? { dependsOn: [this.after] } : {}) },
        );
        const ref = new SecretRef(this.name, namespace.name, this.keys, copy, this.secretVersion, this.contents);
        this.copies.set(namespace.name, ref);
        return ref;
    }
}

/** A Secret that somebody else makes: by hand, or by an operator such as External Secrets. Nothing of the program knows its contents. */
export class ExistingSecret<Key extends string = string> implements WorkloadSecret<Key> {
    readonly ready: readonly pulumi.Resource[] = [];

    constructor(
        readonly name: string,
        readonly namespace: string,
        readonly keys: readonly Key[],
        readonly secretVersion: string,
    ) {}

    key(key: Key): SecretKeyRef {
        return new SecretKeyRef(this, key);
    }

    absentIn(namespace: string): string | undefined {
        return namespace === this.namespace
            ? undefined
            : `is the existing Secret "${this.name}" of the namespace ${this.namespace}, and pods read Secrets of their own, ${namespace}, only; have it made there, and say that namespace`;
    }

    in(): this {
        return this;
    }
}

/** A Secret as chart values know it. */
export type SecretName = Pick<SecretRef, "name">;

/** One key of a Secret, asked for by its `key`. */
export class SecretKeyRef {
    constructor(
        readonly secret: WorkloadSecret,
        readonly key: string,
    ) {}

    /** The value of an environment variable, by names only. */
    get valueFrom(): k8s.types.input.core.v1.EnvVarSource {
        return { secretKeyRef: { name: this.secret.name, key: this.key } };
    }
}
