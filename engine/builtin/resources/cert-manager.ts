import { releaseInside } from "../../../program/cert-manager";
import { ResourceHandler } from "../context";
import { release } from "./release";

/**
 * Pulumi's package for cert-manager. Its plugin isn't at hand here, so the Release that it would make takes the component's
 * place; the component has the release's status as its only output.
 */
export const certManager: ResourceHandler = {
    async apply(request, context) {
        const made = await release.apply(releaseInside(request), context);
        const { status } = made.result.outputs;
        return { ...made, result: { id: request.name, outputs: { status } } };
    },

    delete: (entry, context) => release.delete(entry, context),
};
