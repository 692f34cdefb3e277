import { publishedFile } from "../../config/published";
import { CommandLine, runCommandLine } from "../../lib/command-line";
import { demandedDigests } from "./digests";
import { publishedFrom, releasedPlatforms, writePublished } from "./published";

interface Options {
    digests: string;
    version: string;
    table: string;
}

void runCommandLine(
    new CommandLine("images-published")
        .description(`Writes ${publishedFile}, by which stacks take what a release has published, and a table of it`)
        .requiredOption("--digests <file>", "what was pushed, as `make images` wrote it")
        .requiredOption("--version <tag>", "the release's tag")
        .requiredOption("--table <file>", "the table, in Markdown")
        .action(async ({ digests, version, table }: Options) => {
            const published = publishedFrom(demandedDigests(digests), version, releasedPlatforms);
            await writePublished(published, { json: publishedFile, table });
            console.log(`${Object.keys(published.images).length} images of ${version} are in ${publishedFile}`);
        }),
);
