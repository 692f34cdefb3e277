import type { Missing } from "../fetch";
import { Summary } from "./model";
import { Side } from "./side";

/**
 * Parts that could be reached on one side only: it must not look as if all that is in them were new or gone.
 *
 * @returns what is said of it, and the paths of the objects to leave out on both sides
 */
export function skippedOf(before: Side, after: Side): { skipped: Summary["skipped"]; hidden: Set<string> } {
    const [releases, definitions] = [releasesOnOneSide(before, after), definitionsOnOneSide(before, after)];
    return {
        skipped: [...releases.skipped, ...definitions.skipped],
        hidden: new Set([...releases.hidden, ...definitions.hidden]),
    };
}

function releasesOnOneSide(before: Side, after: Side): { skipped: Summary["skipped"]; hidden: string[] } {
    const skipped: Summary["skipped"] = [];
    const hidden: string[] = [];
    for (const release of before.releases) {
        const other = after.releases.find(
            ({ name, namespace }) => name === release.name && namespace === release.namespace,
        );
        if (!other || other.rendered === release.rendered) continue;
        const side = release.rendered ? after : before;
        skipped.push({
            what: `release ${release.namespace}/${release.name}`,
            reason: `its chart was not rendered in ${side.name}`,
        });
        hidden.push(...release.files, ...other.files);
    }
    return { skipped, hidden };
}

/** CRD files that could be reached on one side only: nobody knows which CRDs they have, so none can be told to come or go. */
function definitionsOnOneSide(before: Side, after: Side): { skipped: Summary["skipped"]; hidden: string[] } {
    const keysOf = (side: Side) => side.missing.map(({ key }: Missing) => key).filter((key) => key.startsWith("crds."));
    const [one, other] = [before, after].map((side) => new Set(keysOf(side)));
    const lacking = [...new Set([...one, ...other])].filter((key) => one.has(key) !== other.has(key)).sort();
    if (lacking.length === 0) return { skipped: [], hidden: [] };
    const definitions = (side: Side) =>
        [...side.objects].filter(([, { kind }]) => kind === "CustomResourceDefinition").map(([path]) => path);
    const [had, has] = [before, after].map((side) => new Set(definitions(side)));
    return {
        skipped: lacking.map((key) => ({
            what: `definitions of ${key}`,
            reason: `they could not be reached in ${(one.has(key) ? before : after).name}`,
        })),
        hidden: [...had, ...has].filter((path) => had.has(path) !== has.has(path)),
    };
}
