import { resourcesOf } from "../common";
import { installedOperators } from "../operators";
import type { PlatformConfig } from "../schema";
import type { OperatorSystem, Part } from "./part";

/** Resources of the operators' own pods; the components that install them take them from here. */
export const operatorResources = {
    certManager: {
        controller: resourcesOf("10m", "64Mi", "256Mi"),
        webhook: resourcesOf("10m", "32Mi", "128Mi"),
        cainjector: resourcesOf("10m", "64Mi", "512Mi"),
        startupapicheck: resourcesOf("10m", "32Mi", "128Mi"),
    },
    sparkWebhook: resourcesOf("10m", "64Mi", "256Mi"),
    strimzi: resourcesOf("100m", "384Mi", "768Mi"),
    cloudNativePg: resourcesOf("50m", "128Mi", "512Mi"),
    keda: resourcesOf("50m", "128Mi", "512Mi"),
};

const one = (system: OperatorSystem, name: string, resources: Part["resources"]): Part => ({
    system,
    name,
    pods: 1,
    surge: 1,
    resources,
});

/** The pods of the cluster add-ons, where this stack makes it. */
export function operators(config: PlatformConfig): Part[] {
    const [installed, { spark }] = [installedOperators(config), config];
    if (installed.length === 0) return [];
    const { certManager, sparkWebhook, strimzi, cloudNativePg, keda } = operatorResources;
    return [
        ...Object.entries(certManager).map(([name, resources]) => ({
            ...one("certificates", `cert-manager ${name}`, resources),
            once: name === "startupapicheck",
            ...(name === "webhook" ? { pods: config.cluster.webhookReplicas } : {}),
        })),
        one("spark-operator", "spark operator", spark.operator.resources),
        { ...one("spark-operator", "spark operator webhook", sparkWebhook), pods: config.cluster.webhookReplicas },
        ...(installed.includes("strimzi") ? [one("strimzi-operator", "strimzi operator", strimzi)] : []),
        ...(installed.includes("cloudNativePg") ? [one("cnpg-system", "cloudnative-pg operator", cloudNativePg)] : []),
        ...(installed.includes("keda")
            ? ["operator", "metrics server", "admission webhooks"].map((part) => one("keda", `keda ${part}`, keda))
            : []),
    ];
}
