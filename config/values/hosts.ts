import { isIP } from "node:net";

import { quote } from "../quote";

const label = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

/** The domains that only a cluster knows, or only one machine. */
const inside = /(^|\.)(svc|svc\.[a-z0-9.-]+|cluster\.local|local|localhost|localdomain)$/;

/** Reason why a text is no host outside of the cluster that a workload may name: a DNS name, or every host below a domain. */
export function namedHostProblem(text: string): string | undefined {
    const form = 'must be the name of a host, such as "api.example.com", or "*.example.com" for every host below it';
    const url = /^[a-z]+:\/\/([^/:?#]+)/i.exec(text);
    if (url) return `${form}, without a scheme and a path; write "${url[1].toLowerCase()}"`;
    if (isIP(text) > 0) {
        return `${form}; for an address write { cidr: "${text}/${isIP(text) === 4 ? 32 : 128}", port: … }`;
    }
    const [, before, port] = /^([^:]+):(\d+)$/.exec(text) ?? [];
    if (port) return `${form}, and the port beside it; write { host: "${before}", port: ${port} }`;
    const lower = text.toLowerCase().replace(/\.$/, "");
    const fits = new RegExp(`^(\\*\\.)?${label}(\\.${label})+$`).test(lower) && lower.length <= 253;
    if (!fits) {
        return /^\*\.[^.]*$/.test(lower) || lower === "*"
            ? `${form}; ${quote(text)} would be half of the world: name a domain below it, or open addresses by { cidr, port, reason }`
            : `${form}, not ${quote(text)}`;
    }
    if (/^[\d.]+$/.test(lower)) return `${form}, not ${quote(text)}`;
    if (lower !== text) return `${form}, in lower case and without a dot last; write "${lower}"`;
    return inside.test(lower)
        ? `${form}; ${quote(text)} is inside of the cluster, whose ways are opened by handles: services, store, stream, tracking, database`
        : undefined;
}
