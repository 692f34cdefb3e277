import { createHash } from "node:crypto";

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

/** Annotation of a NetworkPolicy with the reasons of ways out that are as wide as the internet. */
export const egressReason = `${prefix}/egress-reason`;

/**
 * A value of a label, or the name in a key, out of any text: the text itself where it can be one. Another one is cut and cleaned, and a
 * hash of the whole keeps two such texts apart.
 */
export function labelValue(text: string): string {
    if (/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text) || text === "") return text;
    const readable = text
        .replace(/[^A-Za-z0-9._-]+/g, "-")
        .slice(0, 54)
        .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
    return readable ? `${readable}-${hash}` : hash;
}

/** Version of an image by its name: the tag, or as much of its digest as fits; undefined for one that says neither. */
export function versionOf(image: string): string | undefined {
    const [, tag, digest] = /^[^@]*?(?::([^/:@]+))?(?:@sha256:([0-9a-f]{63})[0-9a-f]*)?$/.exec(image) ?? [];
    return digest ?? tag;
}

/** Labels that stay the same for the life of a thing, fit for a selector. */
export function selectorLabels({ name }: Pick<Labelled, "name">): Record<string, string> {
    return {
        "app.kubernetes.io/name": labelValue(name),
        "app.kubernetes.io/instance": labelValue(`${pulumi.getStack()}-${name}`),
    };
}

/** The recommended labels of Kubernetes, all six. */
export function labels({ name, component, version }: Labelled): Record<string, string> {
    return {
        ...selectorLabels({ name }),
        ...(version ? { "app.kubernetes.io/version": labelValue(version) } : {}),
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
    return { [`${prefix}/${labelValue(`uses-${system}`)}`]: "true" };
}
