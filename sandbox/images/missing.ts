import { type ImageName } from "../../config/images";
import { run } from "../lib/exec";
import { step } from "../lib/progress";
import { type Engine } from "./engines";
import { imageRequest } from "./index";
import { digestOf } from "./inventory/registry";

/**
 * Which images a registry doesn't have yet. An image's tag is a hash of all that goes into it, so that one which is there needs no
 * second build. Where the registry gives no clear answer an image counts as missing: building it is then the safe way.
 *
 * @param builder its own login at the registry is used; buildah asks without one
 */
export async function missingOf(
    names: readonly ImageName[],
    registry: string,
    builder: Engine | "buildah",
): Promise<ImageName[]> {
    return step("Ask the registry which images it has", async (note) => {
        const missing: ImageName[] = [];
        for (const name of names) {
            const { ref } = imageRequest(name, registry);
            const there =
                builder === "buildah" ? digestOf(ref) : run(builder, ["manifest", "inspect", ref], { still: 60 });
            const isThere = await there.then(
                () => true,
                () => false,
            );
            if (!isThere) missing.push(name);
        }
        note(missing.length > 0 ? `missing: ${missing.join(", ")}` : "all of them");
        return missing;
    });
}
