import { closedAddresses, notPublic, within } from "../../config/addresses";
import { AddressEndpoint, Connection, connections, Endpoint, PodEndpoint, Port, Stack } from "./connections";
import { prefix } from "../../components/labels";
import { End } from "./world";

/** The flows that a stack has, each with its ports. */
export interface Declared {
    connection: Connection;
    needed: boolean;
    /** Tells whether it is about this port of `to`. */
    covers: (port: Port, to: End) => boolean;
    from: (end: End) => boolean;
    to: (end: End) => boolean;
    /** Both ends have to do with each other, where the flow asks for that. */
    related: (from: End, to: End) => boolean;
    /** The one who connects is told this port, where the flow asks for that. */
    told: (from: End, to: End, port: Port) => boolean;
}

export function declaredConnections(stack: Stack, stackName: string): Declared[] {
    return Object.values(connections)
        .flat()
        .filter(({ when }) => when?.holds(stack) ?? true)
        .map((connection) => ({
            connection,
            // Ways that the plugin opens by name aren't in the NetworkPolicies that are checked.
            needed:
                (connection.needed?.(stack) ?? true) &&
                !(isAddress(connection.to) && connection.to.named?.(stack.config)),
            covers: (port, to) =>
                connection.ports === "any" || portsOf(connection, stack, to).some((each) => same(each, port)),
            // Who comes from outside comes from any address: no policy of ours narrows that.
            from: (end) =>
                (isAddress(connection.from) && !connection.from.narrow) || isOf(connection.from, end, stack, stackName),
            to: (end) => isOf(connection.to, end, stack, stackName),
            told: (from, to, port) => !connection.told || isTold(from, to, port),
            related: (from, to) => connection.related?.holds(from.labels ?? {}, to.labels ?? {}) ?? true,
        }));
}

/** The ports of a flow towards one end. */
export function portsOf({ ports }: Connection, { config }: Stack, to?: End): readonly Port[] {
    if (ports === "any") return [];
    if (ports === "declared") return to?.ports ?? [];
    return "of" in ports ? ports.of(config) : ports;
}

/** Its settings name the Service of the other one's name, at this port. */
function isTold(from: End, to: End, { port }: Port): boolean {
    const service = to.labels?.["app.kubernetes.io/name"] ?? "";
    return from.addresses?.includes(`${service}.${to.namespace}:${port}`) ?? false;
}

export function same(one: Port, other: Port): boolean {
    return one.port === other.port && one.protocol === other.protocol;
}

export function isAddress(endpoint: Endpoint): endpoint is AddressEndpoint {
    return "cidrs" in endpoint;
}

/**
 * Tells whether an end is of an endpoint. What may be any address is every end, pods too, because many a network plugin takes them for
 * addresses; but never one that nothing may open.
 */
function isOf(endpoint: Endpoint, end: End, { config }: Stack, stackName: string): boolean {
    if (!isAddress(endpoint)) return isPodOf(endpoint, end, config, stackName);
    const cidrs = endpoint.cidrs(config);
    if (endpoint.named?.(config) || (!endpoint.linkLocal && closedAddresses.some((cidr) => within(end.ip, cidr))))
        return false;
    if (endpoint.onlyPublic && (end.namespace !== undefined || notPublic.some((cidr) => within(end.ip, cidr))))
        return false;
    if (cidrs === undefined) return true;
    return end.namespace === undefined && cidrs.some((cidr) => within(end.ip, wholeRange(cidr)));
}

/** A range, or the one address that it is. */
function wholeRange(cidr: string): string {
    return cidr.includes("/") ? cidr : `${cidr}/${cidr.includes(":") ? 128 : 32}`;
}

function isPodOf(
    { namespace: where, labels = {}, selected }: PodEndpoint,
    end: End,
    config: Stack["config"],
    stack: string,
): boolean {
    if (end.namespace === undefined) return false;
    if (selected) {
        return selected(config).some((each) =>
            isPodOf({ title: "", namespace: { named: each.namespace }, labels: each.labels }, end, config, stack),
        );
    }
    const { [`${prefix}/stack`]: ofStack, [`${prefix}/system`]: system } = end.namespaceLabels ?? {};
    const there =
        typeof where === "string"
            ? ofStack === stack && system === where
            : "named" in where
              ? end.namespace === (typeof where.named === "string" ? where.named : where.named(config))
              : { stack: ofStack === stack, platform: end.ours, cluster: true }[where.all];
    return (
        there &&
        Object.entries(labels).every(([key, wanted]) => {
            const value = end.labels?.[key];
            if (value === undefined) return false;
            return wanted === "*" || (typeof wanted === "string" ? value === wanted : wanted.includes(value));
        })
    );
}
