import { diff, type FieldChange } from "../../kubernetes/diff";
import { isRecord } from "../../kubernetes/objects";

/**
 * The changes that Pulumi's provider sees at the next update though nothing was changed: what the server has made of an object, cut to
 * what the declaration says, against the declaration. A port of `Diff` with its `pruneMap` and `pruneSlice` (pulumi-kubernetes
 * provider/pkg/provider/provider.go and util.go, 9497796): a value that is spelled in another way is a change, and so is a declared
 * one that the server leaves out. Defaults that it fills in are none.
 */
export function seenByProvider(live: object, declaration: object): FieldChange[] {
    return diff(pruned(live, declaration), declaration);
}

function pruned(live: unknown, declaration: unknown): unknown {
    if (isRecord(live) && isRecord(declaration)) {
        return Object.fromEntries(
            Object.entries(live)
                .filter(([key]) => key in declaration)
                .map(([key, value]) => [key, pruned(value, declaration[key])]),
        );
    }
    if (!Array.isArray(live) || !Array.isArray(declaration)) return live;
    if (live.length === 0 || declaration.length === 0) return [];
    // Not by their keys: what the server puts in between shifts all that follows.
    return declaration.slice(0, live.length).map((item, index) => pruned(live[index], item));
}
