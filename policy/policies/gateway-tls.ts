import { ResourceValidationPolicy } from "@pulumi/policy";

import { part, parts, text } from "../lib/objects";

const group = "kubernetes:gateway.networking.k8s.io/";

export const gatewayTls: ResourceValidationPolicy = {
    name: "gateway-tls",
    description:
        "A Gateway listens for TLS only, each listener for a host, and a route names its hosts and one listener.",
    remediationSteps:
        "Listeners with `protocol: HTTPS`, `hostname` and a certificate; routes with `hostnames`, and `sectionName` in `parentRefs`.",
    severity: "critical",
    validateResource: ({ type, props }, report) => {
        if (!type.startsWith(group)) return;
        if (type.endsWith(":Gateway")) {
            for (const listener of parts(props, "spec", "listeners")) {
                const [name, protocol] = [text(listener, "name") ?? "", text(listener, "protocol") ?? "nothing"];
                if (!["HTTPS", "TLS"].includes(protocol)) report(`the listener ${name} is for ${protocol}`);
                if (text(listener, "hostname") === undefined) report(`the listener ${name} answers to any name`);
            }
        }
        if (type.endsWith(":HTTPRoute")) {
            const { hostnames } = part(props, "spec");
            if (!Array.isArray(hostnames) || hostnames.length === 0) report("it answers to any name");
            for (const parent of parts(props, "spec", "parentRefs")) {
                if (text(parent, "sectionName") === undefined)
                    report(`it is served by every listener of ${text(parent, "name")}, in the clear too`);
            }
        }
    },
};
