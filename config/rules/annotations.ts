import type { Problem } from "../errors";
import { ingressControllers } from "../ingress-controllers";
import { keyPath } from "../key-path";
import type { PlatformConfig } from "../schema";
import { controllerOf } from "../sections/ingress";

/** Reason why an annotation can't be set from the side; undefined for one that can. */
type Reason = (name: string, value: string) => string | undefined;

/** Annotations by which programs know their own objects. */
const reserved: Record<string, string | undefined> = {
    "data-platform.io": "is the platform's own",
    "pulumi.com": "is Pulumi's, which the program sets itself",
    "meta.helm.sh": "is Helm's, by which it knows its own objects",
    "kubectl.kubernetes.io": "is kubectl's own",
    "karpenter.sh": "is set by the platform, for each part as it may be moved",
    "cluster-autoscaler.kubernetes.io": "is set by the platform, for each part as it may be moved",
    "container.apparmor.security.beta.kubernetes.io": "would loosen what holds every pod",
    "container.seccomp.security.alpha.kubernetes.io": "would loosen what holds every pod",
    "seccomp.security.alpha.kubernetes.io": "would loosen what holds every pod",
};

const nginx = "nginx.ingress.kubernetes.io";
const backend = "is set by the platform: the controller speaks TLS to what is behind it, and looks at its certificate";
const snippet = "would put lines into nginx's configuration, which can undo all of the platform's";
const issuer = "is set by ingress.issuer";

/** Annotations of an Ingress that the platform sets, or that undo what it sets. */
const ofIngress: Record<string, string | undefined> = {
    "cert-manager.io/cluster-issuer": issuer,
    "cert-manager.io/issuer": issuer,
    "cert-manager.io/issuer-kind": issuer,
    "cert-manager.io/issuer-group": issuer,
    "kubernetes.io/ingress.class": "is set by ingress.className; the API server takes one of both only",
    [`${nginx}/backend-protocol`]: backend,
    [`${nginx}/secure-backends`]: backend,
    [`${nginx}/proxy-ssl-secret`]: backend,
    [`${nginx}/proxy-ssl-verify`]: backend,
    [`${nginx}/proxy-ssl-verify-depth`]: backend,
    [`${nginx}/proxy-ssl-name`]: backend,
    [`${nginx}/proxy-ssl-server-name`]: backend,
    [`${nginx}/proxy-ssl-ciphers`]: backend,
    [`${nginx}/proxy-ssl-protocols`]: backend,
    [`${nginx}/ssl-passthrough`]: "would take TLS away from the controller, with the host's certificate",
    [`${nginx}/mirror-target`]: "would send a copy of each request elsewhere, passwords too",
    [`${nginx}/upstream-vhost`]: backend,
};

/** Annotations of other controllers by which they would speak in the clear. */
const inTheClear: [RegExp, RegExp][] = [
    [/\/(force-)?ssl-redirect$/, /^false$/i],
    [/\/backend-protocol$/, /^(http|grpc|h2c?|auto_http|fcgi)$/i],
    [/\/service\.serversscheme$/, /^(http|h2c)$/i],
    [/\/(server-ssl|secure-backends?|router\.tls)$/, /^false$/i],
    [/\/(server-ssl-verify|secure-verify-ca-secret|proxy-ssl-verify)$/, /^(off|none|false)$/i],
];

/** Reason why an annotation of a pod or an account can't be set from the side. */
export const annotationProblem: Reason = (name) =>
    reserved[name.split("/")[0].replace(/^(app|node)\.(?=karpenter)/, "")];

const onIngress: Reason = (name, value) => {
    const known = annotationProblem(name, value) ?? ofIngress[name];
    if (known) return known;
    if (name.startsWith(`${nginx}/`) && /-snippets?$/.test(name)) return snippet;
    const clear = inTheClear.some(([which, what]) => which.test(name) && what.test(value));
    return clear ? `may not be ${value}: it would take TLS away, before the controller or behind it` : undefined;
};

/** Annotations by which the platform tells the chosen controller to speak TLS, where the config would tell it something else. */
function ofController(ingress: PlatformConfig["ingress"]): Reason {
    const controller = ingress.gateway ? undefined : controllerOf(ingress);
    if (!controller) return () => undefined;
    const { always, byPage } = ingressControllers[controller];
    return (name, value) =>
        byPage.includes(name) || (always[name] ?? value).toLowerCase() !== value.toLowerCase() ? backend : undefined;
}

/** Annotations that a config sets from the side, beside those that the platform sets itself. */
export function annotationRules({ ingress, chartValues, objectStore }: PlatformConfig): Problem[] {
    const accounts = Object.entries(objectStore.external?.serviceAccountAnnotations ?? {});
    return [
        ...problemsIn(
            ["ingress", "annotations"],
            ingress.annotations,
            (name, value) => onIngress(name, value) ?? ofController(ingress)(name, value),
        ),
        ...problemsIn(
            ["chartValues", "airflow", "airflowPodAnnotations"],
            chartValues.airflow?.airflowPodAnnotations,
            annotationProblem,
        ),
        ...problemsIn(
            ["chartValues", "cloudNativePg", "commonAnnotations"],
            chartValues.cloudNativePg?.commonAnnotations,
            annotationProblem,
        ),
        ...accounts.flatMap(([application, given]) =>
            problemsIn(["objectStore", "external", "serviceAccountAnnotations", application], given, annotationProblem),
        ),
    ];
}

function problemsIn(path: string[], given: Record<string, string> = {}, reason: Reason): Problem[] {
    return Object.entries(given).flatMap(([name, value]) => {
        const why = reason(name, value);
        return why ? [{ key: keyPath([...path, name]), message: `${why}; take it out` }] : [];
    });
}
