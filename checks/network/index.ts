import { Port, Stack } from "./connections";
import { bothProtocols } from "./connections/connection";
import { PlatformConfig } from "../../config/schema";
import { dnsPort } from "../../config/addresses";
import { proxiesOf } from "../../config/sections/ingress";
import { clusterDns } from "../../config/sections/kubernetes";
import { type Manifest, mapAt } from "../../kubernetes/objects";
import { Declared, declaredConnections, portsOf } from "./declared";
import { evaluate } from "./evaluate";
import { closed, distinctPorts, open, Problem, undeclared, unselected } from "./problems";
import { World, worldOf } from "./world";

export { type Problem } from "./problems";

/** Input of the check: a stack's objects, and the config that they come from. */
export interface NetworkCase {
    stack: string;
    config: PlatformConfig;
    objects: Manifest[];
}

/** Numbers of objects that were checked, and the problems. */
export interface NetworkReport {
    problems: Problem[];
    pods: number;
    policies: number;
    /** Connections that were asked about. */
    connections: number;
}

/** Ports that may be nobody's, the usual one of look-ups among them. */
const unownedPort: Port[] = [
    ...bothProtocols(dnsPort),
    { protocol: "TCP", port: 80 },
    { protocol: "TCP", port: 31337 },
    { protocol: "UDP", port: 31337 },
];

/**
 * Holds a stack's NetworkPolicies to the table of flows, both ways: every flow of the table is open, and nothing else is, not on
 * one side only either. What a policy allows is cyclonus' word.
 */
export async function checkNetwork({ stack, config, objects }: NetworkCase): Promise<NetworkReport> {
    const world = worldOf(stack, objects, {
        proxies: proxiesOf(config.ingress),
        dns: clusterDns(config.kubernetes),
        cidrs: [
            ...(config.kubernetes.apiServer?.cidrs ?? []),
            ...(config.ingress.from ?? []),
            ...(config.eventStream.external?.from ?? []),
            ...(config.orchestrator.onFailure?.cidrs ?? []),
        ],
    });
    const conditions: Stack = { config, kinds: world.kinds, systems: world.systems };
    const declared = declaredConnections(conditions, stack);
    const ports = everyPort(world, declared, conditions);
    const answer = await evaluate(world, ports);
    const { ends, policies } = world;
    return {
        problems: [
            ...unselected(world, answer),
            ...hidden(objects),
            ...declared.flatMap((each) => closed(each, world, answer, conditions)),
            ...open(declared, world, answer),
            ...undeclared(declared, world),
        ],
        pods: ends.filter(({ ours }) => ours).length,
        policies: policies.length,
        connections: ends.length ** 2 * ports.length,
    };
}

/** Ports that pods declare, that the table names, and some that nobody does. */
function everyPort({ ends }: World, declared: Declared[], stack: Stack): Port[] {
    const named = declared.flatMap(({ connection }) => portsOf(connection, stack));
    return distinctPorts([...ends.flatMap((end) => end.ports), ...named, ...unownedPort]);
}

/** Policies that are in no tree, because an operator would make them. */
function hidden(objects: Manifest[]): Problem[] {
    return objects
        .filter(({ kind, metadata }) => kind === "Release" && metadata.name === "strimzi-kafka-operator")
        .filter(({ spec }) => mapAt(spec, "values").generateNetworkPolicy !== false)
        .map(({ metadata }) => ({
            check: "open",
            at: `${metadata.namespace}/${metadata.name}`,
            message: "generateNetworkPolicy isn't false: its policies open listeners and metrics to everybody",
        }));
}
