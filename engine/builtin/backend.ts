import { existsSync, readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import { locked, lockFile, outputs, Target } from "./builtin";
import { BuiltinEngine } from "./engine";
import { count, Counts } from "./change";
import { holderOf, InUse } from "./lock";
import { Entry, State, stateFile } from "./state";
import { refuseProtected, withoutProtected } from "./prune";
import { UserError } from "../../lib/errors";
import { writeOwnersOnly } from "../../lib/files";
import {
    Backend,
    DestroyOptions,
    OperationOptions,
    PendingOperation,
    StackInfo,
    StackLock,
    StackLocked,
    StackResource,
    StackState,
} from "../backend";
import { connect } from "../../kubernetes/connect";
import { contextOf } from "../../program/stack-config";
import { backupFile } from "../backup";
import { names, Tags } from "./tags";

/** Where the built-in engine's stacks are, and what may be put in place of the project's own program, for tests. */
export type BuiltinOptions = Pick<Target, "dir" | "program" | "config"> & {
    /** @default as kubectl has it */
    kubeconfig?: string;
};

/** Stacks of the built-in engine, which does without the Pulumi CLI: for tests, and for machines that have nothing. */
export class BuiltinBackend implements Backend {
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
        const { entries } = this.load(stack);
        const pending = entries.filter(isUnsettled).map((entry): PendingOperation => ({
            kind: entry.pending ? "creating" : "updating",
            resource: resourceOf(entry),
        }));
        return Promise.resolve({ resources: entries.map(resourceOf), pending });
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

    async up(
        stack: string,
        options: OperationOptions = {},
    ): Promise<{ counts: Counts; outputs: Record<string, unknown> }> {
        await this.create(stack);
        return this.alone(stack, async () => {
            const { print = () => undefined, ...rest } = options;
            return new BuiltinEngine(this.target(stack)).up({ print, ...rest });
        });
    }

    async destroy(stack: string, options: DestroyOptions = {}): Promise<Counts> {
        const { print = () => undefined, unreachable, excludeProtected, ...rest } = options;
        if (unreachable && !(await this.reachable(stack))) return this.forgetAll(stack, excludeProtected);
        const engine = new BuiltinEngine(this.target(stack));
        return this.alone(stack, async () => (await engine.destroy({ print, excludeProtected, ...rest })).counts);
    }

    outputs(stack: string): Promise<Record<string, unknown>> {
        return Promise.resolve(outputs(this.target(stack)));
    }

    settlePending(stack: string, imports: { urn: string; id: string }[]): Promise<void> {
        const taken = new Set(imports.map(({ urn }) => urn));
        return this.edit(stack, async (state) => {
            for (const entry of state.entries.filter(isUnsettled)) {
                const { pending, ...settled } = { ...entry, unready: undefined };
                if (!pending || taken.has(entry.urn)) await state.put(settled);
                else await forgetNewest(state, settled);
            }
        });
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
        return { stack, ...options, kubeconfig: kubeconfig ?? "", connect: () => this.connect(stack) };
    }

    private connect(stack: string) {
        const { kubeconfig, config } = this.options;
        return connect({ kubeconfig, context: config ? undefined : contextOf(stack) });
    }

    private async reachable(stack: string): Promise<boolean> {
        try {
            (await this.connect(stack)).http.close();
            return true;
        } catch (error) {
            if (error instanceof UserError) return false;
            throw error;
        }
    }

    private async forgetAll(stack: string, excludeProtected = false): Promise<Counts> {
        let gone: Entry[] = [];
        await this.edit(stack, async (state) => {
            gone = excludeProtected ? withoutProtected(state.entries) : state.entries;
            refuseProtected(gone, "leave them out, or take the protection off first");
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

function isUnsettled({ pending, unready }: Entry): boolean {
    return pending === true || unready === true;
}

/** What was about to be made isn't there; what it was to replace is what the entry stands for again. */
async function forgetNewest(state: State, entry: Entry): Promise<void> {
    const [older, ...others] = entry.superseded ?? [];
    if (older) await state.put({ ...entry, object: older, superseded: others });
    else await state.remove(entry.urn);
}

function resourceOf(entry: Entry): StackResource {
    const { urn, type, name, custom, protect, retainOnDelete, object, release, pending } = entry;
    const where = release ?? object;
    const id = where && (where.namespace ? `${where.namespace}/${where.name}` : where.name);
    return {
        ...{ urn, type, name, custom, protect, retainOnDelete },
        ...(id !== undefined && !pending ? { id } : {}),
        ...(object ? { object } : {}),
        ...(release ? { release } : {}),
    };
}
