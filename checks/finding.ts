/** Who judges. `extraction` is ours: it says what can't be given to the others. */
export const checkTools = ["extraction", "kubeconform", "checkov", "kube-score", "network", "admission"] as const;

export type CheckTool = (typeof checkTools)[number];

/** Something that a judge found wrong with an object. */
export interface Finding {
    tool: CheckTool;
    /** The judge's own name of what it looks for, e.g. `CKV_K8S_20`. */
    check: string;
    /** `Kind/namespace/name`; `cluster` in place of a namespace that there is none of. */
    object: string;
    /** Where the object stands: a file of the tree, or what it hides in. */
    origin: string;
    /** What is wrong, and where in the object. */
    message: string;
}

/** What a judge says of a stack. */
export interface CheckReport {
    tool: CheckTool;
    /** How many objects it looked at. */
    objects: number;
    findings: Finding[];
    /** What it could not judge, and why. */
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
