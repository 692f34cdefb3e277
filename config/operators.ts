import type { PlatformConfig } from "./schema";

/** The operators that this stack installs, by the keys of their CRDs: what it uses of them, or all where others share them. */
export function installedOperators({
    cluster: { mode, shareable },
    eventStream,
    database,
    autoscaling,
}: Pick<PlatformConfig, "cluster" | "eventStream" | "database" | "autoscaling">): (keyof PlatformConfig["crds"])[] {
    if (mode === "shared") return [];
    return [
        "certManager",
        "sparkOperator",
        ...(shareable || eventStream.kind === "strimzi" ? (["strimzi"] as const) : []),
        ...(shareable || database.kind === "cloudnativepg" ? (["cloudNativePg"] as const) : []),
        ...(autoscaling.keda ? (["keda"] as const) : []),
    ];
}

/** Sources of the CRDs that this stack needs, by config key. */
export function neededDefinitions(config: PlatformConfig): Record<string, string[]> {
    return Object.fromEntries(installedOperators(config).map((name) => [`crds.${name}`, config.crds[name]]));
}
