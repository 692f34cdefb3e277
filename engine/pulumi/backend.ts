import { existsSync } from "node:fs";
import { join } from "node:path";

import { project, readStackFile, StackFile, contextOf } from "../../program/stack-config";
import type { Counts } from "../builtin/change";
import { UserError } from "../../lib/errors";
import { writeOwnersOnly } from "../../lib/files";
import { Backend, DestroyOptions, OperationOptions, StackInfo, StackLock, StackState } from "../backend";
import { connect } from "../../kubernetes/connect";
import { backupFile } from "../backup";
import { Cli, CliOptions, NoStack } from "./cli";
import { Deployment, neededByProtected, settled, stateOf, without } from "./deployment";
import { directoryOf, locksOf } from "./locks";

/** Options for tests: another program in another directory, and its project's name. */
export interface PulumiOptions extends CliOptions {
    project?: string;
    prepare?: (stack: string) => Promise<void>;
}

/** How many commands that read a stack's tags run at the same time. */
const atOnce = 4;

/** Stacks of the Pulumi CLI, in whatever backend it is logged in to. */
export class PulumiBackend implements Backend {
    readonly kind = "pulumi";
    readonly name: string;

    private constructor(
        private readonly cli: Cli,
        /** Of the backend, e.g. `s3://state`. */
        private readonly url: string,
        private readonly options: PulumiOptions,
    ) {
        this.name = `the Pulumi CLI (${url})`;
    }

    /** @throws UserError when there is no CLI, or it isn't logged in to a backend */
    static async open(options: PulumiOptions = {}): Promise<PulumiBackend> {
        const cli = new Cli(options);
        const { url } = JSON.parse(await cli.ask(["whoami", "--json"])) as { url: string };
        return new PulumiBackend(cli, withoutLogin(url), options);
    }

    async list(): Promise<StackInfo[]> {
        const all = await this.listed();
        const tags = await inTurns(all, ({ name }) => this.tags(name));
        return all.map((stack, index) => ({ ...stack, tags: tags[index] }));
    }

    async find(stack: string): Promise<StackInfo | undefined> {
        const found = (await this.listed()).find(({ name }) => name === stack);
        return found && { ...found, tags: await this.tags(stack) };
    }

    async create(stack: string): Promise<void> {
        // The CLI would put its own default in place of the provider that the stack file names.
        const { secretsprovider } = this.stackFile(stack);
        const provider = secretsprovider ? ["--secrets-provider", secretsprovider] : [];
        await this.ask(["stack", "init", stack, "--no-select", ...provider], stack).catch((error: unknown) => {
            if (!(error instanceof UserError) || !/already exists/.test(error.render())) throw error;
        });
    }

    async tag(stack: string, tags: Record<string, string | undefined>): Promise<void> {
        // One after the other: each reads all of them and writes them back.
        for (const [key, value] of Object.entries(tags)) {
            const change = value === undefined ? ["rm", key] : ["set", key, value];
            await this.ask(["stack", "tag", ...change, "--stack", stack], stack);
        }
    }

    async state(stack: string): Promise<StackState> {
        const found = await this.exported(stack).catch(ifNoStack);
        return found ? stateOf(JSON.parse(found) as Deployment) : { resources: [], pending: [] };
    }

    locks(stack: string): Promise<StackLock[] | undefined> {
        const directory = directoryOf(this.url, this.cli.cwd);
        return Promise.resolve(
            directory === undefined ? undefined : locksOf(directory, this.options.project ?? project, stack),
        );
    }

    async unlock(stack: string): Promise<void> {
        await this.ask(["cancel", "--yes", "--stack", stack], stack);
    }

    async backup(stack: string): Promise<string> {
        const file = backupFile(stack);
        await writeOwnersOnly(file, `${await this.exported(stack)}\n`);
        return file;
    }

    async up(
        stack: string,
        options: OperationOptions = {},
    ): Promise<{ counts: Counts; outputs: Record<string, unknown> }> {
        await this.options.prepare?.(stack);
        const work = () => this.cli.operate("up", stack, [], options);
        const counts = await work().catch(async (error: unknown) => {
            if (!(error instanceof NoStack)) throw error;
            await this.create(stack);
            return work();
        });
        return { counts, outputs: await this.outputs(stack) };
    }

    async destroy(stack: string, options: DestroyOptions = {}): Promise<Counts> {
        const { unreachable, excludeProtected, ...rest } = options;
        const forgotten =
            unreachable && !(await this.isReachable(stack)) ? await this.forgetCluster(stack, excludeProtected) : 0;
        const flags = excludeProtected ? ["--exclude-protected"] : [];
        const counts = await this.cli.operate("destroy", stack, flags, rest);
        return { ...counts, delete: counts.delete + forgotten };
    }

    async outputs(stack: string): Promise<Record<string, unknown>> {
        const text = await this.ask(["stack", "output", "--json", "--stack", stack], stack);
        return JSON.parse(text) as Record<string, unknown>;
    }

    async settlePending(
        stack: string,
        imports: { urn: string; id: string }[],
        options: OperationOptions = {},
    ): Promise<void> {
        // Not by `refresh --import-pending-creates`: it drops what it is told to import (seen with 3.265).
        let look: string[] = [];
        const edit = (whole: Deployment) => {
            const made = settled(whole, imports);
            look = made.look;
            return made.deployment;
        };
        await this.edit(stack, edit, true);
        if (look.length === 0) return;
        const targets = look.flatMap((urn) => ["--target", urn]);
        await this.cli.operate("refresh", stack, targets, options);
    }

