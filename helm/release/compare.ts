import { isDeepStrictEqual } from "node:util";

import { Manifest, parseManifests } from "../../kubernetes/objects";
import { diff, ObjectChange } from "../../kubernetes/diff";
import { nameOf } from "../../kubernetes/client";
import { Revision } from "./storage";

/** The objects of a revision, hooks included. */
export function objectsOf({ manifest, hooks }: Pick<Revision, "manifest" | "hooks">): Manifest[] {
    return parseManifests([manifest, ...hooks].join("\n---\n"));
}

/** Tells whether Helm makes an object only while it installs or upgrades. */
export function isHook({ metadata }: Manifest): boolean {
    return metadata.annotations?.["helm.sh/hook"] !== undefined;
}

/** Changes of each object of a release by an upgrade. */
export function compare(deployed: Manifest[], rendered: Manifest[]): ObjectChange[] {
    const before = byName(deployed);
    const after = byName(rendered);
    return [...new Set([...before.keys(), ...after.keys()])].sort().map((object): ObjectChange => {
        const [one, other] = [before.get(object), after.get(object)];
        if (!one) return { object, operation: "create", fields: [] };
        if (!other) return { object, operation: "delete", fields: [] };
        const fields = diff(one, other);
        return { object, operation: fields.length > 0 ? "update" : "same", fields };
    });
}

/** Tells whether an upgrade would change the release at all. */
export function isSame(
    { config, chart, description }: Pick<Revision, "config" | "chart" | "description">,
    wanted: { values: Record<string, unknown>; version?: string; description?: string },
    objects: ObjectChange[],
): boolean {
    const sameVersion = wanted.version === undefined || wanted.version === chart.version;
    const sameDescription = wanted.description === undefined || wanted.description === description;
    return (
        sameVersion &&
        sameDescription &&
        isDeepStrictEqual(config, plain(wanted.values)) &&
        objects.every(({ operation }) => operation === "same")
    );
}

/** As it comes back from JSON, which is how Helm has kept it. */
function plain(values: Record<string, unknown>): unknown {
    return JSON.parse(JSON.stringify(values)) as unknown;
}

function byName(manifests: Manifest[]): Map<string, Manifest> {
    return new Map(
        manifests.map((manifest) => {
            const { namespace, name } = manifest.metadata;
            return [nameOf({ apiVersion: manifest.apiVersion, kind: manifest.kind, namespace, name }), manifest];
        }),
    );
}
