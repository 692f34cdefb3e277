import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { Bounds, declared, formatQuantity, sums } from "../sizing";
import { Part, System, systems } from "../sizing/part";
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
                    message: `${value} is less than what the stack declares there, ${formatQuantity(resource, need[resource])} (${list(names)}); raise it, leave it out, or ask for less in ${configKeys[system]}`,
                },
            ];
        });
    });
}

/**
 * Problems of the quota of jobs with what the program declares there besides the config: services and jobs must fit with all their pods,
 * and beside them each that comes and goes by itself.
 */
export function ownQuotaProblems(config: PlatformConfig, own: Part[]): Problem[] {
    const given = config.namespaces.quotas.jobs;
    if (!given || own.length === 0) return [];
    const steady = [
        ...parts(config).filter(({ system, onDemand }) => system === "jobs" && !onDemand),
        ...own.filter(({ onDemand }) => !onDemand),
    ];
    const coming = own.filter(({ onDemand }) => onDemand);
    return (["cpu", "memory", "memoryLimit", "pods"] as const).flatMap((resource) => {
        const value = given[resource];
        if (value === undefined) return [];
        const of = (some: Part[]) => sums(some, { rollout: false })[resource];
        const largest = [...coming].sort((a, b) => of([b]) - of([a])).slice(0, 1);
        const whole = [...steady, ...largest];
        if (quantity(String(value)) >= of(whole)) return [];
        return [
            {
                key: `namespaces.quotas.jobs.${resource}`,
                message: `${value} is less than what is declared there, ${formatQuantity(resource, of(whole))} (${list(whole)}); raise it, or declare less`,
            },
        ];
    });
}

function list(names: Part[]): string {
    return names.map(({ name, pods }) => `${pods} x ${name}`).join(", ");
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
