import { UserError } from "../../lib/errors";

/** Words by which registries, in one spelling or another, refuse somebody; and by which there is no registry at all. */
const refusals = /denied|unauthorized|forbidden|authentication required|no basic auth|insufficient_scope|\b40[13]\b/i;
const absences = /connection refused|no such host|server misbehaving|i\/o timeout|network is unreachable/i;
const plain = /server gave HTTP response to HTTPS client/i;

/** Tells whether a program that builds and pushes in one has failed at the push. */
export function isPushFailure(error: unknown): boolean {
    if (!(error instanceof UserError)) return false;
    return /failed to push|pushing (layers|manifest)/i.test((error.details.evidence ?? []).join("\n"));
}

/** Says of a push that failed which registry it was, what the program said, and what to do. */
export function pushFailure(tool: string, ref: string, error: unknown): unknown {
    if (!(error instanceof UserError)) return error;
    const registry = ref.split("/")[0];
    const evidence = error.details.evidence?.slice(-5);
    const said = (evidence ?? []).join("\n");
    const login = `log in first: ${tool} login ${registry}`;
    if (plain.test(said)) {
        return new UserError(`the registry ${registry} speaks plain HTTP, which ${tool} refuses`, {
            where: ref,
            evidence,
            fix: `name it among ${tool}'s insecure registries, or give it a certificate`,
        });
    }
    if (absences.test(said)) {
        return new UserError(`the registry ${registry} can't be reached`, {
            where: ref,
            evidence,
            fix: "start it, or name another one (images.registry of the stack, or --registry)",
        });
    }
    return new UserError(
        refusals.test(said)
            ? `the registry ${registry} refuses the push: nobody is signed in, or may not write there`
            : `${ref} cannot be pushed`,
        { where: ref, evidence: evidence ?? [error.message], fix: login },
    );
}
