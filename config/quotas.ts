import type { PlatformConfig } from "./schema";
import { Counted, formatQuantity, Sums, sums } from "./sizing";
import { parts } from "./sizing/parts";
import { Part, System } from "./sizing/part";
import type { QuotaConfig } from "./sections/namespaces";

/** `hard` of a ResourceQuota. */
export type Hard = Record<string, string>;

/**
 * A namespace's quota: what the stack file says, and for the rest what the stack declares there, with room for rollouts, for
 * what is made on demand, and a quarter more for what charts and operators add.
 *
 * No CPU limits are counted: no pod has one, because it throttles below what the node has free.
 */
export function quotaOf(config: PlatformConfig, system: Part["system"]): Hard {
    const own = parts(config).filter((part) => part.system === system);
    const { external, nodes } = config.eventStream;
    // One for the first question and one a broker; a load balancer has a port of the nodes as well.
    const waysIn = system === "streaming" && external ? nodes + 1 : 0;
    return {
        ...quotaFor(own, config.namespaces.quotas[system as System]),
        ...(waysIn > 0
            ? {
                  "services.loadbalancers": String(external?.kind === "loadBalancer" ? waysIn : 0),
                  "services.nodeports": String(waysIn),
              }
            : {}),
    };
}

/** A quota with room for these pods, where the stack file says nothing else. */
export function quotaFor(own: Counted[], given: QuotaConfig = {}): Hard {
    const need = sums(own, { rollout: true });
    const roomy: Sums = {
        cpu: Math.ceil(need.cpu * 1.25 + 0.5),
        memory: rounded(need.memory * 1.25 + 2 ** 29),
        memoryLimit: rounded(need.memoryLimit * 1.25 + 2 ** 30),
        pods: Math.ceil(need.pods * 1.5) + 5,
        // Volumes aren't surged; one that is replaced stands beside its successor for a while.
        storage: rounded(need.storage * 1.25),
    };
    const hard = (resource: keyof Sums) => {
        const value = given[resource];
        return value === undefined ? formatQuantity(resource, roomy[resource]) : String(value);
    };
    return {
        "requests.cpu": hard("cpu"),
        "requests.memory": hard("memory"),
        "limits.memory": hard("memoryLimit"),
        pods: hard("pods"),
        "requests.storage": hard("storage"),
        ...(given.ephemeralStorage === undefined ? {} : { [ephemeral]: given.ephemeralStorage }),
        ...Object.fromEntries(
            Object.entries(given.devices ?? {}).map(([device, amount]) => [`requests.${device}`, String(amount)]),
        ),
        // Their number is bounded only where somebody says so: a workload may use many small ones.
        ...(given.volumes === undefined ? {} : { persistentvolumeclaims: String(given.volumes) }),
        // Ways in from outside are Ingresses; whoever wants another one says so here.
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    };
}

/** Space on nodes' disks, as a quota counts it. */
const ephemeral = "requests.ephemeral-storage";

/** To whole GiB. */
function rounded(value: number): number {
    return Math.ceil(value / 2 ** 30) * 2 ** 30;
}

/**
 * Defaults of a container that says nothing, in Kubernetes' own words. What a quota counts each container has to say: without a default such
 * pods would be refused.
 */
export function containerDefaults(quota: Hard) {
    return {
        default: { memory: "512Mi" },
        defaultRequest: { cpu: "50m", memory: "128Mi", ...(ephemeral in quota ? { "ephemeral-storage": "64Mi" } : {}) },
    };
}
