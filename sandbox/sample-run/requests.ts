import { KubeObject } from "../../kubernetes/client";
import { quantity } from "../../config/units";

interface Container {
    resources?: { requests?: { cpu?: string; memory?: string } };
}

interface PodSpec {
    nodeName?: string;
    containers?: Container[];
    initContainers?: Container[];
}

/** Resources that the scheduler has set aside. */
export interface Requests {
    /** CPUs. */
    cpu: number;
    /** GiB. */
    memory: number;
}

/** Sum of the requests of pods that hold a place on a node: of a pod, its containers together, or its greediest init container. */
export function requestsOf(pods: KubeObject[]): Requests {
    const holding = pods.filter(
        ({ spec, status }) => (spec as PodSpec).nodeName && !["Succeeded", "Failed"].includes(status?.phase as string),
    );
    const total = (of: "cpu" | "memory") =>
        holding
            .map(({ spec }) => {
                const { containers = [], initContainers = [] } = spec as PodSpec;
                const asked = ({ resources }: Container) => quantity(resources?.requests?.[of] ?? "0");
                const together = containers.map(asked).reduce((sum, each) => sum + each, 0);
                return Math.max(together, ...initContainers.map(asked));
            })
            .reduce((sum, each) => sum + each, 0);
    return { cpu: round(total("cpu")), memory: round(total("memory") / 2 ** 30) };
}

function round(value: number): number {
    return Math.round(value * 1000) / 1000;
}
