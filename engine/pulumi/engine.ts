import { existsSync } from "node:fs";

import { project, readStackFile, contextOf, stackFile } from "../../program/stack-config";
import { UserError } from "../../lib/errors";
import { Limit } from "../../lib/limit";
import { writeOwnersOnly } from "../../lib/files";
import type {
    Counts,
    DestroyOptions,
    Engine,
    OperationOptions,
    PreviewOptions,
    Report,
    StackInfo,
    StackLock,
    StackState,
    UpdateOptions,
} from "../engine";
import { isReachable, type ConnectOptions } from "../../kubernetes/connect";
import { neededByProtected, assertUnprotected } from "../protected";
import { backupFile } from "../backup";
import { Cli, CliOptions, NoStack } from "./cli";
import { Deployment, settled, stateOf, without } from "./deployment";
import { localOptions, select } from "./local";
import { directoryOf, locksOf } from "./locks";

export interface PulumiOptions extends CliOptions {
    /** Organization of Pulumi Cloud that the stacks are of. @default the one of whoever is logged in */
    organization?: string;
    /** Fetches what a stack's program expects in the checkout. */
    prepare?: (stack: string) => Promise<void>;
}

/** Number of commands that read a stack's tags at the same time. */
const atOnce = 4;

/** The Pulumi CLI with the backend that it is logged in to, or with one of the sandbox's own. */
export class PulumiEngine implements Engine {
    readonly kind = "pulumi";
    readonly name: string;

    private constructor(
        private readonly cli: Cli,
        /** Of the backend, e.g. `s3://state`. */
        private readonly url: string,
        private readonly options: PulumiOptions,
        /** The backend is the sandbox's own, and so is each stack's file. */
        private readonly isLocal = false,
    ) {
        this.name = `the Pulumi CLI (${url})`;
    }

    /** @throws UserError when there is no CLI, or it isn't logged in to a backend */
    static async open(options: PulumiOptions = {}): Promise<PulumiEngine> {
        const cli = new Cli(options);
        const { url } = JSON.parse(await cli.ask(["whoami", "--json"])) as { url: string };
        return new PulumiEngine(cli, withoutLogin(url), options);
    }

    /** The sandbox's own stacks, below its directory and on one cluster. */
    static async local(
        { dir, kubeconfig }: { dir: string; kubeconfig: string },
        given: Pick<PulumiOptions, "pulumi" | "prepare">,
    ): Promise<PulumiEngine> {
        const options = { ...given, ...(await localOptions(dir, kubeconfig)) };
        return new PulumiEngine(new Cli(options), options.env.PULUMI_BACKEND_URL, options, true);
    }

    async list(): Promise<StackInfo[]> {
        const all = await this.listed();
        const limit = new Limit(atOnce);
        const tags = await Promise.all(all.map(({ name }) => limit.run(() => this.tags(name))));
        return all.map((stack, index) => ({ ...stack, tags: tags[index] }));
    }

    async find(stack: string): Promise<StackInfo | undefined> {
        const found = (await this.listed()).find(({ name }) => name === stack);
        return found && { ...found, tags: await this.tags(stack) };
    }

    async create(stack: string): Promise<void> {
        // The CLI would put its own default in place of the provider that the stack file names.
        const file = stackFile(stack, this.cli.cwd);
        const { secretsprovider } = existsSync(file) ? readStackFile(file) : {};
        const provider = secretsprovider ? ["--secrets-provider", secretsprovider] : [];
        await this.ask(["stack", "init", this.full(stack), "--no-select", ...provider], stack).catch(
            (error: unknown) => {
                if (!(error instanceof UserError) || !/already exists/.test(error.render())) throw error;
            },
        );
    }

    async tag(stack: string, tags: Record<string, string | undefined>): Promise<void> {
        // One after the other: each reads all of them and writes them back.
        for (const [key, value] of Object.entries(tags)) {
            const change = value === undefined ? ["rm", key] : ["set", key, value];
            await this.ask(["stack", "tag", ...change, "--stack", this.full(stack)], stack);
        }
    }

    async state(stack: string): Promise<StackState> {
        const found = await this.exported(stack).catch(ifNoStack);
        return found ? stateOf(JSON.parse(found) as Deployment) : { resources: [], pending: [] };
    }

    locks(stack: string): Promise<StackLock[] | undefined> {
        const directory = directoryOf(this.url, this.cli.cwd);
        return Promise.resolve(directory === undefined ? undefined : locksOf(directory, project, stack));
    }

    async unlock(stack: string): Promise<void> {
        await this.ask(["cancel", "--yes", "--stack", this.full(stack)], stack);
    }

