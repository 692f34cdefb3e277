import { PlatformConfig } from "../../../config/schema";
import { dnsPort } from "../../../config/addresses";
import { apiServerPorts, clusterDns } from "../../../config/sections/kubernetes";
import { prefix } from "../../../components/labels";
import { Condition, Stack } from "./conditions";
import { Endpoint } from "./endpoints";

export interface Port {
    protocol: "TCP" | "UDP";
    port: number;
}

/** Ports that the config names. */
export interface PortsByConfig {
    /** For the page of the flows; by default, where the page says so elsewhere. */
    text: string;
    of: (config: PlatformConfig) => readonly Port[];
}

type Labels = Record<string, string>;

/** One way that connections go. What is in no flow is closed. */
export interface Connection {
    from: Endpoint;
    to: Endpoint;
    /** Ports of `to`, in the pod; `declared`: whichever its containers declare; `any`: what its declaration says, which isn't looked at here. */
    ports: readonly Port[] | PortsByConfig | "declared" | "any";
    why: string;
    /** @default always */
    when?: Condition;
    /** Relation that both ends must have, by their labels. @default nothing */
    related?: { text: string; holds: (from: Labels, to: Labels) => boolean };
    /** The one who connects is told the port: an address of the other stands in its settings. @default false */
    told?: boolean;
    /** Condition under which it must be open, not only allowed. @default whenever `when` holds */
    needed?: (stack: Stack) => boolean;
}

export const tcp = (...ports: number[]): Port[] => ports.map((port) => ({ protocol: "TCP", port }));

/** The API server's ports: either, by whether a rule is looked at before or after translation. */
export const kubernetes: PortsByConfig = {
    text: `TCP ${apiServerPorts.join(", ")}`,
    of: ({ kubernetes: { apiServer } }) => tcp(...(apiServer?.ports ?? apiServerPorts)),
};

/** Ports of the DNS' pods. */
export const dnsPorts: PortsByConfig = {
    text: `UDP ${dnsPort}; TCP ${dnsPort}`,
    of: ({ kubernetes }) => clusterDns(kubernetes).ports.flatMap(bothProtocols),
};

export const bothProtocols = (port: number): Port[] => [
    { protocol: "UDP", port },
    { protocol: "TCP", port },
];

/** Both are of the same group, so that each talks among itself. */
export const sameLabels = (label: string, text: string): Connection["related"] => ({
    text,
    holds: (from, to) => from[label] === to[label],
});

/** The one who connects says by a label that it uses the other. */
export const userOf: Connection["related"] = {
    text: `by its label \`${prefix}/uses-<name>\``,
    holds: (from, to) => from[`${prefix}/uses-${to["app.kubernetes.io/name"]}`] === "true",
};
