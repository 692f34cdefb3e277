import { createHash } from "node:crypto";

import { ResourceRequest } from "../../../program/program";
import { Context, entryOf, Made, ResourceHandler } from "../context";
import { KubeObject, nameOf } from "../../../kubernetes/client";
import { object } from "./object";

/**
 * CRDs: objects like any other, but with ten thousand lines; so what was applied before,
 * and is unchanged in the program and on the server, isn't sent again.
 */
export const definition: ResourceHandler = {
    async apply(request: ResourceRequest, context: Context): Promise<Made> {
        const declared = createHash("sha256").update(JSON.stringify(request.inputs)).digest("hex");
        const same = await unchanged(request, declared, context);
        if (same) return same;
        const made = await object.apply(request, context);
        const entry = context.state.get(request.urn);
        if (!context.preview && entry) {
            const { uid, generation } = (made.result.outputs as unknown as KubeObject).metadata;
            await context.state.put({ ...entry, seal: { declared, uid, generation } });
        }
        return made;
    },

    delete: (entry, context) => object.delete(entry, context),
};

async function unchanged(request: ResourceRequest, declared: string, context: Context): Promise<Made | undefined> {
    const { state, kube, signal } = context;
    const entry = state.get(request.urn);
    if (!entry?.object || !entry.seal || entry.unready || entry.seal.declared !== declared) return undefined;
    const live = await kube.metadata(entry.object, signal);
    // The server counts the generation up with every change of the specification, whoever makes it.
    const { uid, generation } = entry.seal;
    if (!live || live.deletionTimestamp || live.uid !== uid || live.generation !== generation) return undefined;
    context.declared.add(nameOf(entry.object));
    if (!context.preview) await state.put({ ...entryOf(request), object: entry.object, seal: entry.seal });
    return { operation: "same", result: { id: entry.object.name, outputs: { ...request.inputs, metadata: live } } };
}
