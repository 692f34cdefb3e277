import { z } from "zod";

import { cidrs } from "../addresses";
import { annotations, labels } from "../free-maps";
import { controllerNames, type ControllerName, controllerOfClass, ingressControllers } from "../ingress-controllers";
import { hostName, objectName } from "../texts";
import { name, port } from "../units";

const host = hostName.optional();

/** One that is there, made by others. */
const namespace = objectName.max(63);

const gateway = z
    .strictObject({
        name: objectName
            .optional()
            .describe(
                "A Gateway that is there already; `namespace` and `sectionName` go with it. Default: one of the stack's own.",
            ),
        className: objectName
            .optional()
            .describe(
                "GatewayClass of a Gateway of the stack's own: it listens for each host by HTTPS, with a certificate of cert-manager's, and for nothing else.",
            ),
        namespace: namespace
            .optional()
            .describe(
                "Namespace of the Gateway, which must be there: others' pods may start in it, so that it is none of the stack's. Default for one of the stack's own: controllerNamespace.",
            ),
        port: port
            .optional()
            .describe(
                "Port that a Gateway of the stack's own listens on. Traefik wants its entry point's, which is 8443 with its chart. Default 443.",
            ),
        sectionName: objectName
            .optional()
            .describe(
                "Listener of the Gateway that is there, one for HTTPS: a route without it would be served by every listener, in the clear too.",
            ),
    })
    .describe(
        "Access by the Gateway API (1.4 or newer, standard channel) instead of by Ingresses: an HTTPRoute a host, and a BackendTLSPolicy a Service. Default: Ingresses.",
    );

export const ingress = z
    .strictObject({
        gateway: gateway.optional(),
        className: objectName.optional().describe("IngressClass. Default: the cluster's default."),
        controller: z
            .enum(controllerNames)
            .optional()
            .describe(
                "Ingress controller, which is told in its own way to speak TLS to the pages; docs/access.md has what each verifies. One that isn't listed serves the pages by the Gateway API. Default: known by the class' name; ingress-nginx without a class.",
            ),
        controllerNamespace: namespace
            .optional()
            .describe(
                "Namespace of the pods that pass visitors on, for NetworkPolicies: the ingress controller's, or the Gateway's proxies. Default: the Gateway's, or where the controller's own documentation installs it; ingress-nginx if there is neither.",
            ),
        controllerLabels: labels
            .optional()
            .describe(
                "Labels of these pods, for NetworkPolicies; {} for all pods of the namespace. Default: those of the controller's chart for traefik, haproxy and haproxy-ingress, else all pods.",
            ),
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
        annotations: annotations
            .optional()
            .describe(
                "Further annotations of every Ingress, or of the Gateway and its routes, such as external-dns's.",
            ),
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

/** No host, no way in. */
export const ingressDefaults: IngressConfig = { hosts: {} };

/** Tells whether any system has a host. */
export function hasHosts({ hosts }: IngressConfig): boolean {
    return Object.values(hosts).some((each) => each !== undefined);
}

/** Controller that takes the Ingresses; undefined where only its class is known, and that says nothing. */
export function controllerOf({ className, controller }: IngressConfig): ControllerName | undefined {
    // A stack that names neither is of before: the one controller that there was.
    return controller ?? (className === undefined ? "ingress-nginx" : controllerOfClass(className));
}

/** Pods that pass visitors on, as policies let them in. */
export function proxiesOf(config: IngressConfig): { namespace: string; labels: Record<string, string> } {
    const { gateway, controllerNamespace, controllerLabels } = config;
    const facts = ingressControllers[(!gateway && controllerOf(config)) || "ingress-nginx"];
    return {
        namespace: controllerNamespace ?? gateway?.namespace ?? facts.namespace,
        labels: controllerLabels ?? (gateway ? {} : (facts.labels ?? {})),
    };
}
