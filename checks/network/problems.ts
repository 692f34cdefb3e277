import { Port, Stack } from "./connections";
import { at, listAt, mapAt, type Manifest } from "../../kubernetes/objects";
import { Declared, isAddress, portsOf, same } from "./declared";
import { Answer, Way } from "./evaluate";
import { End, World } from "./world";

/** Something that is wrong with a stack's policies. */
export interface Problem {
    /**
     * `closed`: a flow of the table isn't open; `open`: something is open that is in no flow; `unselected`: no policy is about a pod;
     * `nobody`: the table has a flow whose pods aren't there; `undeclared`: a program is told to call what no flow leads to.
     */
    check: "closed" | "open" | "unselected" | "nobody" | "undeclared";
    /** The pod that it is about, as `namespace/name`; a flow's own words where there is none. */
    at: string;
    message: string;
}

type Side = "egress" | "ingress";

/** Pods that no policy selects. */
export function unselected({ ends }: World, { withoutEgress, withoutIngress }: Answer): Problem[] {
    const tell = (direction: Side) => (index: number) => ({
        check: "unselected" as const,
        at: nameOf(ends[index]),
        message: `no policy selects it for ${direction}, so everything is open`,
    });
    const ours = (index: number) => ends[index].ours;
    return [...withoutEgress.filter(ours).map(tell("egress")), ...withoutIngress.filter(ours).map(tell("ingress"))];
}

/** A flow of the table that isn't open, or that nobody can have. */
export function closed(each: Declared, { ends }: World, { ways }: Answer, stack: Stack): Problem[] {
    const { connection, needed, told } = each;
    if (!needed) return [];
    const what = `${connection.from.title} -> ${connection.to.title} (${connection.why})`;
    const beginners = ends.filter(each.from);
    const called = ends.filter(each.to);
    const missing = [beginners.length === 0 && connection.from, called.length === 0 && connection.to].filter(
        (endpoint) => !!endpoint,
    );
    const nobody = missing.map(({ title }): Problem => ({
        check: "nobody",
        at: what,
        message: `there is no pod of "${title}"`,
    }));
    const index = new Map(ways.map((way) => [key(way.from, way.to, way), way]));
    const found: Problem[] = [];
    for (const from of beginners) {
        for (const to of called) {
            // Where any address will do, what the flow is about is still outside.
            if (isAddress(connection.from) && from.namespace !== undefined) continue;
            if (isAddress(connection.to) && to.namespace !== undefined) continue;
            if (!each.related(from, to)) continue;
            for (const port of portsOf(connection, stack, to).filter((each) => told(from, to, each))) {
                const way = index.get(key(ends.indexOf(from), ends.indexOf(to), port));
                const tell = (side: Side, own: End) => {
                    const message = `${what}: ${side} is closed for ${nameOf(from)} -> ${nameOf(to)} on ${portText(port)}`;
                    found.push({ check: "closed", at: nameOf(own), message });
                };
                if (from.ours && !way?.egress) tell("egress", from);
                if (to.ours && !way?.ingress) tell("ingress", to);
            }
        }
    }
    return [...nobody, ...found];
}

/** Connections that some side opens and the table doesn't have; one problem a pod, side and policy. */
export function open(declared: Declared[], { ends }: World, { ways }: Answer): Problem[] {
    const groups = new Map<string, { own: End; side: Side; by: string; peers: Set<string>; ports: Set<string> }>();
    const note = (side: Side, way: Way, by = (way[`${side}By`] ?? []).join(", ") || "no policy") => {
        const [own, peer] = side === "egress" ? [ends[way.from], ends[way.to]] : [ends[way.to], ends[way.from]];
        const group = [nameOf(own), side, by].join();
        const { peers, ports } = groups.get(group) ?? { peers: new Set(), ports: new Set() };
        groups.set(group, { own, side, by, peers: peers.add(nameOf(peer)), ports: ports.add(portText(way)) });
    };
    for (const way of ways) {
        const [from, to] = [ends[way.from], ends[way.to]];
        if (isDeclared(declared, from, to, way)) continue;
        if (way.egress && from.ours) note("egress", way);
        if (way.ingress && to.ours) note("ingress", way);
    }
    return [...groups.values()].map(({ own, side, by, peers, ports }) => ({
        check: "open",
        at: nameOf(own),
        message: `${side} ${side === "egress" ? "to" : "from"} ${few(peers)} on ${few(ports)} is open by ${by}, but in no flow`,
    }));
}

/** Services that programs are told to call, though no flow of the table leads there. */
export function undeclared(declared: Declared[], { ends, services }: World): Problem[] {
    return ends
        .filter(({ ours }) => ours)
        .flatMap((from) =>
            (from.addresses ?? [])
                .filter((address) => !leadsSomewhere(address, from, declared, ends, services))
                .map((address): Problem => ({
                    check: "undeclared",
                    at: nameOf(from),
                    message: `it is told to call ${address}, but no flow leads there`,
                })),
        );
}

function leadsSomewhere(address: string, from: End, declared: Declared[], ends: End[], services: Manifest[]): boolean {
    const [host, number] = address.split(":");
    const [name, namespace] = host.split(".");
    const service = services.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    const selector = Object.entries(mapAt(service, "spec", "selector"));
    const wanted = listAt(service, "spec", "ports").find(({ port }) => port === Number(number));
    const target = at(wanted, "targetPort") ?? Number(number);
    return ends
        .filter((to) => to.namespace === namespace && selector.every(([key, value]) => to.labels?.[key] === value))
        .some((to) =>
            to.ports
                .filter((port) => port.name === target || port.port === target)
                .some((port) => from === to || isDeclared(declared, from, to, port)),
        );
}

function isDeclared(declared: Declared[], from: End, to: End, port: Port): boolean {
    return declared.some(
        (each) =>
            each.covers(port, to) &&
            each.from(from) &&
            each.to(to) &&
            each.related(from, to) &&
            each.told(from, to, port),
    );
}

/** Ports that anyone declares, each once. */
export function distinctPorts(ports: Port[]): Port[] {
    return ports
        .map(({ protocol, port }) => ({ protocol, port }))
        .filter((port, index, list) => list.findIndex((other) => same(port, other)) === index);
}

function key(from: number, to: number, { protocol, port }: Port): string {
    return [from, to, protocol, port].join();
}

function portText({ protocol, port }: Port): string {
    return `${protocol} ${port}`;
}

function few(names: Set<string>): string {
    const all = [...names];
    return all.length > 4 ? `${all.slice(0, 4).join(", ")} and ${all.length - 4} more` : all.join(", ");
}

function nameOf({ namespace, name }: End): string {
    return namespace === undefined ? name : `${namespace}/${name}`;
}
