import { existsSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";

import { stringify } from "yaml";

import { PlatformConfig } from "../../config/schema";
import { platformConfig, readStackConfig, readStackFile, stackFile } from "../../program/stack-config";
import { UserError } from "../../lib/errors";
import { isEphemeral } from "./names";

/** The stack whose file the others are made from, where no other file is named. */
export const templateStack = "ephemeral";

/** Keys that the CLI writes into a stack file to read its secrets again. */
const secretKeys = ["secretsprovider", "encryptedkey", "encryptionsalt"] as const;

/** The file that stacks are made from. @param given as on the command line, relative to where it was called */
export function templateFile(given?: string): string {
    return given === undefined ? stackFile(templateStack) : resolve(given);
}

/**
 * The config that a stack would have by a template.
 *
 * @throws UserError for a file that is none, or of another profile; ConfigError for one with mistakes
 */
export function templateConfig(template: string, stack: string): PlatformConfig {
    const config = platformConfig(readStackConfig(template), stack);
    if (config.profile === "ephemeral") return config;
    throw new UserError(
        `a short-lived stack can't be made from ${basename(template)}: its profile is ${config.profile}`,
        {
            where: template,
            allowed: "profile ephemeral, which keeps and protects nothing and makes nothing for the whole cluster",
            fix: "copy Pulumi.ephemeral.yaml, and change what has to be otherwise there",
        },
    );
}

/**
 * Writes a stack's file as the template has it now. What the CLI has noted of the stack's own passphrase stays, unless the
 * template has encrypted values of its own, which are for the template's.
 */
export async function writeStackFile(stack: string, template: string): Promise<string> {
    const file = stackFile(stack);
    const source = readStackFile(template);
    const before = existsSync(file) ? keysOf(file) : {};
    const text = readFileSync(template, "utf8");
    const hasOwn = secretKeys.some((key) => key in source);
    const kept = hasOwn || Object.keys(before).length === 0 ? "" : stringify(before);
    await writeFile(file, `${header(template)}${kept}${text}`);
    return file;
}

/** Puts a stack's file back where there is none, as in a job of CI that didn't make the stack. Others' files are left alone. */
export async function restoreStackFile(stack: string, template: string): Promise<void> {
    if (isEphemeral(stack) && !existsSync(stackFile(stack))) await writeStackFile(stack, template);
}

/** Deletes a stack's file; fine when there is none. Others' files are left alone. */
export async function removeStackFile(stack: string): Promise<void> {
    if (isEphemeral(stack)) await rm(stackFile(stack), { force: true });
}

function keysOf(file: string): Record<string, string> {
    const written = readStackFile(file) as Record<string, unknown>;
    return Object.fromEntries(
        secretKeys.flatMap((key) => {
            const value = written[key];
            return typeof value === "string" ? [[key, value] as const] : [];
        }),
    );
}

function header(template: string): string {
    return `# Written from ${basename(template)} by \`data-platform ephemeral\`, anew at each update: change it there.\n`;
}
