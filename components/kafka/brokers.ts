import { PodPeer } from "../contracts";

/** Port of the clients' listener, whoever makes the event stream. */
export const port = 9093;

/** Port of the listener for clients outside of the cluster. */
export const externalPort = 9094;

/** Labels of the pods that clients connect to, in any event stream of a maker. */
export const brokers = {
    strimzi: { "strimzi.io/broker-role": "true" },
    light: { "app.kubernetes.io/name": "kafka", "app.kubernetes.io/component": "node" },
};

/** The event streams of all makers, for those who connect to whichever stack's. */
export const eventStreamPeers: Pick<PodPeer, "podLabels" | "port">[] = Object.values(brokers).map((podLabels) => ({
    podLabels,
    port,
}));
