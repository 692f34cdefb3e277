import { Connection } from "./connection";
import { plane } from "./plane";
import { platform } from "./platform";

export type { Condition, Stack } from "./conditions";
export type { Connection, Port } from "./connection";
export type { AddressEndpoint, Endpoint, PodEndpoint, Where } from "./endpoints";

/**
 * Every connection of the platform, by what it is for: the table of docs/network.md, which the network check holds the policies to.
 * Connections that are not in it are closed.
 */
export const connections: Record<string, readonly Connection[]> = { ...plane, ...platform };
