import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { closedAddresses } from "../../config/addresses";
import { Connection, connections, Endpoint, PodEndpoint, Port } from "./connections";
import { repoRoot } from "../../lib/paths";

/** Path of the page of connections. */
export const pageFile = join(repoRoot, "docs", "network.md");

/** The page's exact text, the same each time. */
export function page(): string {
    return `${[head, ...Object.entries(connections).map(([title, list]) => section(title, list)), tail, people()].join("\n\n")}\n`;
}

const head = `# Network

<!-- Written by \`make docs\` out of checks/network/connections; a test compares. -->

Every namespace is closed by a NetworkPolicy, in both directions. These are all the ways that are open, and what for; each is
opened on both sides, by the policies of the one who connects and of the one who is called. Ports are those of the pods.`;

const tail = `## What the table can't show

- **The API server** is no pod, and its address is the cluster's own affair. Until \`kubernetes.apiServer.cidrs\` says where it is,
  what may call it may open connections to any address on these ports, but for those that are never opened. \`make doctor\`
  proposes the addresses ([Your own cluster](own-cluster.md)); a pod proves them before any other policy has them. Other ports are
  \`kubernetes.apiServer.ports\`; another port of the git server is that of its address. A webhook takes connections from any address
  on its one port.
- **The DNS** is that of most clusters until \`kubernetes.dns\` says another: its pods, their ports, and addresses of a node's cache.
  The look-ups' port above is the usual one. [Which cluster](clusters.md) has it for eight of them.
- **Never opened**, by no policy and for no pod: ${closedAddresses.map((cidr) => `\`${cidr}\``).join(", ")}. They are link-local, or a cloud
  hands out a node's credentials there. A range that holds one of them leaves it out (\`except\`); one that lies inside of one is
  refused. The one exception is the address of a node's cache of names, which \`kubernetes.dns.addresses\` has. So pods get a cloud's identity by a token that they carry (IRSA, Azure's workload identity), not by asking the node: EKS
  Pod Identity and GKE's Workload Identity, which do ask there, don't work.
- **The ingress controller** is whoever passes visitors on: an ingress controller's pods, or a Gateway's proxies
  ([access](access.md)). What it may connect to by itself is its own namespace's affair.
- **Host names** mean nothing to a NetworkPolicy: the git server of the DAGs and a database outside are any address on their port,
  unless their host is an address itself or the config has their \`cidrs\`. Hosts that workloads name go by a proxy that does know names.
- **Cilium** (\`kubernetes.networkPlugin: cilium\`): the API server (\`toEntities\`), the git server and the database outside (\`toFQDNs\`)
  are opened by CiliumNetworkPolicies beside the NetworkPolicies, of the same names, and by nothing else. The evaluator below doesn't
  know these. They are written by the book, held to the definition of Cilium 1.18, and were not tried on a cluster.
- **Further hosts and addresses** are opened by a workload that names them (\`egress\`), for its own pods only
  ([Own workloads](own-workload.md#ways-out)).
- **Probes** come from the node's kubelet, which no policy keeps out. \`kubectl port-forward\` goes the same way.
- **Metrics** other than the table's are closed until somebody collects them: a policy beside the pods that lets the collector in
  is all that it takes.
- Policies are enforced by the cluster's network plugin. One that doesn't know them (kindnet of older releases, flannel, the
  sandbox's bridge) lets everything through without a word.

## How it is checked

\`make test-checks\` takes everything that a stack makes and works out its pods, those that operators will make of their objects
included, and some that belong to nobody, to another stack, and to no cluster. Then
[cyclonus](https://github.com/mattfenwick/cyclonus), an evaluator that knows nothing of this platform, is asked about every
connection between any two of them, on every port that anyone has and some that nobody has. Each connection of the table must be open,
and nothing else may be, on neither side.`;

function section(title: string, list: readonly Connection[]): string {
    const rows = list.map((connection) => [
        connection.from.title,
        connection.to.title,
        portText(connection.ports),
        [connection.why, connection.related?.text].filter(Boolean).join(", "),
        connection.when?.text ?? "",
    ]);
    return `## ${title}\n\n${table([["From", "To", "Port", "What for", "When"], ...rows])}`;
}

function portText(ports: Connection["ports"]): string {
    if (ports === "declared") return "its own";
    if (ports === "any") return "as the workload says";
    if ("text" in ports) return ports.text;
    const numbers = (protocol: Port["protocol"]) =>
        ports.filter((port) => port.protocol === protocol).map(({ port }) => port);
    return (["UDP", "TCP"] as const)
        .filter((protocol) => numbers(protocol).length > 0)
        .map((protocol) => `${protocol} ${numbers(protocol).join(", ")}`)
        .join("; ");
}

/** Table of the endpoints, by namespace and labels. */
function people(): string {
    const all = Object.values(connections).flatMap((list) => list.flatMap(({ from, to }) => [from, to]));
    const rows = [...new Set(all)].map((endpoint) => [endpoint.title, namespaceText(endpoint), labelText(endpoint)]);
    rows.sort(([one = ""], [other = ""]) => one.localeCompare(other));
    return `## Who is who\n\n${table([["Who", "Namespace", "Labels"], ...rows])}`;
}

function namespaceText(endpoint: Endpoint): string {
    if (!("namespace" in endpoint)) return "none; outside, or the cluster itself";
    const { namespace } = endpoint;
    if (typeof namespace === "string") return `\`<stack>-${namespace}\``;
    if ("all" in namespace) return `all of the ${namespace.all}`;
    if (typeof namespace.named !== "string") return endpoint.selectedBy?.namespace ?? "as the config says";
    return endpoint.selectedBy
        ? `\`${namespace.named}\`, or as ${endpoint.selectedBy.namespace} says`
        : `\`${namespace.named}\``;
}

function labelText(endpoint: Endpoint): string {
    const { labels = {}, selectedBy } = endpoint as Partial<PodEndpoint>;
    if (selectedBy?.labels) return selectedBy.labels;
    return Object.entries(labels)
        .map(([key, value]) => {
            if (value === "*") return `\`${key}\``;
            return `\`${key}\`: ${typeof value === "string" ? value : value.join(", ")}`;
        })
        .join("; ");
}

/** A table of Markdown in the form that the formatter leaves alone. */
function table(rows: string[][]): string {
    const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
    const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
    const [first, ...rest] = rows;
    return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
}

if (require.main === module) writeFileSync(pageFile, page());
