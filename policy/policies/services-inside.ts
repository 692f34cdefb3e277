import { ResourceValidationPolicy } from "@pulumi/policy";

import { releaseType } from "../lib/kinds";
import { part, text, walk } from "../lib/objects";

const outside = ["NodePort", "LoadBalancer"];

export const servicesInside: ResourceValidationPolicy = {
    name: "services-inside",
    description: "A Service is reached from inside the cluster; the way in from outside is an Ingress with TLS.",
    remediationSteps: "Leave the Service at ClusterIP and set `ingress` in the stack's config.",
    severity: "high",
    validateResource: ({ type, props }, report) => {
        if (type === "kubernetes:core/v1:Service") {
            const form = text(props, "spec", "type") ?? "ClusterIP";
            if (outside.includes(form)) report(`it is a ${form}`);
            if (Array.isArray(part(props, "spec").externalIPs))
                report("it takes addresses outside the cluster (externalIPs)");
        }
        if (type !== releaseType) return;
        for (const { path, value } of walk(part(props, "values"))) {
            // `NodePort` means nothing else in any chart; a key may be called type, serviceType or kind.
            if (typeof value === "string" && outside.includes(value)) report(`values.${path.join(".")} is ${value}`);
        }
    },
};
