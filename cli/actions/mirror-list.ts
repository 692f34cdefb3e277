import { type MirrorList, mirrorList } from "../../images/inventory/mirror";
import { CommandResult, exitCodes } from "../../lib/exit-codes";

/** The list in two columns for programs that copy images, what is to be known of it on standard error. */
export async function listMirror(options: { stack: string; mirror?: string; from?: string }): Promise<CommandResult> {
    const list = await mirrorList(options);
    for (const note of notes(list, options)) process.stderr.write(`  ${note}\n`);
    const width = Math.max(...list.images.map(({ source }) => source.length));
    return {
        text: list.images.map(({ source, target }) => `${source.padEnd(width)}  ${target}`).join("\n"),
        json: { ...list, images: list.images.map((each) => ({ ...each, digest: each.digest ?? null })) },
        code: list.elsewhere.length > 0 ? exitCodes.warnings : exitCodes.done,
    };
}

/** Remarks for a person beside the list. */
function notes(
    { stack, mirror, inForce, registry, images, elsewhere }: MirrorList,
    { from }: { from?: string },
): string[] {
    const unknown = images.filter(({ ours, digest }) => !ours && !digest).length;
    return [
        ...(inForce ? [] : [`the stack ${stack} pulls from the mirror once it says images.mirror: ${mirror}`]),
        ...(images.some(({ ours }) => ours) && !from
            ? [
                  `ours get to ${registry} by \`make images STACK=${stack} PUSH=1\`, or from another registry by --from (make: FROM=…)`,
              ]
            : []),
        ...(unknown > 0
            ? [`${unknown} images are named by their tag: images.lock.json has no digest of them (make images-lock)`]
            : []),
        ...elsewhere.map(
            (image) => `not from the mirror: ${image}, which the program names itself; name its copy there`,
        ),
    ];
}
