import { Port, Stack } from "../../components/flows";
import { PlatformConfig } from "../../config/schema";
import { Manifest } from "../../render/helm";
import { Declared, declaredFlows, isAddress, portsOf, same } from "./declared";
import { Answer, evaluate, Way } from "./evaluate";
import { End, World, worldOf } from "./world";

/** What is to be judged: a stack's objects, and the config that they come from. */
export interface NetworkCase {
    stack: string;
    config: PlatformConfig;
    objects: Manifest[];
}

/** What was looked at, and what is wrong with it. */
export interface NetworkVerdict {
    /** One line each, with pods, port and policies; the same each time. */
    findings: string[];
    pods: number;
    policies: number;
    /** Connections that were asked about. */
    connections: number;
}

type Side = "egress" | "ingress";

const nobodys: Port[] = [
    { protocol: "TCP", port: 80 },
    { protocol: "TCP", port: 31337 },
    { protocol: "UDP", port: 31337 },
];

/**
 * Holds a stack's NetworkPolicies to the table of flows, both ways: every flow of the table is open, and nothing else is, not on
 * one side only either. What a policy allows is cyclonus' word.
 */
export async function judgeNetwork({ stack, config, objects }: NetworkCase): Promise<NetworkVerdict> {
    const world = worldOf(stack, objects, config.ingress.controllerNamespace);
    const conditions: Stack = { config, kinds: world.kinds };
    const declared = declaredFlows(conditions, stack);
    const ports = everyPort(world, declared, conditions);
    const answer = await evaluate(world, ports);
    const { ends, policies } = world;
    return {
        findings: [
            ...unselected(world, answer),
            ...strange(objects),
            ...declared.flatMap((each) => closed(each, world, answer, conditions)),
            ...open(declared, world, answer),
        ],
        pods: ends.filter(({ ours }) => ours).length,
        policies: policies.length,
        connections: ends.length ** 2 * ports.length,
    };
}

/** Whatever a pod declares, whatever the table names, and some that nobody does. */
function everyPort({ ends }: World, declared: Declared[], stack: Stack): Port[] {
    const all = [
        ...ends.flatMap((end) => end.ports as Port[]),
        ...declared.flatMap(({ flow }) => portsOf(flow, stack)),
    ];
    return [...all, ...nobodys]
        .map(({ protocol, port }) => ({ protocol, port }))
        .filter((port, index, list) => list.findIndex((other) => same(port, other)) === index);
}

function unselected({ ends }: World, { withoutEgress, withoutIngress }: Answer): string[] {
    const tell = (direction: string) => (index: number) =>
        `${nameOf(ends[index])}: no policy selects it for ${direction}, so everything is open`;
    const ours = (index: number) => ends[index].ours;
    return [...withoutEgress.filter(ours).map(tell("egress")), ...withoutIngress.filter(ours).map(tell("ingress"))];
}

/** Policies that are in no tree, because an operator would make them. */
function strange(objects: Manifest[]): string[] {
    return objects
        .filter(({ kind, metadata }) => kind === "Release" && metadata.name === "strimzi-kafka-operator")
        .filter(
            ({ spec }) =>
                (spec as { values?: { generateNetworkPolicy?: boolean } }).values?.generateNetworkPolicy !== false,
        )
        .map(
            () =>
                "strimzi-kafka-operator: generateNetworkPolicy isn't false, so it opens listeners and metrics to everybody",
        );
}

/** A flow of the table that isn't open, or that nobody can have. */
function closed(each: Declared, { ends }: World, { ways }: Answer, stack: Stack): string[] {
    const { flow, needed } = each;
    if (!needed) return [];
    const what = `${flow.from.title} -> ${flow.to.title} (${flow.why})`;
    const beginners = ends.filter(each.from);
    const called = ends.filter(each.to);
    if (beginners.length === 0) return [`${what}: there is no pod of "${flow.from.title}"`];
    if (called.length === 0) return [`${what}: there is no pod of "${flow.to.title}"`];
    const index = new Map(ways.map((way) => [key(way.from, way.to, way), way]));
    const found = new Set<string>();
    for (const from of beginners) {
        for (const to of called) {
            // An address may be any, but what the flow is about is outside.
            if (isAddress(flow.from) ? from.namespace !== undefined : !from.ours && !to.ours) continue;
            if (isAddress(flow.to) && to.namespace !== undefined) continue;
            if (!each.alike(from, to)) continue;
            for (const port of portsOf(flow, stack, to)) {
                const way = index.get(key(ends.indexOf(from), ends.indexOf(to), port));
                if (from.ours && !way?.egress) found.add(missing(what, "egress", from, to, port));
                if (to.ours && !way?.ingress) found.add(missing(what, "ingress", from, to, port));
            }
        }
    }
    return [...found];
}

function missing(what: string, side: Side, from: End, to: End, { protocol, port }: Port): string {
    const where = side === "egress" ? from : to;
    return `${what}: closed by ${side} of ${nameOf(where)}: ${nameOf(from)} -> ${nameOf(to)} ${protocol} ${port}`;
}

function key(from: number, to: number, { protocol, port }: Port): string {
    return [from, to, protocol, port].join();
}

/** What is open on some side, but in no flow of the table. */
function open(declared: Declared[], { ends }: World, { ways }: Answer): string[] {
    const groups = new Map<string, { peers: Set<string>; ports: Set<string> }>();
    const note = (side: Side, way: Way, by: string[]) => {
        const [own, peer] = side === "egress" ? [way.from, way.to] : [way.to, way.from];
        const group = `${nameOf(ends[own])}: ${side} ${side === "egress" ? "to" : "from"} |${by.join(", ") || "no policy"}`;
        const { peers, ports } = groups.get(group) ?? { peers: new Set(), ports: new Set() };
        groups.set(group, { peers: peers.add(nameOf(ends[peer])), ports: ports.add(`${way.protocol} ${way.port}`) });
    };
    for (const way of ways) {
        const [from, to] = [ends[way.from], ends[way.to]];
        const about = declared.filter(
            (each) => each.covers(way, to) && each.from(from) && each.to(to) && each.alike(from, to),
        );
        if (about.length > 0) continue;
        if (way.egress && from.ours) note("egress", way, way.egressBy);
        if (way.ingress && to.ours) note("ingress", way, way.ingressBy);
    }
    return [...groups].map(([group, { peers, ports }]) => {
        const [what, by] = group.split("|");
        return `${what}${few([...peers])} on ${few([...ports])} is open by ${by}, but in no flow of components/flows`;
    });
}

function few(names: string[]): string {
    return names.length > 4 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more` : names.join(", ");
}

function nameOf({ namespace, name }: End): string {
    return namespace === undefined ? name : `${namespace}/${name}`;
}
