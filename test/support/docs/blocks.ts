import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { repoRoot } from "../../../lib/paths";

/** A block of commands in a page of the documentation. */
export interface Block {
    /** The page, relative to the project. */
    page: string;
    /** Of its first command. */
    line: number;
    commands: string;
    /** Scene that has to be set before it is run, by name: `<!-- scene: name -->` above the block. */
    scene?: string;
    /** It isn't run, because another test runs it: `<!-- seen: test/x.test.ts -->` above the block. */
    seen?: string;
    /** Exit codes other than 0 with which it may end: `<!-- exits: 3 4 -->` above the block. */
    exits: number[];
}

const fence = /^( *)```(\w*)$/;
const directive = /^ *<!-- (scene|seen|exits): (.+) -->$/;

/** The blocks of commands of a page, in order. @throws Error for a directive above nothing, or a `seen` that names no file */
export function blocksOf(page: string): Block[] {
    const lines = readFileSync(join(repoRoot, page), "utf8").split("\n");
    const blocks: Block[] = [];
    let above: Record<string, string> = {};
    for (let index = 0; index < lines.length; index++) {
        const [, key, value] = directive.exec(lines[index]) ?? [];
        if (key) {
            above[key] = value;
            continue;
        }
        const [, indent, language] = fence.exec(lines[index]) ?? [];
        if (indent === undefined) {
            if (lines[index].trim() && Object.keys(above).length > 0)
                throw new Error(`${page}:${index + 1}: a directive stands above what is no block of commands`);
            continue;
        }
        const end = lines.indexOf(`${indent}\`\`\``, index + 1);
        if (language === "sh") {
            const commands = lines.slice(index + 1, end).map((line) => line.slice(indent.length));
            const { scene, seen, exits = "" } = above;
            if (seen && !existsSync(join(repoRoot, seen))) throw new Error(`${page}:${index + 1}: there is no ${seen}`);
            blocks.push({
                ...{ page, line: index + 2, commands: commands.join("\n") },
                ...(scene ? { scene } : {}),
                ...(seen ? { seen } : {}),
                exits: exits.split(" ").filter(Boolean).map(Number),
            });
        }
        above = {};
        index = end;
    }
    return blocks;
}
