import { UserError } from "../../../lib/errors";
import { Context } from "../context";
import { Identity, KubeError, nameOf, unknownKind } from "../../../kubernetes/client";

/** An API server's refusal as a person should read it: which object, why, what to do. No secret is repeated. */
export function refusal(
    { reason, status, message, causes }: KubeError,
    identity: Identity,
    { masker }: Context,
): UserError {
    const which = nameOf(identity);
    const detail = causes.map((cause) => [cause.field, cause.message].filter(Boolean).join(": "));
    const evidence = (detail.length > 0 ? detail : [message]).map((line) => masker.text(line));
    if (reason === "Conflict") {
        return new UserError(`${which} has fields that somebody else has changed since`, {
            where: which,
            evidence,
            fix: "to put them back to what the program says: --adopt",
        });
    }
    if (reason === unknownKind) {
        return new UserError(`${which}: ${masker.text(message)}`, {
            where: which,
            fix: "its definition (a CustomResourceDefinition) has to be there first: make it in the program, and depend on it",
        });
    }
    if (reason === "Forbidden" || status === 403) {
        return new UserError(`the cluster forbids ${which}`, { where: which, evidence: [masker.text(message)] });
    }
    return new UserError(`the cluster refuses ${which}${reason ? ` (${reason})` : ""}`, { where: which, evidence });
}
