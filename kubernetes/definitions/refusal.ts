import { UserError } from "../../lib/errors";
import { KubeError } from "../client";
import { listAt, type Manifest } from "../objects";

/** Reason why a CRD could not be applied, as a person should read it: which one, why, what to do. */
export function definitionRefusal(error: unknown, definition: Manifest): UserError {
    const { name } = definition.metadata;
    const where = `CustomResourceDefinition ${name}`;
    if (error instanceof UserError) return error;
    if (!(error instanceof KubeError)) throw error;
    const { status, reason, message, causes } = error;
    const evidence = causes.length > 0 ? causes.map((cause) => `${cause.field}: ${cause.message}`) : [message];
    if (status === 401 || status === 403) {
        return new UserError(`the cluster forbids ${where}`, {
            ...{ where, evidence: [message] },
            fix: "let an administrator grant get, list, watch, create and patch on customresourcedefinitions; `data-platform doctor` lists all rights that a stack takes",
        });
    }
    if (causes.some(({ field }) => field?.startsWith("status.storedVersions"))) {
        const versions = listAt(definition.spec, "versions").map((version) => String(version.name));
        return new UserError(`${where} has objects stored in a version that the new definition drops`, {
            where,
            evidence,
            allowed: `definitions that keep it; this one has ${versions.join(", ")}`,
            fix: `write those objects in a version that stays, then take the old one out of status.storedVersions: kubectl get crd ${name} -o jsonpath='{.status.storedVersions}' (docs/upgrades.md)`,
        });
    }
    if (reason === "Conflict") {
        return new UserError(`${where} is changed by somebody else at the same time`, {
            ...{ where, evidence },
            fix: `see who: kubectl get crd ${name} --show-managed-fields -o yaml; then run the same command again`,
        });
    }
    const webhook = causes.some(({ field }) => field?.startsWith("spec.conversion"));
    const fix = webhook
        ? "its versions are converted by a webhook, which the definition has to name whole: take the definitions that belong to the operator's version"
        : `take the definitions that belong to the operator's version (crds in the stack file); what the server has: kubectl get crd ${name} -o yaml`;
    return new UserError(`the cluster refuses ${where}${reason ? ` (${reason})` : ""}`, { where, evidence, fix });
}
