import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "../../lib/errors";
import { writeOwnersOnly } from "../../lib/files";
import { Identity } from "../../kubernetes/client";

/** State of one resource between updates. */
export interface ResourceState {
    urn: string;
    type: string;
    name: string;
    /** False for a component, which only groups. */
    custom: boolean;
    parent?: string;
    /** URNs that must outlive it. */
    dependencies: string[];
    protect: boolean;
    retainOnDelete: boolean;
    /** The object that it stands for in the cluster. */
    object?: Identity;
    release?: { name: string; namespace: string };
    /** Of a random value: what it was made from and what it is. */
    random?: { inputs: Record<string, unknown>; outputs: Record<string, unknown> };
    /** Written before it was made, and it isn't certain that it was. */
    pending?: boolean;
    /** It was made, but did not become ready. */
    unready?: boolean;
    /** Objects that it has replaced and that are still to be deleted. */
    superseded?: Identity[];
}

interface Contents {
    format: 1;
    stack: string;
    entries: ResourceState[];
    /** The stack's outputs; secret ones masked. */
    outputs: Record<string, unknown>;
}

/** The file that holds a stack's state. */
export function stateFile(dir: string, stack: string): string {
    return join(dir, "apply", `${stack}.json`);
}

/**
 * State of a stack of the built-in engine: which objects are its own, and its random values. For the sandbox and for tests; it is no state
 * of Pulumi's.
 */
export class State {
    private readonly byUrn: Map<string, ResourceState>;
    private outputValues: Record<string, unknown>;
    private written: string;
    private writing: Promise<void> = Promise.resolve();

    private constructor(
        private readonly file: string,
        private readonly stack: string,
        { entries, outputs }: Pick<Contents, "entries" | "outputs">,
    ) {
        this.byUrn = new Map(entries.map((entry) => [entry.urn, entry]));
        this.outputValues = outputs;
        this.written = this.encoded();
    }

    /** Reads a stack's state, empty if there is none. */
    static load(dir: string, stack: string): State {
        const file = stateFile(dir, stack);
        if (!existsSync(file)) return new State(file, stack, { entries: [], outputs: {} });
        try {
            const contents = JSON.parse(readFileSync(file, "utf8")) as Contents;
            if (contents.format !== 1) throw new Error(`its format is ${String(contents.format)}, not 1`);
            return new State(file, stack, contents);
        } catch (error) {
            throw new UserError(`the state of stack ${stack} can't be read: ${(error as Error).message}`, {
                where: file,
                fix: "start afresh: `make down`, then `make sandbox`",
            });
        }
    }

    get entries(): ResourceState[] {
        return [...this.byUrn.values()];
    }

    get outputs(): Record<string, unknown> {
        return this.outputValues;
    }

    /** True if anything that has to be deleted is known. */
    get empty(): boolean {
        return !this.entries.some(({ custom }) => custom);
    }

    get(urn: string): ResourceState | undefined {
        return this.byUrn.get(urn);
    }

    /** The entry that an object in the cluster belongs to. */
    owner({ apiVersion, kind, namespace, name }: Identity): ResourceState | undefined {
        const group = (version: string) => version.split("/").slice(0, -1).join("/");
        return this.entries.find(
            ({ object }) =>
                object?.kind === kind &&
                object.name === name &&
                object.namespace === namespace &&
                group(object.apiVersion) === group(apiVersion),
        );
    }

    /** The entry that a Release belongs to. */
    releaseOwner(name: string, namespace: string): ResourceState | undefined {
        return this.entries.find(({ release }) => release?.name === name && release.namespace === namespace);
    }

    /** Remembers an entry; resolves when it is on the disk. */
    put(entry: ResourceState): Promise<void> {
        this.byUrn.set(entry.urn, entry);
        return this.save();
    }

    remove(urn: string): Promise<void> {
        this.byUrn.delete(urn);
        return this.save();
    }

    setOutputs(outputs: Record<string, unknown>): Promise<void> {
        this.outputValues = outputs;
        return this.save();
    }

    /** Forgets everything. */
    async clear(): Promise<void> {
        this.byUrn.clear();
        this.outputValues = {};
        await this.writing;
        await rm(this.file, { force: true });
        this.written = this.encoded();
    }

    /** Writes what has changed. Writes follow each other; one that comes while another waits goes along with it. */
    private save(): Promise<void> {
        const next = this.writing.then(async () => {
            const text = this.encoded();
            if (text === this.written) return;
            // Passwords are in it. The stack's lock sees to it that nobody else writes.
            await writeOwnersOnly(this.file, text, `${this.file}.new`);
            this.written = text;
        });
        this.writing = next.catch(() => undefined);
        return next;
    }

    private encoded(): string {
        const contents: Contents = {
            format: 1,
            stack: this.stack,
            entries: this.entries,
            outputs: this.outputValues,
        };
        return JSON.stringify(contents, undefined, 1);
    }
}
