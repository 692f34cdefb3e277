import { ResourceValidationPolicy } from "@pulumi/policy";

import { releaseType } from "../lib/kinds";
import { at, isPart, Part, part, parts, text, walk } from "../lib/objects";

export const ingressTls: ResourceValidationPolicy = {
    name: "ingress-tls",
    description: "An Ingress names its hosts and has TLS for each of them.",
    remediationSteps: "Name the host in `spec.rules`, and in `spec.tls` with the Secret of its certificate.",
    severity: "critical",
    validateResource: ({ type, props }, report) => {
        if (type === "kubernetes:networking.k8s.io/v1:Ingress") {
            const covered = parts(props, "spec", "tls")
                .filter((entry) => text(entry, "secretName") !== undefined)
                .flatMap(({ hosts }) => (Array.isArray(hosts) ? hosts : []));
            if (at(props, "spec", "defaultBackend") !== undefined) report("its default backend answers to any name");
            const rules = parts(props, "spec", "rules");
            if (rules.length === 0) report("it names no host");
            for (const rule of rules) {
                const host = text(rule, "host");
                if (host === undefined) report("a rule without a host answers to any name");
                else if (!covered.includes(host)) report(`${host} has no TLS`);
            }
        }
        if (type !== releaseType) return;
        for (const { path, value } of walk(part(props, "values"))) {
            const ours = path.some((key) => /ingress/i.test(key));
            if (ours && isPart(value) && value.enabled === true && opensIngress(value) && !hasTls(value)) {
                report(`values.${path.join(".")} is enabled without TLS`);
            }
        }
    },
};

/** An Ingress has hosts; other things below such a key (a NetworkPolicy's ingress) have not. */
function opensIngress(value: Part): boolean {
    return ["host", "hosts", "hostname", "ingressClassName", "className"].some((key) => value[key] !== undefined);
}

function hasTls(value: Part): boolean {
    const { tls } = value;
    if (Array.isArray(tls)) return tls.length > 0;
    if (isPart(tls)) return tls.enabled !== false;
    const hosts = parts(value, "hosts");
    return hosts.length > 0 && hosts.every((host) => at(host, "tls", "enabled") === true);
}
