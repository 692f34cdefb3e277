import { UserError } from "../lib/errors";
import { ResourceRequest } from "./program";

/** The component of Pulumi's package, which its plugin builds around a Helm release. */
export const certManagerType = "kubernetes-cert-manager:index:CertManager";

/** Default repository of the chart. */
const upstream = { chart: "cert-manager", repositoryOpts: { repo: "https://charts.jetstack.io" } };

/** Arguments that become chart values under the same key; the package overwrites those keys in `helmOptions.values`. */
const typed = [
    "affinity",
    "cainjector",
    "clusterResourceNamespace",
    "containerSecurityContext",
    "deploymentAnnotations",
    "extraArgs",
    "extraEnv",
    "extraVolumeMounts",
    "extraVolumes",
    "featureGates",
    "global",
    "http_proxy",
    "https_proxy",
    "image",
    "ingressShim",
    "installCRDs",
    "no_proxy",
    "nodeSelector",
    "podAnnotations",
    "podDnsConfig",
    "podDnsPolicy",
    "podLabels",
    "prometheus",
    "replicaCount",
    "resources",
    "securityContext",
    "serviceAccount",
    "serviceAnnotations",
    "serviceLabels",
    "startupapicheck",
    "strategy",
    "tolerations",
    "webhook",
];

/** Arguments of a Release. */
interface HelmOptions {
    name?: string;
    chart?: string;
    repositoryOpts?: object;
    values?: Record<string, unknown>;
}

/** The Release that the package's plugin would make, in its stead: what is known of the plugin is in its source. */
export function releaseInside(request: ResourceRequest): ResourceRequest {
    const { urn, name } = request;
    const { helmOptions, ...args } = request.inputs as { helmOptions?: HelmOptions };
    const { values = {}, ...options } = helmOptions ?? {};
    const wiped = Object.keys(values).filter((key) => typed.includes(key));
    if (wiped.length > 0) {
        throw new UserError(`CertManager ${name}: the package overwrites ${wiped.join(", ")} of helmOptions.values`, {
            where: urn,
            fix: "give them as arguments of CertManager",
        });
    }
    if (!options.name) {
        throw new UserError(`CertManager ${name} has no helmOptions.name: the release would get a made-up one`, {
            where: urn,
        });
    }
    const given = Object.fromEntries(Object.entries(args).filter(([key]) => typed.includes(key)));
    return {
        ...request,
        custom: true,
        inputs: { ...upstream, ...options, values: { ...values, ...given } },
    };
}
