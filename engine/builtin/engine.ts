import { existsSync, readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import pc from "picocolors";

import { connect, isReachable, type ConnectOptions } from "../../kubernetes/connect";
import { UserError } from "../../lib/errors";
import { writeOwnersOnly } from "../../lib/files";
import { contextOf } from "../../program/stack-config";
import { backupFile } from "../backup";
import {
    type Counts,
    type DestroyOptions,
    type Engine,
    type PreviewOptions,
    type Report,
    type StackInfo,
    type StackLock,
    StackLocked,
    type StackState,
    type UpdateOptions,
} from "../engine";
import { destroy, locked, lockFile, outputs, type Outcome, preview, type Target, up } from "./builtin";
import { count } from "./change";
import type { ApplyOptions } from "./context";
import { holderOf, InUse } from "./lock";
import { refuseEntries, withoutProtected } from "./prune";
import { settle, stateOf } from "./stack";
import { type ResourceState, State, stateFile } from "./state";
import { names, Tags } from "./tags";
import { renderChange, renderCounts, renderDone, renderTree } from "./tree";

/** Directory of the built-in engine's stacks, and replacements of the project's own program, for tests. */
export type BuiltinOptions = Pick<Target, "dir" | "program" | "config" | "secretKeys"> & {
    /** @default as kubectl has it */
    kubeconfig?: string;
};

/** The engine that does without the Pulumi CLI: for the sandbox, for tests, and for machines that have nothing. */
export class BuiltinEngine implements Engine {
    readonly kind = "builtin";
    readonly name: string;
    private readonly tags: Tags;

    constructor(private readonly options: BuiltinOptions) {
        this.name = `the built-in engine (${options.dir})`;
        this.tags = new Tags(join(options.dir, "apply"));
    }

    list(): Promise<StackInfo[]> {
        const all = new Set([...names(join(this.options.dir, "apply")), ...this.tags.stacks()]);
        return Promise.resolve([...all].sort().map((stack) => this.info(stack)));
    }

    async find(stack: string): Promise<StackInfo | undefined> {
        return (await this.list()).find(({ name }) => name === stack);
    }

    async create(stack: string): Promise<void> {
        if (!this.tags.read(stack)) await this.tags.write(stack, {});
    }

    async tag(stack: string, tags: Record<string, string | undefined>): Promise<void> {
        await this.required(stack);
        const all = Object.entries({ ...this.tags.read(stack), ...tags });
        const kept = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
        await this.tags.write(stack, Object.fromEntries(kept));
    }

    state(stack: string): Promise<StackState> {
        return Promise.resolve(stateOf(this.load(stack)));
    }

    locks(stack: string): Promise<StackLock[]> {
        const file = lockFile(this.options.dir, stack);
        const holder = holderOf(file);
        if (!holder) return Promise.resolve([]);
        const { pid, since } = holder;
        const by = pid === undefined ? "another process" : `process ${pid}`;
        return Promise.resolve([{ where: file, by, host: hostname(), pid, since }]);
    }

    /** The kernel takes the lock from whoever dies, so there is nothing to take away from the dead. */
    async unlock(stack: string): Promise<void> {
        const [held] = await this.locks(stack);
        if (!held) return;
        throw new UserError(`stack ${stack} is held by ${held.by}, which lives`, {
            where: held.where,
            fix: `wait until it has ended, or end it: kill -INT ${held.pid ?? "<pid>"}`,
        });
    }

    async backup(stack: string): Promise<string> {
        const file = stateFile(this.options.dir, stack);
        const text = existsSync(file) ? readFileSync(file, "utf8") : "{}\n";
        const copy = backupFile(stack);
        await writeOwnersOnly(copy, text);
        return copy;
    }

    async preview(stack: string, { print, all, ...options }: PreviewOptions = {}): Promise<Report> {
        const outcome = await preview(this.target(stack), options);
        const tree = renderTree(outcome.changes, outcome.groups, { all });
        if (tree) print?.(tree);
        print?.(pc.bold(renderCounts(outcome.changes)));
        return report(outcome);
    }

    async up(stack: string, options: UpdateOptions = {}): Promise<Report> {
        await this.create(stack);
        const outcome = await this.alone(stack, () => up(this.target(stack), told(options)));
        options.note?.(renderDone(outcome.changes));
        return report(outcome);
    }

    async destroy(stack: string, options: DestroyOptions = {}): Promise<Counts> {
        const { unreachable, excludeProtected } = options;
        if (unreachable && !(await isReachable(this.cluster(stack)))) return this.forgetAll(stack, excludeProtected);
        const { changes } = await this.alone(stack, () =>
            destroy(this.target(stack), { ...told(options), excludeProtected }),
        );
        options.note?.(renderDone(changes));
        return count(changes);
    }

    outputs(stack: string): Promise<Record<string, unknown>> {
        return Promise.resolve(outputs(this.target(stack)));
    }

    settlePending(stack: string, imports: { urn: string; id: string }[]): Promise<void> {
        return this.edit(stack, (state) => settle(state, new Set(imports.map(({ urn }) => urn))));
    }

    forget(stack: string, urns: string[]): Promise<void> {
        return this.edit(stack, async (state) => {
            for (const urn of urns) await state.remove(urn);
            if (state.empty) await state.clear();
        });
    }

    unprotect(stack: string, urns: string[]): Promise<void> {
        return this.edit(stack, async (state) => {
            for (const urn of urns) {
                const entry = state.get(urn);
                if (entry) await state.put({ ...entry, protect: false });
            }
        });
    }

    async remove(stack: string): Promise<void> {
        await this.edit(stack, async (state) => {
            if (!state.empty) {
                throw new UserError(`stack ${stack} still has ${state.entries.length} resources`, {
                    fix: `data-platform teardown --stack ${stack}`,
                });
            }
            await state.clear();
            await this.tags.remove(stack);
        });
    }

    private info(stack: string): StackInfo {
        const file = stateFile(this.options.dir, stack);
        const tags = this.tags.read(stack) ?? {};
        if (!existsSync(file)) return { name: stack, resources: 0, tags };
        return { name: stack, lastUpdate: statSync(file).mtime, resources: this.load(stack).entries.length, tags };
    }

    private async required(stack: string): Promise<void> {
        if (!(await this.find(stack))) throw new UserError(`there is no stack ${stack}`, { where: this.name });
    }

    private load(stack: string): State {
        return State.load(this.options.dir, stack);
    }

    private target(stack: string): Target {
        const { kubeconfig, ...options } = this.options;
        return { stack, ...options, kubeconfig: kubeconfig ?? "", connect: () => connect(this.cluster(stack)) };
    }

    private cluster(stack: string): ConnectOptions {
        const { kubeconfig, config } = this.options;
        return { kubeconfig, context: config ? undefined : contextOf(stack) };
    }

    private async forgetAll(stack: string, excludeProtected = false): Promise<Counts> {
        let gone: ResourceState[] = [];
        await this.edit(stack, async (state) => {
            gone = excludeProtected ? withoutProtected(state.entries) : state.entries;
            refuseEntries(gone, "leave them out, or take the protection off first");
            for (const { urn } of gone) await state.remove(urn);
            if (state.empty) await state.clear();
        });
        return count(gone.filter(({ custom }) => custom).map(() => ({ operation: "delete" })));
    }

    private edit(stack: string, work: (state: State) => Promise<void>): Promise<void> {
        const { dir } = this.options;
        return this.alone(stack, () => locked({ dir, stack }, () => work(this.load(stack))));
    }

    private async alone<T>(stack: string, work: () => Promise<T>): Promise<T> {
        try {
            return await work();
        } catch (error) {
            throw error instanceof InUse ? new StackLocked(stack, await this.locks(stack)) : error;
        }
    }
}

/** Lines for people on what an update does. */
function told({ print, note, adopt, signal, resources }: UpdateOptions): ApplyOptions {
    let done = 0;
    let waits = "";
    const tell = () => {
        const counted = resources === undefined ? "" : `${done} of ${Math.max(done, resources)} resources`;
        note?.([counted, waits].filter(Boolean).join("; "));
    };
    return {
        adopt,
        signal,
        onChange: (change) => {
            print?.(`  ${renderChange(change)}`);
            change.notes.forEach((text) => print?.(`      ${pc.cyan("i")} ${text}`));
        },
        onDone: () => {
            done++;
            if (resources === undefined) return;
            waits = "";
            tell();
        },
        onProgress: (resource, text) => {
            waits = `${resource}: ${text}`;
            tell();
        },
    };
}

function report({ changes, outputs }: Outcome): Report {
    return { counts: count(changes), outputs };
}
