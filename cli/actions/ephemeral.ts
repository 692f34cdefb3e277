import { writeFile } from "node:fs/promises";

import { openEngine } from "../../engine/open";
import * as stacks from "../../operations/ephemeral";
import { planTeardown, planText } from "../../operations/teardown";
import { stopSignal } from "../../lib/signals";
import { UserError } from "../../lib/errors";
import { step } from "../../lib/progress";
import { confirm } from "../confirm";
import { CommandResult, exitCodes } from "../../lib/exit-codes";
import type { CommonFlags } from "../command";
import type { EngineChoice } from "../../engine/engine";

export interface Flags extends CommonFlags {
    engine: EngineChoice;
    template?: string;
}

export interface StackFlags extends Flags {
    pullRequest?: number;
    yes?: boolean;
    timeout: number;
}

export interface CreateFlags extends StackFlags {
    ttl: string;
    comment?: string;
}

export type DestroyFlags = StackFlags;

export interface ListFlags extends Flags {
    prefix: string;
}

export interface ExtendFlags extends Flags {
    ttl?: string;
    keep?: boolean;
}

const minute = 60_000;
const print = (line: string) => void process.stderr.write(`${line}\n`);
const refused: CommandResult = { text: "nothing was changed", json: { changed: false }, code: exitCodes.failed };

/** `ephemeral create` */
export async function create(flags: CreateFlags, wanted: string): Promise<CommandResult> {
    const stack = stacks.stackOf(wanted);
    const lifetime = stacks.timeToLive(flags.ttl);
    const template = stacks.templateFile(flags.template);
    const config = stacks.templateConfig(template, stack);
    const backend = await openEngine({ engine: flags.engine, stack });
    const { pullRequest } = flags;
    const target = { ...{ backend, stack, config, template, lifetime, pullRequest }, now: new Date() };
    const plan = await stacks.planCreate(target);
    const until = stacks.canonical(plan.expires);
    const agreed = await confirm({
        question: plan.updated ? "Update it?" : "Make it?",
        plan: `${plan.updated ? "updates" : "makes"} the stack ${stack} on the cluster plane of ${config.cluster.stack}, by ${backend.name}; it goes at ${until}`,
        yes: flags.yes,
    });
    if (!agreed) return refused;
    const signal = AbortSignal.any([stopSignal(), AbortSignal.timeout(flags.timeout * minute)]);
    const made = await step(`${plan.updated ? "Update" : "Make"} the stack ${stack}`, (note) =>
        stacks.createStack(target, plan, { print, note, signal }),
    ).catch((error: unknown) => {
        print(`the stack ${stack} stays as it is until ${until}, when a sweep destroys it; create it again to go on,`);
        print(`or be rid of it at once: data-platform ephemeral destroy ${stack} --yes`);
        throw error;
    });
    const { addresses } = made;
    if (flags.comment) await writeFile(flags.comment, comment(made));
    return {
        text: [
            `the stack ${stack} is up until ${until} (${stacks.lasting(made.expires.getTime() - Date.now())})`,
            ...stacks.addressLines(addresses),
            `longer: data-platform ephemeral extend ${stack} --ttl 3d; gone at once: data-platform ephemeral destroy ${stack} --yes`,
        ].join("\n"),
        json: { ...made, expires: until, addresses },
    };
}

/** `ephemeral list` */
export async function list(flags: ListFlags): Promise<CommandResult> {
    const backend = await openEngine({ engine: flags.engine });
    return stacks.withClusters(async (clusters) => {
        const { kube, why } = await clusters.at(stacks.templateFile(flags.template));
        if (why) print(`the cluster was not looked at: ${why.message}`);
        const now = new Date();
        const all = stacks.listed(await stacks.surveyStacks(backend, kube, flags.prefix), now);
        return { text: stacks.listText(all, now), json: { backend: backend.name, stacks: all } };
    });
}

/** `ephemeral extend` */
export async function extend(flags: ExtendFlags, wanted: string): Promise<CommandResult> {
    const stack = stacks.stackOf(wanted);
    const now = new Date();
    // Before anything is asked: a time that can't be is told at once.
    const lifetime =
        flags.ttl === undefined && flags.keep !== undefined ? undefined : stacks.timeToLive(flags.ttl ?? "24h");
    const backend = await openEngine({ engine: flags.engine, stack });
    const found = await backend.find(stack);
    if (!found) throw new UserError(`there is no stack ${stack}`, { where: backend.name, fix: "ephemeral list" });
    const had = stacks.lifetimeOf(found.tags);
    const expires = lifetime === undefined ? had.expires : stacks.extended(had.expires, now, lifetime);
    const keep = flags.keep ?? had.keep;
    await backend.tag(stack, {
        ...(expires ? { [stacks.tagNames.expires]: stacks.canonical(expires) } : {}),
        [stacks.tagNames.keep]: keep ? "true" : undefined,
    });
    const until = expires && stacks.canonical(expires);
    return {
        text: keep
            ? `no sweep takes the stack ${stack}`
            : `the stack ${stack} lives until ${until ?? "the next sweep has given it an end"}`,
        json: { stack, expires: until, keep },
    };
}

/** `ephemeral destroy` */
export async function destroy(flags: DestroyFlags, wanted: string): Promise<CommandResult> {
    const stack = stacks.stackOf(wanted);
    const template = stacks.templateFile(flags.template);
    const backend = await openEngine({ engine: flags.engine, stack });
    return stacks.withClusters(async (clusters) => {
        const { kube, why } = await clusters.of(stack);
        const plan = await planTeardown({ backend, stack, kube, unreachable: why });
        const isThere = plan.exists || !plan.nothing;
        if (isThere) {
            const text = planText(plan);
            if (!(await confirm({ question: `Destroy ${stack} with all its data?`, plan: text, yes: flags.yes })))
                return refused;
        }
        const signal = stopSignal();
        const report = await step(`Destroy the stack ${stack}`, (note) =>
            stacks.destroyStack({
                ...{ backend, clusters, stack, template, timeout: flags.timeout * minute },
                ...{ print, note, signal },
            }),
        );
        return {
            text: isThere ? `nothing is left of the stack ${stack}` : `there is no stack ${stack}, and nothing of it`,
            json: { ...report, stack, changed: isThere },
        };
    });
}

function comment({ stack, expires, addresses }: stacks.Created): string {
    return [
        `### The stack \`${stack}\` is up`,
        "",
        `Until \`${stacks.canonical(expires)}\`, or until the pull request is closed. Each push brings it up to date.`,
        "",
        ...stacks.addressMarkdown(addresses),
        "",
    ].join("\n");
}
