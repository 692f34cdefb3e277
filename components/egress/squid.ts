import { notPublic } from "../../config/addresses";
import { NamedHost } from "../contracts";

/** Port that tells only that the proxy listens. */
export const healthPort = 3127;

/** Seconds that open connections are given when a proxy is replaced. */
export const drainSeconds = 25;

/** The proxy's port of one workload, and what that may reach. */
export interface Listener {
    port: number;
    /** The workload's namespace and name. */
    namespace: string;
    workload: string;
    hosts: readonly NamedHost[];
}

/** Listeners by their ports, so that nothing depends on the order in which workloads are declared. */
export function byPort(listeners: readonly Listener[]): Listener[] {
    return [...listeners].sort((one, other) => one.port - other.port);
}

/** The ports that hosts are named with, sorted. */
export function targetPorts(hosts: readonly NamedHost[]): number[] {
    return [...new Set(hosts.map(({ port = 443 }) => port))].sort((one, other) => one - other);
}

/**
 * The proxy's config, pure: a port a workload, behind it the hosts that this one has named, and nothing else. Nothing is cached, decrypted or
 * kept; the log has hosts, never paths.
 *
 * Source: squid-cache.org, the configuration reference of Squid 6.
 */
export function squidConf(listeners: readonly Listener[]): string {
    const sorted = byPort(listeners);
    return [
        `http_port ${healthPort}`,
        ...sorted.map(({ port }) => `http_port ${port}`),
        "",
        // Not by reverse look-ups (-n): whoever has an address says which name it has.
        `acl health localport ${healthPort}`,
        "acl tunnel method CONNECT",
        "acl plain proto HTTP",
        `acl not_public dst ${notPublic.join(" ")}`,
        ...targetPorts(sorted.flatMap(({ hosts }) => hosts)).map((port) => `acl to_${port} port ${port}`),
        "",
        "http_access deny health",
        "http_access deny !tunnel !plain",
        ...sorted.flatMap(rules),
        "http_access deny all",
        "",
        ...settings,
        "",
    ].join("\n");
}

function rules({ port, workload, hosts }: Listener): string[] {
    return [
        `acl from_${port} localport ${port}`,
        `note workload ${workload} from_${port}`,
        ...targetPorts(hosts).flatMap((target) => {
            const names = [
                ...new Set(hosts.filter(({ port: each = 443 }) => each === target).map(({ host }) => host)),
            ].sort();
            const acl = `hosts_${port}_${target}`;
            const exact = names.filter((name) => !name.startsWith("*."));
            const below = names.filter((name) => name.startsWith("*."));
            const allow = (name: string) => `http_access allow from_${port} to_${target} ${name} !not_public`;
            return [
                ...(exact.length > 0 ? [`acl ${acl} dstdomain -n ${exact.join(" ")}`, allow(acl)] : []),
                ...(below.length > 0
                    ? [`acl ${acl}_below dstdom_regex -n -i ${below.map(pattern).join(" ")}`, allow(`${acl}_below`)]
                    : []),
            ];
        }),
        // Said once a workload, so that none falls through to the next one's rules.
        `http_access deny from_${port}`,
    ];
}

/** Every host below a domain, and not the domain itself. */
function pattern(host: string): string {
    return `^([a-z0-9_-]+\\.)+${host.slice(2).replaceAll(".", "\\.")}$`;
}

const settings = [
    "visible_hostname egress-proxy",
    "pid_filename none",
    // Standard output and error are the pod's log.
    'logformat egress {"time":"%{%Y-%m-%dT%H:%M:%SZ}tg","workload":"%{workload}note","client":"%>a","method":"%rm","host":"%>rd","port":"%>rP","status":%>Hs,"result":"%Ss","address":"%<a","sent":%>st,"received":%<st,"ms":%tr}',
    "access_log stdio:/dev/stdout logformat=egress !health",
    "cache_log /dev/stderr",
    "cache_store_log none",
    "logfile_rotate 0",
    "netdb_filename none",
    "coredump_dir none",
    "pinger_enable off",
    "cache deny all",
    "cache_mem 0 MB",
    "memory_pools off",
    "max_filedescriptors 8192",
    "via off",
    "forwarded_for delete",
    "httpd_suppress_version_string on",
    "connect_timeout 20 seconds",
    // A tunnel that says nothing for so long is gone.
    "read_timeout 1 hour",
    `shutdown_lifetime ${drainSeconds} seconds`,
];
