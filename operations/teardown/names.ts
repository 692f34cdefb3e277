// Names that the program gives to what it makes, by which it is found again without its state.
import { egressSystem } from "../../config/sections/egress";
import { systems } from "../../config/sizing/part";
import type { StackResource } from "../../engine/engine";

/** On every namespace that a stack makes: the stack's name. */
export const stackLabel = "data-platform.io/stack";

/** On the namespaces of a stack that was made to go away again: "true". */
export const ephemeralLabel = "data-platform.io/ephemeral";

/** Type of the component that is the cluster add-ons of the stack that has made it. */
export const planeType = "data-platform:cluster:ClusterPlane";

/** Type of the component that is an operator's CRDs. */
export const crdsType = "data-platform:cluster:Crds";

/** Namespaces of the operators. */
export const operatorNamespaces = ["cert-manager", "spark-operator", "strimzi-operator", "cnpg-system", "keda"];

/** Groups of the operators' kinds. */
const operatorGroups = /(^|\.)(cert-manager\.io|sparkoperator\.k8s\.io|strimzi\.io|cnpg\.io|keda\.sh)$/;

/** Tells whether a kind is one of an operator of the cluster add-ons. */
export function isOperated(apiVersion: string): boolean {
    return operatorGroups.test(apiVersion.split("/")[0]);
}

/** Tells whether a CRD, by its name, is of such a kind. */
export function isOperatedDefinition(name: string): boolean {
    return isOperated(name.slice(name.indexOf(".") + 1));
}

/** The names that a stack's namespaces have where the config says nothing else. */
export function usualNamespaces(stack: string): string[] {
    return [...systems, egressSystem].map((system) => `${stack}-${system}`);
}

/** Name of a resource in messages. */
export function resourceName({ object, release, type, name }: StackResource): string {
    if (release) return `Release ${release.namespace}/${release.name}`;
    if (object) return `${object.kind} ${object.namespace ? `${object.namespace}/` : ""}${object.name}`;
    return `${type.slice(type.lastIndexOf(":") + 1)} ${name}`;
}
