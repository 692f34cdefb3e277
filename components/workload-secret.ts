import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";

import { keyPath } from "../config/key-path";
import type { PlatformConfig } from "../config/schema";
import { secretPlaceholder } from "../config/secret";
import { labelNameProblem, objectNameProblem, secretKeyProblem } from "../config/values/names";
import { ExistingSecret, NamespaceRef, SecretRef, WorkloadSecret } from "./contracts";
import { accepted } from "./declarations";
import type { ArgumentProblem } from "./declarations/declaration";
import { handle, ruled } from "./declarations/types";
import { labels } from "./labels";
import { secretVersionOf } from "./rotation";

/** Form of a secret's value: any `text`, a whole `json` document, or `pem` blocks such as a private key. */
export type SecretForm = "text" | "json" | "pem";

export interface WorkloadSecretArgs<Key extends string> {
    /** The stack's secrets: `config.secrets`. */
    from: PlatformConfig["secrets"];
    /** Namespace of the workloads that read it. */
    namespace: NamespaceRef;
    /** Its keys, each with the form of its value; each must be in the config. */
    keys: Record<Key, SecretForm>;
}

const key = ruled(secretKeyProblem);
const someKeys = "must name a key at least";
const namespace = z.object({
    name: ruled(labelNameProblem),
    ready: handle("an output, which waits for the namespace"),
});

const type = z.object({
    from: handle("the stack's secrets, config.secrets").optional(),
    namespace,
    keys: z.record(key, z.enum(["text", "json", "pem"])).refine((keys) => Object.keys(keys).length > 0, someKeys),
});

/**
 * A secret of workloads out of the stack's config: `secrets.<name>.<key>`, set by `pulumi config set --secret --path`. It is a Kubernetes
 * Secret `workload-<name>`; a value that is missing, or not of its form, is a problem of the declaration, and nothing is made up for it. Another
 * value restarts what reads it, and nothing else.
 *
 * @param name Its name in the config.
 */
export function workloadSecret<Key extends string>(
    name: string,
    args: WorkloadSecretArgs<Key>,
    opts: pulumi.CustomResourceOptions,
): WorkloadSecret<Key> {
    const object = `workload-${name}`;
    const possible = accepted<WorkloadSecretArgs<Key>>({
        ...{ kind: "workloadSecret", name, args, type },
        nameProblem: (text) =>
            labelNameProblem(text, { most: 50, letterFirst: true, why: "it is a part of the Secret's name" }),
        rules: [{ of: ["from", "keys"], problems: ({ from = {}, keys }) => valueProblems(name, from, keys) }],
        names: (_, { namespace: { name: there } }) => [`${there}: Secret ${object}`],
    });
    const keys = Object.keys((args as Partial<typeof args> | undefined)?.keys ?? {}) as Key[];
    // Those who read it are looked at all the same, so that all problems are told at once.
    if (!possible) return new ExistingSecret(object, (args as Partial<typeof args>)?.namespace?.name ?? "", keys, "1");
    const values = Object.fromEntries(keys.map((each) => [each, args.from?.[name][each] ?? ""]));
    const contents = Object.fromEntries(Object.entries(values).map(([each, value]) => [each, pulumi.secret(value)]));
    const secret = new k8s.core.v1.Secret(
        object,
        {
            metadata: {
                name: object,
                namespace: args.namespace.ready,
                labels: labels({ name: object, component: "etl" }),
            },
            type: "Opaque",
            stringData: contents,
        },
        opts,
    );
    const version = secretVersionOf(object, 1, values, { ...opts });
    return new SecretRef(object, args.namespace.name, keys, secret, version, contents);
}

export interface ExistingSecretArgs<Key extends string> {
    /** Namespace of the Secret, which is that of the workloads that read it. */
    namespace: NamespaceRef;
    /** Its keys. Pods wait until the Secret is there with those that they read. */
    keys: readonly Key[];
    /** Another text restarts what reads it: who replaces its contents raises this. @default "1" */
    version?: string;
}

const existing = z.object({
    namespace,
    keys: z.array(key).min(1, someKeys),
    version: z
        .string()
        .regex(/^[\w.-]{1,63}$/, 'must be a short text such as "2"')
        .optional(),
});

/** A Secret that is made by hand, or by an operator such as External Secrets: it is read by its name, and never made, changed or deleted. */
export function existingSecret<Key extends string>(name: string, args: ExistingSecretArgs<Key>): WorkloadSecret<Key> {
    accepted<ExistingSecretArgs<Key>>({
        ...{ kind: "existingSecret", name, args, type: existing },
        nameProblem: objectNameProblem,
        rules: [],
        names: () => [],
    });
    const { namespace: there, keys, version = "1" } = (args ?? {}) as Partial<typeof args>;
    return new ExistingSecret(name, there?.name ?? "", Array.isArray(keys) ? (keys as Key[]) : [], version);
}

/** Problems of values, which are never quoted. */
function valueProblems(
    name: string,
    from: NonNullable<PlatformConfig["secrets"]>,
    keys: Record<string, SecretForm>,
): ArgumentProblem[] {
    const given = Object.hasOwn(from, name) ? from[name] : {};
    return Object.entries(keys).flatMap(([each, form]) => {
        const message = Object.hasOwn(given, each)
            ? formProblem(given[each], form)
            : `isn't in the stack's config${known(name, each, from)}`;
        const path = keyPath(["secrets", name, each]);
        const set = `set it with \`pulumi config set --secret --path '${path}' < file\``;
        return message === undefined ? [] : [{ argument: keyPath(["keys", each]), message: `${message}; ${set}` }];
    });
}

/** The nearest of what there is instead. */
function known(name: string, key: string, from: NonNullable<PlatformConfig["secrets"]>): string {
    const [what, there, wanted] = Object.hasOwn(from, name)
        ? [`secrets.${name} has`, Object.keys(from[name]), key]
        : ["secrets has", Object.keys(from), name];
    if (there.length === 0) return "";
    const nearest = closest(wanted, there);
    const meant = distance(wanted, nearest) <= 2 ? `, did you mean "${nearest}"?` : "";
    return `, where ${what} ${[...there].sort().join(", ")}${meant}`;
}

function formProblem(value: string, form: SecretForm): string | undefined {
    // Encrypted, and nobody has the passphrase here: a rendering, a doctor.
    if (value === secretPlaceholder || form === "text") return undefined;
    if (form === "pem") {
        return /-----BEGIN ([A-Z0-9 ]+)-----[\r\n][^]*-----END \1-----/.test(value)
            ? undefined
            : 'is no PEM, which begins with a line such as "-----BEGIN PRIVATE KEY-----" and has lines of its own';
    }
    try {
        JSON.parse(value);
        return undefined;
    } catch {
        return "is no JSON";
    }
}
