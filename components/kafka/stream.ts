import { createHash } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import { EventStreamConfig } from "../../config/schema";
import { SecretRef } from "../contracts";
import { passwordSecret } from "../secrets";
import { Server, ServerArgs } from "../server";
import { notDeclared } from "../undeclared";

/** Arguments of every implementation of the event stream. */
export interface StreamArgs extends ServerArgs, EventStreamConfig {}

/** Name and password of one application. */
export type UserSecret = SecretRef<"username" | "password">;

/** The applications that some topic names, each once. */
export function applications({ topics }: Pick<StreamArgs, "topics">): string[] {
    return [...new Set(topics.flatMap(({ producers, consumers }) => [...producers, ...consumers]))].sort();
}

/** Topics that an application may write to, and those that it may read from. */
export function accessOf(app: string, topics: StreamArgs["topics"]): { produce: string[]; consume: string[] } {
    return {
        produce: topics.filter(({ producers }) => producers.includes(app)).map(({ name }) => name),
        consume: topics.filter(({ consumers }) => consumers.includes(app)).map(({ name }) => name),
    };
}

/** Arguments of the Secrets of users. */
export type UserArgs = Pick<StreamArgs, "namespace" | "credentials" | "rotation"> & {
    secretVersion: pulumi.Input<string>;
};

/** A Secret an application, `<name>-user-<application>`. */
export function userSecrets(
    name: string,
    args: UserArgs & Pick<StreamArgs, "topics">,
    opts: pulumi.CustomResourceOptions,
): Record<string, UserSecret> {
    return Object.fromEntries(applications(args).map((app) => [app, userSecret(name, app, args, opts)]));
}

/** The Secret of one user, `<name>-user-<user>`. */
export function userSecret(
    name: string,
    user: string,
    { namespace, credentials = {}, rotation, secretVersion }: UserArgs,
    opts: pulumi.CustomResourceOptions,
): UserSecret {
    return passwordSecret(
        `${name}-user-${user}`,
        {
            namespace,
            component: "streaming",
            rotation,
            secretVersion,
            plain: { username: user },
            passwords: { password: credentials[`eventStream.${user}`] },
        },
        opts,
    );
}

/** The side of every implementation that clients ask. */
export abstract class KafkaServer extends Server {
    readonly protocol = "SASL_SSL";
    readonly mechanism = "SCRAM-SHA-512";

    protected abstract readonly users: Record<string, UserSecret>;
    private readonly topics: string[];

    protected constructor(type: string, name: string, args: StreamArgs, opts?: pulumi.ComponentResourceOptions) {
        super(type, name, args.authority, opts);
        this.topics = args.topics.map((topic) => topic.name);
    }

    /** The topic's name. @throws ConfigError for one that isn't declared. */
    topic(name: string): string {
        if (this.topics.includes(name)) return name;
        throw notDeclared("eventStream.topics", `has no topic "${name}"`, this.topics);
    }

    /** Credentials of one application. @throws ConfigError for one that no topic names. */
    user(app: string): UserSecret {
        if (app in this.users) return this.users[app];
        throw notDeclared("eventStream.topics", `no topic names the application "${app}"`, Object.keys(this.users));
    }
}

/**
 * The Kafka cluster's own id, 22 characters. It follows from the stack and the name, because a kept volume carries it: a stack
 * that is made anew must find its data again.
 */
export function clusterId(project: string, stack: string, name: string): string {
    const id = createHash("sha256").update([project, stack, name].join("/")).digest().subarray(0, 16);
    // Kafka's own ids never begin with a dash, which its tools would take for an option.
    id[0] &= 0x7f;
    return id.toString("base64url");
}

/** Copies of a partition, where a topic doesn't say. */
export function copies({ nodes }: Pick<StreamArgs, "nodes">): number {
    return Math.min(3, nodes);
}
