import { type ControllerName, ingressControllers } from "../../config/ingress-controllers";
import { caBundles } from "./ca-bundle";
import { Page, serverName } from "./page";

type Annotations = Record<string, string>;

/** How a controller is told to speak TLS to a page, and to nobody in the clear. */
export interface BackendTls {
    /** Annotations of the Ingress that the config can't change. */
    ingress: Annotations;
    /** Further ones, before those of the config. @default none */
    usual?: Annotations;
    /** Annotations of the Service behind it, which is then one of the platform's own in front of the same pods. @default none */
    service?: Annotations;
    /** Spec of Traefik's own object, which names the CA. @default none */
    transport?: object;
    /** It looks for the CA in a Secret of this form. @default in the one that is there, or nowhere */
    bundle?: boolean;
}

/** Settings for a page, by the controller's own documentation; docs/access.md says which verify it. */
export function backendTls(controller: ControllerName, page: Page): BackendTls {
    const { ingress, ...rest } = byPage[controller](page);
    return { ingress: { ...ingressControllers[controller].always, ...ingress }, ...rest };
}

type ByPage = (page: Page) => Omit<BackendTls, "ingress"> & { ingress?: Annotations };

const byPage: Record<ControllerName, ByPage> = {
    // It speaks plain HTTP to what is behind it, and looks at no certificate, unless it is told.
    "ingress-nginx": (page) => ({
        ingress: {
            "nginx.ingress.kubernetes.io/proxy-ssl-secret": `${page.namespace.name}/${page.trust.secretName}`,
            "nginx.ingress.kubernetes.io/proxy-ssl-name": serverName(page),
        },
        // Uploads of artifacts and objects have no bound of their own.
        usual: { "nginx.ingress.kubernetes.io/proxy-body-size": "0" },
    }),
    traefik: (page) => ({
        // By default a router listens on every entry point, in the clear too. The name is that of Traefik's chart.
        usual: { "traefik.ingress.kubernetes.io/router.entrypoints": "websecure" },
        service: {
            "traefik.ingress.kubernetes.io/service.serversscheme": "https",
            "traefik.ingress.kubernetes.io/service.serverstransport": `${page.namespace.name}-${page.name}@kubernetescrd`,
        },
        // Known to every release since 2.10; the newer `rootCAs` is not.
        transport: { serverName: serverName(page), rootCAsSecrets: [page.trust.secretName] },
    }),
    haproxy: ({ namespace }) => ({
        ingress: { "haproxy.org/server-ca": `${namespace.name}/${caBundles.secret.name}` },
        bundle: true,
    }),
    "haproxy-ingress": (page) => ({
        ingress: {
            "haproxy-ingress.github.io/secure-verify-ca-secret": page.trust.secretName,
            "haproxy-ingress.github.io/secure-verify-hostname": serverName(page),
            "haproxy-ingress.github.io/secure-sni": serverName(page),
        },
    }),
    nginx: ({ service }) => ({
        ingress: { "nginx.org/ssl-services": service },
        usual: { "nginx.org/client-max-body-size": "0" },
    }),
    contour: ({ port }) => ({ service: { "projectcontour.io/upstream-protocol.tls": String(port) } }),
    openshift: () => ({
        ingress: { "route.openshift.io/destination-ca-certificate-secret": caBundles.secret.name },
        bundle: true,
    }),
    alb: () => ({
        usual: {
            "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS":443}]',
            "alb.ingress.kubernetes.io/target-type": "ip",
            "alb.ingress.kubernetes.io/healthcheck-protocol": "HTTPS",
            // MLflow and the object store answer nobody without a password: that they answer is enough.
            "alb.ingress.kubernetes.io/success-codes": "200-499",
        },
    }),
    agic: (page) => ({
        ingress: { "appgw.ingress.kubernetes.io/backend-hostname": serverName(page) },
        usual: { "appgw.ingress.kubernetes.io/health-probe-status-codes": "200-499" },
    }),
};
