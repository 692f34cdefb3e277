/** Tools that check. `extraction` is ours: it says what can't be given to the others. */
export const checkTools = ["extraction", "kubeconform", "checkov", "kube-score", "network", "admission"] as const;

export type CheckTool = (typeof checkTools)[number];

/** Something that a tool found wrong with an object. */
export interface Finding {
    tool: CheckTool;
    /** The tool's own name of what it looks for, e.g. `CKV_K8S_20`. */
    check: string;
    /** `Kind/namespace/name`; `cluster` in place of a namespace that there is none of. */
    object: string;
    /** Place of the object: a file of the tree, or the object that hides it. */
    origin: string;
    /** Description of the problem, with the field of the object. */
    message: string;
}

/** Report of one tool on a stack. */
export interface CheckReport {
    tool: CheckTool;
    /** Number of objects that it checked. */
    objects: number;
    findings: Finding[];
    /** Objects that it could not check, and why. */
    unchecked: string[];
}

/** Between the things that one finding says. */
const and = "; ";

/** The things that a finding says. */
export function said({ message }: Finding): string[] {
    return message.split(and);
}

/** Findings that say the same of the same object as one, in a stable order. */
export function merged(findings: Finding[]): Finding[] {
    const unique = new Map<string, Finding>();
    for (const finding of findings) {
        const { tool, check, object, origin, message } = finding;
        const key = [tool, check, object, origin].join("\0");
        const known = unique.get(key);
        if (!known) unique.set(key, finding);
        else if (!said(known).includes(message))
            unique.set(key, { ...known, message: [known.message, message].join(and) });
    }
    return [...unique.values()].sort((one, other) =>
        [one.tool, one.check, one.object].join().localeCompare([other.tool, other.check, other.object].join()),
    );
}
