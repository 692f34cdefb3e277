import type { FieldChange } from "../../kubernetes/diff";

/**
 * Operation on an object. `renamed`: it goes, and one of another name that is otherwise its like comes. `kept`: it is no longer made, but
 * says of itself that Helm or Pulumi leaves it in the cluster.
 */
export type Operation = "added" | "removed" | "changed" | "renamed" | "kept";

/** Something in a change that a person should look at twice. */
export interface Risk {
    /** `danger`: data or the service may be lost. `caution`: it may not work as it stands, or opens something. */
    level: "danger" | "caution";
    /** Short and stable, e.g. `stateful-removed`. */
    code: string;
    text: string;
}

export interface ObjectDiff {
    operation: Operation;
    apiVersion: string;
    kind: string;
    namespace?: string;
    name: string;
    /** For `renamed`: what it was called. */
    formerName?: string;
    fields: FieldChange[];
    /** A unified diff, without its header; of what is added or removed, all of it. */
    lines: string[];
    risks: Risk[];
}

/** All that differs in one namespace, or in what belongs to none. */
export interface ComponentDiff {
    /** The namespace, or `cluster`. */
    name: string;
    /** System of the platform that lives there, e.g. `storage`. */
    system?: string;
    objects: ObjectDiff[];
}

/** Versions of an image or a chart, by its name. */
export interface VersionChange {
    name: string;
    /** Empty: it is new. */
    before: string[];
    /** Empty: it is gone. */
    after: string[];
}

/** Requests of pods and volumes, in cores and bytes. */
export interface Requests {
    cpu: number;
    memory: number;
    storage: number;
}

export interface Summary {
    added: number;
    removed: number;
    /** No longer made, and left in the cluster. */
    kept: number;
    /** Renamed ones included. */
    changed: number;
    unchanged: number;
    /** Objects that differ only in labels of versions, in checksums and in the layout of JSON. */
    quiet: string[];
    images: VersionChange[];
    charts: VersionChange[];
    /** Of what runs all the time: servers, not jobs. */
    requests: { before: Requests; after: Requests };
    /** Parts that one side only could reach, so that they can't be compared: `release <namespace>/<name>`, `definitions of <kind>`. */
    skipped: { what: string; reason: string }[];
    /** Former name of `skipped`, for programs that read the JSON. */
    withheld?: Summary["skipped"];
}

/** Compares two rendered stacks. */
export interface TreeDiff {
    before: string;
    after: string;
    summary: Summary;
    /** Those with a difference, in order. */
    components: ComponentDiff[];
}
