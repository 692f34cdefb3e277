import { UserError } from "../lib/errors";

/** A resource of a state, as far as it says what it needs. */
interface Needing {
    urn: string;
    protect?: boolean;
    parent?: string;
    /** `<urn of the provider>::<id of the provider>`. */
    provider?: string;
    dependencies?: string[] | null;
}

/** The URNs of what is protected, and of all that it needs. */
export function neededByProtected(resources: Needing[]): Set<string> {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const needed = new Set<string>();
    const need = (urn: string | undefined): void => {
        const resource = urn === undefined ? undefined : byUrn.get(urn);
        if (!resource || needed.has(resource.urn)) return;
        needed.add(resource.urn);
        const { parent, provider, dependencies } = resource;
        [parent, provider?.split("::").slice(0, -1).join("::"), ...(dependencies ?? [])].forEach(need);
    };
    resources.filter(({ protect }) => protect).forEach(({ urn }) => need(urn));
    return needed;
}

/** Refuses to go on when something that is protected would go. @param fix what to do about it */
export function assertUnprotected(guarded: string[], { would, fix }: { would: string; fix: string }): void {
    if (guarded.length === 0) return;
    throw new UserError(`what holds data is protected and would ${would}; nothing was changed by this`, {
        evidence: guarded,
        fix,
    });
}
