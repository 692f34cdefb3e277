import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { writeOwnersOnly } from "../../lib/files";

/** Tags of the built-in engine's stacks: a file a stack, which is also what makes an empty stack exist. */
export class Tags {
    constructor(private readonly dir: string) {}

    /** Names of the stacks that have a file. */
    stacks(): string[] {
        return names(join(this.dir, "tags"));
    }

    /** Undefined: the stack has no file. */
    read(stack: string): Record<string, string> | undefined {
        const file = this.file(stack);
        return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>) : undefined;
    }

    write(stack: string, tags: Record<string, string>): Promise<void> {
        return writeOwnersOnly(this.file(stack), JSON.stringify(tags, undefined, 1));
    }

    remove(stack: string): Promise<void> {
        return rm(this.file(stack), { force: true });
    }

    private file(stack: string): string {
        return join(this.dir, "tags", `${stack}.json`);
    }
}

/** The names of the JSON files of a directory, without their ending. */
export function names(dir: string): string[] {
    if (!existsSync(dir)) return [];
    return readdirSync(dir)
        .filter((name) => name.endsWith(".json"))
        .map((name) => name.slice(0, -".json".length));
}
