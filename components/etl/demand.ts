import type { Part } from "../../config/sizing/part";
import { quantity } from "../../config/units";
import type { EtlArgs } from "./args";
import type { EtlResources } from "./resources";

// Pods that the program's own workloads ask for, which the config doesn't know: for the quota of their namespace. Not those of DAGs' tasks:
// they wait for room.

const asked: { namespace: string; part: Part }[] = [];

/** Notes the pods of a workload that has been accepted. */
export function demand(
    name: string,
    args: Pick<EtlArgs, "namespace" | "resources" | "initContainers">,
    pods: Pick<Part, "pods" | "surge" | "onDemand" | "once">,
): void {
    asked.push({
        namespace: args.namespace.name,
        part: { system: "jobs", name, resources: podResources(args), ...pods },
    });
}

/** Pods that workloads ask for in a namespace so far. */
export function demands(namespace: string): Part[] {
    return asked.filter((each) => each.namespace === namespace).map(({ part }) => part);
}

/** Resources of a pod as a quota counts them: its containers together, or the largest of those that run before them. */
function podResources({ resources, initContainers = [] }: Pick<EtlArgs, "resources" | "initContainers">) {
    const beside = initContainers.filter(({ sidecar }) => sidecar);
    const before = initContainers.filter(({ sidecar }) => !sidecar);
    const total = (of: (one: EtlResources) => string) => {
        const together = [resources, ...beside.map((each) => each.resources)].reduce(
            (sum, one) => sum + quantity(of(one)),
            0,
        );
        return Math.max(together, ...before.map((each) => quantity(of(each.resources))));
    };
    const memory = (of: (one: EtlResources) => string) => `${Math.ceil(total(of) / 2 ** 20)}Mi`;
    return {
        requests: {
            cpu: `${Math.ceil(total((one) => one.requests.cpu) * 1000 - 1e-6)}m`,
            memory: memory((one) => one.requests.memory),
        },
        limits: { memory: memory((one) => one.limits.memory) },
    };
}
