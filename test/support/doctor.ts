import { parse } from "../../config/parse";
import type { StackState } from "../../engine/engine";
import type { Finding } from "../../operations/findings";
import type { KubeObject } from "../../kubernetes/client";

/** Each finding as `<id> <level>`. */
export const levels = (findings: Finding[]) => findings.map(({ id, level }) => `${id} ${level}`);
/** A config of the profile dev. */
export const config = (raw: Record<string, unknown> = {}) =>
    parse({ profile: "dev", images: { registry: "registry.example.com/data-platform" }, ...raw }, "dev");
/** An object of the cluster. */
export const object = (
    kind: string,
    name: string,
    rest: Record<string, unknown> = {},
    namespace?: string,
): KubeObject => ({
    ...{ apiVersion: "v1", kind, metadata: { name, ...(namespace ? { namespace } : {}) } },
    ...rest,
});
/** A state that has some objects. */
export const knowing = (...objects: { kind: string; name: string }[]): StackState => ({
    pending: [],
    resources: objects.map((each) => ({
        ...{ urn: "u", type: "t", name: each.name, custom: true, protect: false, retainOnDelete: false },
        object: { apiVersion: "v1", ...each },
    })),
});
