import { NamedEgress, NamedHost, NamedWay, Network } from "../contracts";

/** Ways out by name where the network plugin knows names: it opens the hosts themselves, and nobody needs a proxy. */
export class EgressByPlugin implements NamedEgress {
    constructor(private readonly network: Network) {}

    open(_: unknown, hosts: readonly NamedHost[]): NamedWay {
        return {
            peers: hosts.map(({ host, port = 443 }) => ({ ...this.network.outside({ host, port }), clientLabels: {} })),
            ready: [],
        };
    }
}
