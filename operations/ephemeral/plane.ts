import { organization, project } from "../../program/stack-config";
import { UserError } from "../../lib/errors";
import type { Engine } from "../../engine/engine";

/** The output by which a stack's cluster add-ons is shared. */
const planeOutput = "clusterPlaneOutput";

/**
 * Makes sure, before anything is made, that the stack whose cluster add-ons is to be shared has one and shares it.
 *
 * @param shared As `cluster.stack` has it.
 * @throws UserError that says what to do there
 */
export async function requirePlane(backend: Engine, shared: string, stack: string): Promise<void> {
    const [name, of = project, owner = organization] = shared.split("/").reverse();
    // Another project's stacks aren't in this list; the program itself looks at them.
    if (of !== project || owner !== organization) return;
    const refuse = (why: string, fix: string): never => {
        throw new UserError(`${stack} would use the cluster plane of the stack ${name}, ${why}; nothing was made`, {
            where: `cluster.stack in its template; ${backend.name}`,
            fix,
        });
    };
    const up = `bring it up first, in the same backend: ${backend.kind === "pulumi" ? `npx pulumi up -s ${name}` : `up --stack ${name}`}`;
    if (!(await backend.find(name))) refuse("and there is no such stack", up);
    const plane = (await backend.outputs(name))[planeOutput] as { shareable?: boolean } | null | undefined;
    if (!plane) refuse(`which has no output ${planeOutput}: it was never brought up, or shares another's itself`, up);
    if (plane?.shareable === false) {
        refuse("which keeps it to itself", `set cluster.shareable to true in Pulumi.${name}.yaml, and ${up}`);
    }
}