    async forget(stack: string, urns: string[]): Promise<void> {
        if (urns.length === 0) return;
        await this.edit(stack, (deployment) => without(deployment, ({ urn }) => urns.includes(urn)));
    }

    async unprotect(stack: string, urns: string[]): Promise<void> {
        if (urns.length === 0) return;
        await this.edit(stack, (whole) => {
            for (const resource of whole.deployment.resources ?? []) {
                if (urns.includes(resource.urn)) resource.protect = false;
            }
            return whole;
        });
    }

    async remove(stack: string): Promise<void> {
        await this.ask(["stack", "rm", stack, "--yes", "--preserve-config"], stack).catch(ifNoStack);
    }

    private async listed(): Promise<Omit<StackInfo, "tags">[]> {
        const text = await this.ask(["stack", "ls", "--json"]);
        const all = JSON.parse(text) as { name: string; lastUpdate?: string; resourceCount?: number }[];
        return all.map(({ name, lastUpdate, resourceCount }) => ({
            name: name.split("/").at(-1) ?? name,
            ...(lastUpdate ? { lastUpdate: new Date(lastUpdate) } : {}),
            ...(resourceCount === undefined ? {} : { resources: resourceCount }),
        }));
    }

    /** None for a stack that has gone in the meantime. */
    private async tags(stack: string): Promise<Record<string, string>> {
        const text = await this.ask(["stack", "tag", "ls", "--json", "--stack", stack], stack).catch(ifNoStack);
        return (text ? (JSON.parse(text) as Record<string, string> | null) : undefined) ?? {};
    }

    private async isReachable(stack: string): Promise<boolean> {
        const { cwd, env } = this.options;
        try {
            // Another directory's stack file isn't the checkout's.
            const context = cwd ? undefined : contextOf(stack);
            (await connect({ kubeconfig: env?.KUBECONFIG, context })).http.close();
            return true;
        } catch (error) {
            if (error instanceof UserError) return false;
            throw error;
        }
    }

    private async exported(stack: string): Promise<string> {
        for (let tries = 5; ; tries--) {
            try {
                return await this.ask(["stack", "export", "--stack", stack], stack);
            } catch (error) {
                // A directory's file is read while an update writes it.
                const torn = error instanceof UserError && /failed to load checkpoint/.test(error.message);
                if (!torn || tries === 0) throw error;
                await new Promise((resolve) => setTimeout(resolve, 300));
            }
        }
    }

    private stackFile(stack: string): StackFile {
        const file = join(this.cli.cwd, `Pulumi.${stack}.yaml`);
        return existsSync(file) ? readStackFile(file) : {};
    }

    /** Takes what is in the cluster out of the state. @returns how much that was */
    private async forgetCluster(stack: string, excludeProtected = false): Promise<number> {
        let gone = 0;
        const edit = (whole: Deployment) => {
            const resources = whole.deployment.resources ?? [];
            const kept = excludeProtected ? neededByProtected(resources) : new Set<string>();
            const inCluster = resources.filter(
                ({ urn, type }) => /^kubernetes(-[a-z-]+)?:/.test(type) && !kept.has(urn),
            );
            refuseProtected(inCluster.filter(({ protect }) => protect).map(({ urn }) => urn));
            gone = inCluster.filter(({ custom }) => custom).length;
            const urns = new Set(inCluster.map(({ urn }) => urn));
            return without(whole, ({ urn }) => urns.has(urn));
        };
        // What it had begun has gone with the cluster.
        await this.edit(stack, edit, true);
        return gone;
    }

    private async edit(
        stack: string,
        change: (deployment: Deployment) => Deployment,
        dropPending = false,
    ): Promise<void> {
        const before = JSON.parse(await this.exported(stack)) as Deployment;
        if (!dropPending && before.deployment.pending_operations?.length) {
            // `stack import` drops them without a word of where to look.
            throw new UserError(`stack ${stack} has operations that were cut off, which have to be settled first`, {
                fix: `data-platform recover --stack ${stack}`,
            });
        }
        await this.ask(["stack", "import", "--stack", stack], stack, JSON.stringify(change(before)));
    }

    private ask(args: string[], stack?: string, input?: string): Promise<string> {
        return this.cli.ask(args, { stack, input });
    }
}

function refuseProtected(urns: string[]): void {
    if (urns.length === 0) return;
    throw new UserError("what holds data is protected and would be forgotten; nothing was changed by this", {
        evidence: urns.map((urn) => urn.split("::").slice(2).join(" ")),
        fix: "leave it out, or take the protection off first",
    });
}

function ifNoStack(error: unknown): undefined {
    if (!(error instanceof NoStack)) throw error;
}

/** A user and a password don't belong into what is printed. */
function withoutLogin(url: string): string {
    return url.replace(/\/\/[^/@]*@/, "//");
}

async function inTurns<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
    const results: R[] = new Array<R>(items.length);
    let next = 0;
    const turn = async () => {
        while (next < items.length) {
            const index = next++;
            results[index] = await work(items[index]);
        }
    };
    await Promise.all(Array.from({ length: atOnce }, turn));
    return results;
}
