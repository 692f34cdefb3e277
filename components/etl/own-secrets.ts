import * as k8s from "@pulumi/kubernetes";
import { z } from "zod";

import { SecretKeyRef, WorkloadSecret } from "../contracts";
import { entries } from "../declarations/declaration";
import type { EtlArgs, EtlSecretFile } from "./args";
import { groupReads } from "./places";

/** Arguments by which a workload reads Secrets of its own. */
export type SecretArgs = Pick<EtlArgs, "secretEnv" | "secretFiles" | "volumes"> &
    Partial<Pick<EtlArgs, "initContainers">>;

export const secretKeyForm = 'must be a key of a Secret, such as secret.key("password")';

/** A key of a Secret. */
export const secretKey = z.custom<SecretKeyRef>(isSecretKeyRef, secretKeyForm);

function isSecretKeyRef(value: unknown): value is SecretKeyRef {
    return typeof value === "object" && value !== null && "secret" in value && "valueFrom" in value;
}

/** Variables out of Secrets. */
export function secretVariables(env: Record<string, SecretKeyRef> = {}): k8s.types.input.core.v1.EnvVar[] {
    return Object.entries(env).map(([name, { valueFrom }]) => ({ name, valueFrom }));
}

/** A file with all that may be left out. */
export function wholeFile(file: EtlSecretFile): { ref: SecretKeyRef; mode: number } {
    return isSecretKeyRef(file) ? { ref: file, mode: groupReads } : { ref: file.key, mode: file.mode ?? groupReads };
}

/** Entries that name a key of a Secret. */
function refs(given: Record<string, SecretKeyRef>): [string, SecretKeyRef][] {
    return Object.entries(given).filter(([, ref]) => isSecretKeyRef(ref));
}

/** Place in a declaration where a Secret is named, and its keys that are named there. */
export interface SecretUse {
    argument: string;
    secret: WorkloadSecret;
    keys: string[];
}

function wholeFiles(files: EtlArgs["secretFiles"] = {}): Record<string, SecretKeyRef> {
    const given = Object.entries(files as Record<string, EtlSecretFile | null>);
    return Object.fromEntries(given.flatMap(([path, file]) => (file ? [[path, wholeFile(file).ref]] : [])));
}

/** Every place where a workload names a Secret; what names none there is told by its type. */
export function secretUses({ secretEnv, secretFiles, volumes, initContainers }: SecretArgs): SecretUse[] {
    const variables = (argument: string, env: Record<string, SecretKeyRef> = {}) =>
        refs(env).map(([name, { secret, key }]) => ({ argument: `${argument}.${name}`, secret, keys: [key] }));
    return [
        ...variables("secretEnv", secretEnv),
        ...entries(initContainers).flatMap(([each, index]) =>
            variables(`initContainers[${index}].secretEnv`, each.secretEnv),
        ),
        ...refs(wholeFiles(secretFiles)).map(([path, { secret, key }]) => ({
            argument: `secretFiles[${JSON.stringify(path)}]`,
            ...{ secret, keys: [key] },
        })),
        ...entries(volumes).flatMap(([volume, index]) => {
            if (volume.kind !== "secret") return [];
            const keys = Object.values(volume.items ?? {}).map((item) => (typeof item === "string" ? item : item.key));
            return [{ argument: `volumes[${index}].secret`, secret: volume.secret, keys }];
        }),
    ];
}

/** Secrets of a workload's own, each once. */
export function ownSecrets(args: SecretArgs): WorkloadSecret[] {
    return [...new Map(secretUses(args).map(({ secret }) => [secret.name, secret])).values()];
}
