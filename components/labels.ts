import * as pulumi from "@pulumi/pulumi";

/** Identity of a thing, for its labels. */
export interface Labelled {
    /** Name of its kind, e.g. `ingest`. */
    name: string;
    /** Its part in the platform, e.g. `etl`. */
    component: string;
    /** Version of what runs in it. @default none */
    version?: string;
}

/** Prefix of labels and annotations of ours. */
export const prefix = "data-platform.io";

/** Labels that stay the same for the life of a thing, fit for a selector. */
export function selectorLabels({ name }: Pick<Labelled, "name">): Record<string, string> {
    return { "app.kubernetes.io/name": name, "app.kubernetes.io/instance": `${pulumi.getStack()}-${name}` };
}

/** The recommended labels of Kubernetes, all six. */
export function labels({ name, component, version }: Labelled): Record<string, string> {
    return {
        ...selectorLabels({ name }),
        ...(version ? { "app.kubernetes.io/version": version.slice(0, 63) } : {}),
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": pulumi.getProject(),
        "app.kubernetes.io/managed-by": "pulumi",
    };
}

/** Labels of the pods of a first-party chart: of all of them, or of one component's. */
export function chartLabels(chart: string, release: string, component?: string): Record<string, string> {
    return {
        "app.kubernetes.io/name": chart,
        "app.kubernetes.io/instance": release,
        ...(component ? { "app.kubernetes.io/component": component } : {}),
    };
}

/** Label by which a client's pods are let in to a system, e.g. `data-platform.io/uses-kafka: "true"`. */
export function usesLabel(system: string): Record<string, string> {
    return { [`${prefix}/uses-${system}`]: "true" };
}