    async backup(stack: string): Promise<string> {
        const file = backupFile(stack);
        await writeOwnersOnly(file, `${await this.exported(stack)}\n`);
        return file;
    }

    async preview(stack: string, options: PreviewOptions = {}): Promise<Report> {
        await this.options.prepare?.(stack);
        await this.select(stack);
        return { counts: await this.cli.operate("preview", this.full(stack), [], options), outputs: {} };
    }

    async up(stack: string, options: UpdateOptions = {}): Promise<Report> {
        await this.options.prepare?.(stack);
        await this.select(stack);
        const work = () => this.cli.operate("up", this.full(stack), [], options);
        const counts = await work().catch(async (error: unknown) => {
            if (!(error instanceof NoStack)) throw error;
            await this.create(stack);
            return work();
        });
        return { counts, outputs: await this.outputs(stack) };
    }

    async destroy(stack: string, options: DestroyOptions = {}): Promise<Counts> {
        const { unreachable, excludeProtected, ...rest } = options;
        await this.select(stack);
        const forgotten =
            unreachable && !(await isReachable(this.cluster(stack)))
                ? await this.forgetCluster(stack, excludeProtected)
                : 0;
        const flags = excludeProtected ? ["--exclude-protected"] : [];
        const counts = await this.cli.operate("destroy", this.full(stack), flags, rest);
        return { ...counts, delete: counts.delete + forgotten };
    }

    async outputs(stack: string): Promise<Record<string, unknown>> {
        const text = await this.ask(["stack", "output", "--json", "--stack", this.full(stack)], stack);
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
        await this.cli.operate("refresh", this.full(stack), targets, options);
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
        await this.ask(["stack", "rm", this.full(stack), "--yes", "--preserve-config"], stack).catch(ifNoStack);
    }

    private async listed(): Promise<Omit<StackInfo, "tags">[]> {
        const { organization } = this.options;
        const text = await this.ask([
            "stack",
            "ls",
            "--json",
            ...(organization ? ["--organization", organization] : []),
        ]);
        const all = JSON.parse(text) as { name: string; lastUpdate?: string; resourceCount?: number }[];
        return all.map(({ name, lastUpdate, resourceCount }) => ({
            name: name.split("/").at(-1) ?? name,
            ...(lastUpdate ? { lastUpdate: new Date(lastUpdate) } : {}),
            ...(resourceCount === undefined ? {} : { resources: resourceCount }),
        }));
    }

    /** None for a stack that has gone in the meantime. */
    private async tags(stack: string): Promise<Record<string, string>> {
        const text = await this.ask(["stack", "tag", "ls", "--json", "--stack", this.full(stack)], stack).catch(
            ifNoStack,
        );
        return (text ? (JSON.parse(text) as Record<string, string> | null) : undefined) ?? {};
    }

    private async select(stack: string): Promise<void> {
        if (this.isLocal) await select(stack, this.cli.cwd, (args) => this.ask(args, stack));
    }

    private async exported(stack: string): Promise<string> {
        for (let tries = 5; ; tries--) {
            try {
                return await this.ask(["stack", "export", "--stack", this.full(stack)], stack);
            } catch (error) {
                // A directory's file is read while an update writes it.
                const torn = error instanceof UserError && /failed to load checkpoint/.test(error.message);
                if (!torn || tries === 0) throw error;
                await new Promise((resolve) => setTimeout(resolve, 300));
            }
        }
    }

    private cluster(stack: string): ConnectOptions {
        return { kubeconfig: this.options.env?.KUBECONFIG, context: contextOf(stack, this.cli.cwd) };
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
            const guarded = inCluster.filter(({ protect }) => protect);
            assertUnprotected(
                guarded.map(({ urn }) => urn.split("::").slice(2).join(" ")),
                { would: "be forgotten", fix: "leave it out, or take the protection off first" },
            );
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
        await this.ask(["stack", "import", "--stack", this.full(stack)], stack, JSON.stringify(change(before)));
    }

    /** A stack as the CLI is given it. */
    private full(stack: string): string {
        const { organization } = this.options;
        return organization ? `${organization}/${project}/${stack}` : stack;
    }

    private ask(args: string[], stack?: string, input?: string): Promise<string> {
        return this.cli.ask(args, { stack, input });
    }
}

function ifNoStack(error: unknown): undefined {
    if (!(error instanceof NoStack)) throw error;
}

/** A user and a password don't belong into what is printed. */
function withoutLogin(url: string): string {
    return url.replace(/\/\/[^/@]*@/, "//");
}
