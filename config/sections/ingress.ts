import { z } from "zod";

import { cidrs } from "../addresses";
import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { annotations } from "../free-maps";
import { hostName } from "../texts";
import { name } from "../units";

const host = hostName.optional();

export const ingress = z
    .strictObject({
        className: name.optional().describe("IngressClass. Default: the cluster's default."),
        controllerNamespace: name.describe("Namespace of the ingress controller's pods, for NetworkPolicies."),
        issuer: name
            .optional()
            .describe(
                "ClusterIssuer of cert-manager that signs the hosts' certificates, such as an ACME one. Default: the platform's own authority.",
            ),
        annotations: annotations.optional().describe("Further annotations of every Ingress, such as external-dns's."),
        hosts: z
            .strictObject({
                orchestrator: host.describe("Airflow."),
                tracking: host.describe("MLflow."),
                objectStore: host.describe("The S3 API."),
                console: host.describe("MinIO's console."),
            })
            .describe("Host names by system; what has none is not reachable from outside."),
        cidrs: cidrs
            .optional()
            .describe(
                "Addresses of the hosts as the cluster sees them, for cert-manager, which tries them over HTTP before an ACME issuer does. Default: any but link-local ones and clouds' metadata, on port 80.",
            ),
    })
    .describe("Ways in from outside, over TLS.");

export type IngressConfig = z.infer<typeof ingress>;

/** No host, no Ingress. The namespace is that of the ingress-nginx chart's documentation. */
export const ingressDefaults: IngressConfig = { controllerNamespace: "ingress-nginx", hosts: {} };

/** What the type of one key can't say. */
export function ingressRules({ profile, ingress: { issuer, hosts }, objectStore }: PlatformConfig): Problem[] {
    const given = Object.entries(hosts).filter(([, each]) => each !== undefined) as [string, string][];
    const twice = given.filter(([, each], index) => given.findIndex(([, other]) => other === each) !== index);
    return [
        ...twice.map(([key, each]) => ({
            key: `ingress.hosts.${key}`,
            message: `${each} is another system's host already; each needs one of its own`,
        })),
        ...(hosts.console !== undefined && objectStore.kind === "minio" && !objectStore.console
            ? [{ key: "ingress.hosts.console", message: "leads nowhere, because objectStore.console is false" }]
            : []),
        ...(profile === "prod" && given.length > 0 && !issuer
            ? [
                  {
                      key: "ingress.issuer",
                      message:
                          "is missing, and with profile prod the hosts' certificates may not come from the platform's self-signed authority, which no browser knows; name a ClusterIssuer of cert-manager that is there",
                  },
              ]
            : []),
    ];
}
