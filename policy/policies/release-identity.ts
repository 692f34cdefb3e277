import { ResourceValidationPolicy } from "@pulumi/policy";

import { releaseType } from "../lib/kinds";
import { text } from "../lib/objects";

/** The Release that the package of cert-manager makes inside of itself is called after the package's own resource. */
const wrapped = /-helm$/;

/**
 * A Release is replaced when its name or its namespace changes, and a pack never sees what was before. With the name equal to the
 * resource's, another name is another resource: the diff says "delete" and "create", and `protect` refuses the first.
 */
export const releaseIdentity: ResourceValidationPolicy = {
    name: "release-identity",
    description:
        "A Release has the name of its resource and a namespace of its stack, so that nothing replaces it in silence.",
    remediationSteps: "Make it through components/release.ts, which names it, and pass the namespace of the component.",
    severity: "critical",
    validateResource: ({ type, name, props, opts }, report) => {
        if (type !== releaseType) return;
        const own = name.replace(wrapped, "");
        const given = text(props, "name");
        if (given === undefined)
            report("it has no name of its own; a made-up one would lead the name of every Service");
        else if (given !== own) report(`it is called "${given}", not "${own}" as the resource is`);
        const namespace = text(props, "namespace");
        if (namespace === undefined) report("it has no namespace, and would land wherever the kubeconfig points");
        else if (/^(default|kube-.*)$/.test(namespace)) report(`${namespace} is not a namespace of the platform`);
        if (!wrapped.test(name) && opts.deleteBeforeReplace !== true) {
            report("two of one name can't stand side by side: it needs deleteBeforeReplace");
        }
    },
};
