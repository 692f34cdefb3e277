import { existsSync } from "node:fs";

import type { Problem } from "../../config/errors";
import { renderError, UserError } from "../../lib/errors";
import type { StackInfo } from "../../engine/engine";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";

/** Findings on an error about a stack's config, one a problem. */
export function configErrorFindings(stack: string, error: unknown, id: "DP-CONFIG-001" | "DP-CONFIG-002"): Finding[] {
    const file = `Pulumi.${stack}.yaml`;
    const fix = `\${EDITOR:-vi} ${file}   # every key: docs/configuration.md`;
    const problems = (error as { problems?: Problem[] }).problems;
    if (problems) {
        return problems.map(({ key, message }) => finding(id, "error", `${file}: ${key}`, message, fix));
    }
    const { message, details }: Pick<UserError, "message" | "details"> =
        error instanceof UserError ? error : { message: renderError(error).split("\n")[0], details: {} };
    const missing = /there is no stack file/.test(message);
    const places = (details.evidence ?? []).map((line) => `; ${line}`).join("");
    const hint = details.fix && !missing ? `; ${details.fix}` : "";
    return [finding(id, "error", file, `${message}${places}${hint}`, missing ? `cp Pulumi.dev.yaml ${file}` : fix)];
}

/** The stack and what keeps it. */
export interface BackendFacts {
    stack: string;
    /** For people. */
    backend: string;
    kind: "pulumi" | "builtin";
    /** Absent: it has no such stack. */
    info?: StackInfo;
    now: Date;
}

export function backendFindings({ stack, backend, kind, info, now }: BackendFacts): Finding[] {
    const reached = passed("DP-CONFIG-003", "the backend", `${backend} answers`);
    if (!info) {
        // The built-in engine makes its state along with the first update.
        const level = kind === "builtin" ? "info" : "warning";
        const fix = kind === "builtin" ? undefined : `pulumi stack init ${stack}`;
        return [
            reached,
            finding("DP-CONFIG-004", level, `the stack ${stack}`, `is not in ${backend}: it was never brought up`, fix),
        ];
    }
    const updated = info.lastUpdate ? `last updated ${info.lastUpdate.toISOString()}` : "never updated";
    return [
        reached,
        passed("DP-CONFIG-004", `the stack ${stack}`, `is there, ${updated}`),
        ...expiryFindings(stack, info, now),
    ];
}

function expiryFindings(stack: string, { tags }: StackInfo, now: Date): Finding[] {
    const expires = tags["data-platform:expires"];
    if (expires === undefined || tags["data-platform:keep"] === "true") return [];
    const over = !(Date.parse(expires) > now.getTime());
    return over
        ? [
              finding(
                  "DP-STACK-003",
                  "warning",
                  `the stack ${stack}`,
                  `is over since ${expires}; the next sweep destroys it`,
                  `data-platform ephemeral extend ${stack} --ttl 12h`,
              ),
          ]
        : [passed("DP-STACK-003", `the stack ${stack}`, `lives until ${expires}`)];
}

/** Facts about the stack's secrets. */
export interface SecretFacts {
    stack: string;
    /** The stack file has a salt: its secrets go by a passphrase. */
    salted: boolean;
    /** E.g. `awskms://alias/x?region=y`. */
    provider?: string;
    env: NodeJS.ProcessEnv;
    isFile?: (path: string) => boolean;
}

export function secretFindings({ stack, salted, provider, env, isFile = existsSync }: SecretFacts): Finding[] {
    const subject = "the stack's secrets";
    if (provider && provider !== "passphrase") {
        // What stands after the question mark is the provider's own affair.
        return [passed("DP-CONFIG-005", subject, `are encrypted by ${provider.split("?")[0]}`)];
    }
    if (!salted) return [];
    const { PULUMI_CONFIG_PASSPHRASE: text, PULUMI_CONFIG_PASSPHRASE_FILE: file } = env;
    if (text !== undefined) return [passed("DP-CONFIG-005", subject, "have PULUMI_CONFIG_PASSPHRASE")];
    if (file && isFile(file)) return [passed("DP-CONFIG-005", subject, "have PULUMI_CONFIG_PASSPHRASE_FILE")];
    const message = file
        ? `PULUMI_CONFIG_PASSPHRASE_FILE names ${file}, which is no file`
        : `Pulumi.${stack}.yaml has an encryption salt, and neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set`;
    return [
        finding(
            "DP-CONFIG-005",
            "error",
            subject,
            message,
            "export PULUMI_CONFIG_PASSPHRASE_FILE=<file with the passphrase>",
        ),
    ];
}
