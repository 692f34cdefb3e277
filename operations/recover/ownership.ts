// Whose an object is that an update had begun to make when it was killed. Only what is certainly the stack's own is taken into its
// state: what is in a state is deleted with the stack.
import { prefix } from "../../components/labels";
import type { KubeObject } from "../../kubernetes/client";

/** Owner of an object, as far as it says so itself. */
export type Ownership =
    | { is: "ours" }
    /** @param of who has it, for people, e.g. `the stack prod` */
    | { is: "theirs"; of: string };

/** Facts about the namespace that an object is in. */
export interface NamespaceOwner {
    /** It carries this stack's label, or is in its state. */
    ours: boolean;
}

/** Those who apply what a program declares: Pulumi's provider, and the built-in engine. */
const ourManagers = /^(pulumi-kubernetes|data-platform-sandbox)/;

/**
 * Finds an object's owner. The stack's own: its label says so, or it stands in one of the stack's namespaces; and in both cases it was
 * written by Pulumi's provider or the built-in engine. An operator's or a person's object of the same name is theirs.
 */
export function ownershipOf(object: KubeObject, stack: string, namespace: NamespaceOwner | undefined): Ownership {
    const labels = object.metadata.labels ?? {};
    const { managedFields = [] } = object.metadata as { managedFields?: { manager?: string }[] };
    const managers = managedFields.map(({ manager = "" }) => manager);
    const of = labels[`${prefix}/stack`];
    if (of !== undefined && of !== stack) return { is: "theirs", of: `the stack ${of}` };
    if (!managers.some((manager) => ourManagers.test(manager))) {
        return { is: "theirs", of: managers.length > 0 ? [...new Set(managers)].join(", ") : "somebody else" };
    }
    const named = labels["app.kubernetes.io/instance"] === `${stack}-${labels["app.kubernetes.io/name"]}`;
    if (of === stack || named || namespace?.ours) return { is: "ours" };
    return { is: "theirs", of: "another stack or program, as nothing in it names this stack" };
}
