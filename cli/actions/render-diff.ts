import { compare } from "../../render/diff/compare";
import { readSide } from "../../render/diff/side";
import { textOf } from "../../render/diff/text";
import { UsageError } from "../../lib/errors";
import { CommandResult, exitCodes } from "../../lib/exit-codes";

/** Compares two rendered directories. */
export async function diffDirectories(
    directories: string[],
    { exitCode, full }: { exitCode?: boolean; full?: boolean },
): Promise<CommandResult> {
    if (directories.length !== 2) {
        throw new UsageError(`--diff compares two directories, and ${directories.length} were given`, {
            allowed: "data-platform render --diff <before> <after>",
        });
    }
    const [before, after] = await Promise.all(directories.map(readSide));
    const diff = compare(before, after);
    const { added, removed, changed, quiet, skipped } = diff.summary;
    const differ = added + removed + changed + quiet.length + skipped.length > 0;
    return {
        text: textOf(diff, { full }),
        json: diff,
        code: exitCode && differ ? exitCodes.found : exitCodes.done,
    };
}
