import { Port } from "./connections";
import { run } from "../../lib/exec";
import { tool } from "../../tools";
import { World } from "./world";

/** One connection that at least one of its two sides allows; both must, or it doesn't come about. */
export interface Way {
    /** Indexes of the world's ends. */
    from: number;
    to: number;
    port: number;
    protocol: Port["protocol"];
    /** Allowed by the policies of the one who begins. */
    egress: boolean;
    /** Allowed by the policies of the one who is called. */
    ingress: boolean;
    /** Policies, as `namespace/name`, that allow it on each side; none for what no policy selects. */
    egressBy: string[];
    ingressBy: string[];
}

export interface Answer {
    ways: Way[];
    /** Indexes of pods that no policy selects, by direction: everything is open to them. */
    withoutEgress: number[];
    withoutIngress: number[];
}

/** Asks cyclonus about every connection between the world's ends on these ports. */
export async function evaluate({ policies, ends }: World, ports: readonly Port[]): Promise<Answer> {
    const { stdout } = await run(await tool("cyclonus"), [], { input: JSON.stringify({ policies, ends, ports }) });
    return JSON.parse(stdout) as Answer;
}
