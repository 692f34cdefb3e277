import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { Bounds, declared, formatQuantity } from "../sizing";
import { System, systems } from "../sizing/part";
import { parts } from "../sizing/parts";
import { quantity } from "../units";

/** Problems of quotas that the stack doesn't fit into. */
export function quotaRules(config: PlatformConfig): Problem[] {
    return systems.flatMap((system) => {
        const given = config.namespaces.quotas[system];
        if (!given) return [];
        const names = parts(config).filter((part) => part.system === system && !part.onDemand);
        const volumes = names.reduce((sum, { pods, storage }) => sum + (storage ? pods : 0), 0);
        const need: Bounds = { ...declared(config, system), volumes };
        return (["cpu", "memory", "memoryLimit", "pods", "storage", "volumes"] as const).flatMap((resource) => {
            const value = given[resource];
            if (value === undefined || quantity(String(value)) >= need[resource]) return [];
            return [
                {
                    key: `namespaces.quotas.${system}.${resource}`,
                    message: `${value} is less than what the stack declares there, ${formatQuantity(resource, need[resource])} (${names.map(({ name, pods }) => `${pods} x ${name}`).join(", ")}); raise it, leave it out, or ask for less in ${configKeys[system]}`,
                },
            ];
        });
    });
}

/** Config keys of a system's sizes. */
const configKeys: Record<System, string> = {
    storage: "objectStore.resources",
    streaming: "eventStream.resources",
    database: "database.resources",
    tracking: "tracking.resources",
    orchestration: "orchestrator.*.resources",
    jobs: "spark.historyServer.resources",
};
