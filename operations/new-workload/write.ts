import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { format, resolveConfig } from "prettier";

import { UserError } from "../../lib/errors";
import { filesOf, type NewFile } from "./files";
import { type Kind, type Names, namesOf } from "./names";

const registry = "workloads/own/index.ts";

/**
 * Begins a workload: all of its files, or none.
 *
 * @param root the checkout
 * @param others names that the sample's workloads have
 * @returns the files, by their paths in it; the one that was changed last
 * @throws UserError when one of them is there already, or the list of workloads can't be read
 */
export async function newWorkload(root: string, kind: Kind, name: string, others: string[]): Promise<string[]> {
    const names = namesOf(root, name, others);
    const files = await Promise.all(filesOf(kind, names).map((file) => formatted(root, file)));
    const there = files.filter(({ path }) => existsSync(join(root, path))).map(({ path }) => path);
    if (there.length > 0) {
        throw new UserError(`there already: ${there.join(", ")}`, { fix: "choose another name, or take those away" });
    }
    const list = registered(readFileSync(join(root, registry), "utf8"), names);
    const made: NewFile[] = [];
    try {
        for (const file of files) {
            mkdirSync(dirname(join(root, file.path)), { recursive: true });
            made.push(file);
            writeFileSync(join(root, file.path), file.text, { flag: "wx" });
        }
        writeFileSync(join(root, registry), list);
    } catch (error) {
        for (const { path } of made) rmSync(join(root, path), { force: true });
        rmSync(join(root, `workloads/${names.name}`), { recursive: true, force: true });
        throw error;
    }
    return [...files.map(({ path }) => path), registry];
}

/** A file as lint wants it, whatever the length of its name. The programs have lines that are short enough for all. */
async function formatted(root: string, { path, text }: NewFile): Promise<NewFile> {
    if (!path.endsWith(".ts")) return { path, text };
    const config = await resolveConfig(join(root, path));
    return { path, text: await format(text, { ...config, filepath: path }) };
}

/** The list of workloads with one more. @throws UserError when it hasn't the form in which it was made */
function registered(text: string, { name, constant }: Names): string {
    const opening = /^const workloads: DeclaredWorkload\[\] = \[\n/m.exec(text);
    const closing = opening ? text.indexOf("\n];", opening.index) : -1;
    const before = text.indexOf("import type { DeclaredWorkload");
    if (!opening || closing < 0 || before < 0) {
        throw new UserError(`${registry} has no list of workloads to add to`, {
            allowed: "const workloads: DeclaredWorkload[] = [, a line each, and ]; alone on a line",
        });
    }
    const added = `${text.slice(0, closing)}\n    ${constant},${text.slice(closing)}`;
    return `${added.slice(0, before)}import { ${constant} } from "./${name}";\n${added.slice(before)}`;
}
