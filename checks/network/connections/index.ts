import { both, fromAddresses } from "./conditions";
import { Connection } from "./connection";
import { ingressController, loadBalancers } from "./endpoints";
import { plane } from "./plane";
import { platform } from "./platform";

export type { Condition, Stack } from "./conditions";
export type { Connection, Port } from "./connection";
export type { AddressEndpoint, Endpoint, PodEndpoint, Where } from "./endpoints";

/**
 * Every connection of the platform, by what it is for: the table of docs/network.md, which the network check holds the policies to.
 * Connections that are not in it are closed.
 */
export const connections: Record<string, readonly Connection[]> = Object.fromEntries(
    Object.entries({ ...plane, ...platform }).map(([title, list]) => [title, list.flatMap(withAddresses)]),
);

/** What the ingress controller's pods may, the addresses may that the config names beside them. */
function withAddresses(connection: Connection): Connection[] {
    if (connection.from !== ingressController) return [connection];
    const when = connection.when ? both(connection.when, fromAddresses) : fromAddresses;
    return [connection, { ...connection, from: loadBalancers, when }];
}
