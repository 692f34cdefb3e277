import type { Manifest } from "../../kubernetes/objects";

/** Labels and annotations that change with every version of a chart and say nothing of their own. */
const ignoredFields =
    /^(helm\.sh\/chart|app\.kubernetes\.io\/version|chart|checksum\/.*|kubectl\.kubernetes\.io\/last-applied-configuration)$/;

/** Paths of labels and annotations in an object. */
const places = [
    ["metadata"],
    ["spec", "template", "metadata"],
    ["spec", "jobTemplate", "metadata"],
    ["spec", "jobTemplate", "spec", "template", "metadata"],
];

type Group = Record<string, unknown>;

/** A copy of an object without what changes by itself. */
export function withoutIgnoredFields(manifest: Manifest): Manifest {
    let clean: Group = manifest;
    for (const place of places) clean = at(clean, place, (metadata) => lists(metadata));
    // Volume claims of a StatefulSet carry labels of their own.
    clean = at(clean, ["spec"], (spec) =>
        Array.isArray(spec.volumeClaimTemplates)
            ? {
                  ...spec,
                  volumeClaimTemplates: spec.volumeClaimTemplates.map((claim: Group) => at(claim, ["metadata"], lists)),
              }
            : spec,
    );
    return clean as Manifest;
}

function lists(metadata: Group): Group {
    return ["labels", "annotations"].reduce(
        (whole, list) =>
            at(whole, [list], (entries) =>
                Object.fromEntries(Object.entries(entries).filter(([key]) => !ignoredFields.test(key))),
            ),
        metadata,
    );
}

/** A copy with a group in it changed; as it is when there is no such group. */
function at(value: Group, [key, ...rest]: string[], change: (group: Group) => Group): Group {
    const inner = value[key];
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return value;
    return { ...value, [key]: rest.length > 0 ? at(inner as Group, rest, change) : change(inner as Group) };
}
