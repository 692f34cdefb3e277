import { z } from "zod";

import { cidrs } from "../addresses";
import { annotations } from "../free-maps";
import { hostName } from "../texts";
import { name } from "../units";

const host = hostName.optional();

export const ingress = z
    .strictObject({
        className: name.optional().describe("IngressClass. Default: the cluster's default."),
        controllerNamespace: name.describe("Namespace of the ingress controller's pods, for NetworkPolicies."),
        from: cidrs
            .optional()
            .describe(
                "Addresses that may connect to the pages' pods besides the controller's pods, for NetworkPolicies: the subnets of a cloud's load balancer that goes straight to pods (AWS ALB with target type ip, GKE's container-native one), or the nodes of a controller with hostNetwork. Default: none.",
            ),
        issuer: name
            .optional()
            .describe(
                "ClusterIssuer of cert-manager that signs the hosts' certificates, such as an ACME one. Default: the platform's own CA.",
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
    .describe("Access from outside, over TLS.");

export type IngressConfig = z.infer<typeof ingress>;

/** No host, no Ingress. The namespace is that of the ingress-nginx chart's documentation. */
export const ingressDefaults: IngressConfig = { controllerNamespace: "ingress-nginx", hosts: {} };
