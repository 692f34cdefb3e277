import { randomBytes } from "node:crypto";

import { z } from "zod";

import { pullCredential } from "../../config/pull-secret";
import { passwordUsers } from "../../config/rules/credentials";
import { PlatformConfig, schema } from "../../config/schema";
import { isSecret } from "../../config/secret";
import { platformConfig, project, readStackConfig, stackFile } from "../../program/stack-config";
import { Collected, sentinel } from "./collect";
import { SecretValue } from "./secrets";

/** A stack's config with a token in the place of each secret that it may have. */
export interface Watched {
    stack: string;
    config: Record<string, string>;
    secretKeys: string[];
    secrets: SecretValue[];
}

/** A PostgreSQL of somebody else's, whose passwords a stack has to be given. */
export const externalDatabase = { kind: "external", instances: 1, external: { host: "db.example.com" } };

/** DAGs from a private repository, whose token a stack has to be given. */
export const privateDags = {
    dags: { kind: "git", repo: "https://git.example.com/dags.git", ref: "main", username: "reader" },
};

/** DAGs from a repository by SSH, whose key a stack has to be given. */
export const sshDags = {
    dags: {
        ...{ kind: "git", repo: "git@git.example.com:team/dags.git", ref: "main" },
        knownHosts: "git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    },
};

/**
 * The config of a committed stack in which every secret that the schema knows is a token of its own.
 *
 * @param overrides Keys of the config to be set otherwise, by key without the project's prefix.
 */
export function watched(stack: string, overrides: Record<string, object> = {}, values = committed(stack)): Watched {
    const config = { ...values };
    for (const [key, value] of Object.entries(overrides)) {
        const full = `${project}:${key}`;
        config[full] = JSON.stringify({ ...(JSON.parse(config[full] ?? "{}") as object), ...value });
    }
    const secrets: SecretValue[] = [];
    const users = passwordUsers(withoutRules(config, stack));
    const found = fill(schema, "", users, secrets) as Record<string, unknown>;
    const login = token();
    secrets.push({ of: `credentials.${pullCredential}`, value: login });
    const { registry = "localhost" } = JSON.parse(config[`${project}:images`] ?? "{}") as { registry?: string };
    found.credentials = {
        ...(found.credentials as object | undefined),
        [pullCredential]: JSON.stringify({ auths: { [registry]: { username: "puller", password: login } } }),
    };
    for (const [key, value] of Object.entries(found)) config[`${project}:${key}`] = JSON.stringify(value);
    return { stack, config, secretKeys: Object.keys(found).map((key) => `${project}:${key}`), secrets };
}

function committed(stack: string): Record<string, string> {
    return readStackConfig(stackFile(stack)).values;
}

/** Of whom passwords may be asked, though the config isn't whole as long as they are missing. */
function withoutRules(values: Record<string, string>, stack: string): PlatformConfig {
    const given = { ...values };
    for (const key of ["database", "orchestrator"]) delete given[`${project}:${key}`];
    const config = platformConfig({ values: given }, stack);
    const own = (key: string) => JSON.parse(values[`${project}:${key}`] ?? "{}") as object;
    return {
        ...config,
        database: { ...config.database, ...own("database") },
        orchestrator: { ...config.orchestrator, ...own("orchestrator") },
    };
}

/** A token: nobody else's, and with what base64, a URL and JSON would write otherwise. */
export function token(): string {
    return `~${randomBytes(6).toString("hex")}+/=${randomBytes(6).toString("hex")}+/`;
}

/** A token that may be an access key of S3's, which stands in requests as it is. */
function keyToken(): string {
    return token().replace(/[^A-Za-z0-9_-]/g, "_");
}

/** Secret parts of a type, a token each; undefined when there are none. @throws Error for what it can't fill */
function fill(type: z.core.$ZodType, path: string, users: string[], secrets: SecretValue[]): unknown {
    if (isSecret(type)) {
        if (!(type instanceof z.ZodString))
            throw new Error(`${path} is secret and no text: teach the sentinel to fill it`);
        const value = path.endsWith(".accessKey") ? keyToken() : token();
        secrets.push({ of: path, value });
        return path.endsWith(".gitKey") ? `-----BEGIN PRIVATE KEY-----\n${value}\n-----END PRIVATE KEY-----\n` : value;
    }
    if (path === "secrets") return workloadSecrets(secrets);
    if (type instanceof z.ZodOptional) return fill(type.unwrap() as z.ZodType, path, users, secrets);
    if (type instanceof z.ZodArray) {
        if (fill(type.element as z.ZodType, path, users, []) !== undefined)
            throw new Error(`${path} is a list of secrets: teach the sentinel to fill it`);
        return undefined;
    }
    const entries =
        type instanceof z.ZodRecord
            ? users.map((user) => [user, type.valueType as z.ZodType] as const)
            : type instanceof z.ZodObject
              ? Object.entries(type.shape as Record<string, z.ZodType>)
              : [];
    const filled = entries
        .map(([key, inner]) => [key, fill(inner, path ? `${path}.${key}` : key, users, secrets)] as const)
        .filter(([, value]) => value !== undefined);
    return filled.length > 0 ? Object.fromEntries(filled) : undefined;
}

/** Secrets of the workloads of test/unit/fixtures/workload-secrets.ts, with a token in the middle of each. */
function workloadSecrets(secrets: SecretValue[]): Record<string, Record<string, string>> {
    const value = (of: string, form: (token: string) => string = (plain) => plain) => {
        const own = token();
        secrets.push({ of, value: own });
        return form(own);
    };
    return {
        gcs: { "service-account.json": value("secrets.gcs.json", (own) => JSON.stringify({ private_key: own })) },
        erp: {
            ...{ user: value("secrets.erp.user"), password: value("secrets.erp.password") },
            "client.pem": value("secrets.erp.pem", (own) => `-----BEGIN KEY-----\n${own}\n-----END KEY-----\n`),
        },
    };
}

/** Every key of the config that is secret, as `credentials.<user>`. */
export function secretKeysOf(type: z.core.$ZodType = schema): string[] {
    const secrets: SecretValue[] = [];
    fill(type, "", ["<user>"], secrets);
    return secrets.map(({ of }) => of);
}

/** Every key of the config whose value is text, a leaf each. */
export function textKeysOf(type: z.core.$ZodType = schema, path = ""): string[] {
    if (type instanceof z.ZodOptional) return textKeysOf(type.unwrap() as z.ZodType, path);
    if (type instanceof z.ZodArray) return textKeysOf(type.element as z.ZodType, `${path}[]`);
    if (type instanceof z.ZodRecord) return textKeysOf(type.valueType as z.ZodType, `${path}.<user>`);
    if (type instanceof z.ZodObject) {
        const entries = Object.entries(type.shape as Record<string, z.ZodType>);
        return entries.flatMap(([key, inner]) => textKeysOf(inner, path ? `${path}.${key}` : key));
    }
    return type instanceof z.ZodString ? [path] : [];
}

/** All that a program asks for but the contents of Secrets, as text by name; and its outputs. */
export function requestTexts({ requests, outputs }: Collected): Record<string, string> {
    const texts: Record<string, string> = { outputs: JSON.stringify(outputs) };
    for (const { urn, type, inputs } of requests) {
        const { stringData, data, ...rest } = inputs;
        const shown =
            type === "kubernetes:core/v1:Secret"
                ? { ...rest, keys: Object.keys({ ...data!, ...stringData! }) }
                : inputs;
        texts[urn] = JSON.stringify(shown);
    }
    return texts;
}

/** The passwords that `collect` hands out as generated ones. */
export function generatedOf({ requests }: Collected): SecretValue[] {
    return requests
        .filter(({ type }) => type.endsWith(":RandomPassword"))
        .map(({ name }) => ({ of: `the generated ${name}`, value: `${sentinel}-${name}` }));
}
