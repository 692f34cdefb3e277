/** Ingress controllers whose own settings for TLS to what is behind them the platform knows; docs/access.md has them as a table. */
export const controllerNames = [
    "ingress-nginx",
    "traefik",
    "haproxy",
    "haproxy-ingress",
    "nginx",
    "contour",
    "openshift",
    "alb",
    "agic",
] as const;

export type ControllerName = (typeof controllerNames)[number];

interface ControllerFacts {
    /** As an IngressClass names it in `spec.controller`, or the beginning of that. */
    controller: string;
    /** Word of an IngressClass' name by which it is known where the config doesn't say it; none where two have the same. */
    word?: string;
    /** Namespace of its pods, as its own documentation installs it. */
    namespace: string;
    /** Labels of its pods there. @default all pods of the namespace, because labels are its chart's affair */
    labels?: Record<string, string>;
    /** Annotations of each Ingress that it is told by to speak TLS. */
    always: Record<string, string>;
    /** Further ones, whose values are a page's own. */
    byPage: string[];
}

const app = "app.kubernetes.io/name";
const nginx = "nginx.ingress.kubernetes.io";
const traefik = "traefik.ingress.kubernetes.io";
const haproxyIngress = "haproxy-ingress.github.io";
const appgw = "appgw.ingress.kubernetes.io";

export const ingressControllers: Record<ControllerName, ControllerFacts> = {
    "ingress-nginx": {
        controller: "k8s.io/ingress-nginx",
        word: "nginx",
        namespace: "ingress-nginx",
        always: {
            [`${nginx}/backend-protocol`]: "HTTPS",
            [`${nginx}/proxy-ssl-verify`]: "on",
            [`${nginx}/proxy-ssl-server-name`]: "on",
        },
        byPage: [`${nginx}/proxy-ssl-secret`, `${nginx}/proxy-ssl-name`],
    },
    traefik: {
        controller: "traefik.io/ingress-controller",
        word: "traefik",
        namespace: "traefik",
        labels: { [app]: "traefik" },
        always: { [`${traefik}/router.tls`]: "true" },
        byPage: [],
    },
    // Both of HAProxy's call their class "haproxy".
    haproxy: {
        controller: "haproxy.org/ingress-controller",
        namespace: "haproxy-controller",
        labels: { [app]: "kubernetes-ingress" },
        always: { "haproxy.org/server-ssl": "true", "haproxy.org/ssl-redirect": "true" },
        byPage: ["haproxy.org/server-ca"],
    },
    "haproxy-ingress": {
        controller: "haproxy-ingress.github.io/controller",
        namespace: "ingress-controller",
        labels: { [app]: "haproxy-ingress" },
        always: { [`${haproxyIngress}/secure-backends`]: "true" },
        byPage: ["secure-verify-ca-secret", "secure-verify-hostname", "secure-sni"].map(
            (name) => `${haproxyIngress}/${name}`,
        ),
    },
    // F5's calls its class "nginx", as ingress-nginx does.
    nginx: {
        controller: "nginx.org/ingress-controller",
        namespace: "nginx-ingress",
        always: {},
        byPage: ["nginx.org/ssl-services"],
    },
    contour: {
        controller: "projectcontour.io/",
        word: "contour",
        namespace: "projectcontour",
        always: { "ingress.kubernetes.io/force-ssl-redirect": "true" },
        byPage: [],
    },
    openshift: {
        controller: "openshift.io/ingress-to-route",
        word: "openshift",
        namespace: "openshift-ingress",
        always: { "route.openshift.io/termination": "reencrypt" },
        byPage: ["route.openshift.io/destination-ca-certificate-secret"],
    },
    // No pod of these two connects to the pages: `ingress.from` lets the load balancer in. The namespace is that of before, in which
    // nobody is where they are.
    alb: {
        controller: "ingress.k8s.aws/alb",
        word: "alb",
        namespace: "ingress-nginx",
        always: { "alb.ingress.kubernetes.io/backend-protocol": "HTTPS" },
        byPage: [],
    },
    agic: {
        controller: "azure/application-gateway",
        word: "application-gateway",
        namespace: "ingress-nginx",
        always: { [`${appgw}/backend-protocol`]: "https", [`${appgw}/ssl-redirect`]: "true" },
        byPage: [`${appgw}/backend-hostname`],
    },
};

/** Controller that an IngressClass of this name usually belongs to; undefined for a name that says nothing. */
export function controllerOfClass(className: string): ControllerName | undefined {
    return controllerNames.find((name) => {
        const { word } = ingressControllers[name];
        return word !== undefined && new RegExp(`(^|[-.])${word}([-.]|$)`).test(className);
    });
}
