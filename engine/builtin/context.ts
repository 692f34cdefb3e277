import { ResourceRequest, ResourceResult } from "../../program/program";
import { Change } from "./change";
import { FieldChange, ObjectChange, Operation } from "../../kubernetes/diff";
import type { Watcher } from "../../kubernetes/wait/watcher";
import { ResourceState, State } from "./state";

/** Context of every resource handler during one command. */
export interface Context extends Watcher {
    stack: string;
    state: State;
    /** Only find out; change nothing. */
    preview: boolean;
    /** Take over objects and fields that somebody else made, instead of refusing. */
    adopt: boolean;
    /** Settings of the program's Kubernetes providers by URN. */
    providers: Map<string, ProviderSettings>;
    /** Objects and Releases that the program declares this time, by the name that `nameOf` gives. */
    declared: Set<string>;
}

/** The settings of a Kubernetes provider that make a difference here. */
export interface ProviderSettings {
    /** An object that is there already is taken over. */
    upsert: boolean;
}

/** Result of a resource handler, and what the program gets to see of it. */
export interface Made {
    operation: Operation;
    fields?: FieldChange[];
    objects?: ObjectChange[];
    notes?: string[];
    result: ResourceResult;
}

/** Makes resources of some types. */
export interface ResourceHandler {
    /** Brings a resource to what is declared, or says what that would take. Keeps its own entry in the state up to date. */
    apply(request: ResourceRequest, context: Context): Promise<Made>;
    /** Deletes what an entry stands for and waits until it is gone. Nothing there is fine. */
    delete(entry: ResourceState, context: Context): Promise<void>;
}

/** The part of an entry that comes from the program. */
export function entryOf(request: ResourceRequest): ResourceState {
    const { urn, type, name, custom, parent, dependencies, protect, retainOnDelete } = request;
    return { urn, type, name, custom, parent, dependencies, protect, retainOnDelete };
}

/** The whole change for what was made. */
export function changeOf(
    { urn, type, name, parent }: ResourceState | ResourceRequest,
    made: Omit<Made, "result">,
): Change {
    const { operation, fields = [], objects = [], notes = [] } = made;
    return { urn, type, name, ...(parent ? { parent } : {}), operation, fields, objects, notes };
}

export interface ApplyOptions {
    /** Take over objects and fields that somebody else made, instead of refusing. @default false */
    adopt?: boolean;
    signal?: AbortSignal;
    /** Told of each change when it has been made. */
    onChange?: (change: Change) => void;
    /** Told that a resource is as the program says, changed or not. */
    onDone?: () => void;
    /** Told what a resource that isn't done yet waits for. */
    onProgress?: (resource: string, text: string) => void;
}
