import { BlockList, isIP } from "node:net";

import { z } from "zod";

import { quote } from "./quote";
import { text } from "./texts";

/**
 * Addresses that no policy opens, whatever the config says: link-local ones, and those where clouds hand out credentials and
 * configuration to whoever asks. A node asks there for itself; a pod that could would be the node.
 */
export const closedAddresses: readonly string[] = [
    // Link-local: the metadata of AWS, Azure, Google, OpenStack and most others (169.254.169.254), credentials of ECS and EKS
    // (169.254.170.2, 169.254.170.23). A node's cache of names (169.254.20.10) is no metadata, and is opened as
    // the one address that it is: kubernetes.dns.addresses.
    "169.254.0.0/16",
    // Alibaba's metadata, inside of the range of carriers.
    "100.100.100.200/32",
    // Azure's wire server: configuration and certificates of the node. Azure's own resolver has the same address, and no pod asks it.
    "168.63.129.16/32",
    // Oracle's classic metadata.
    "192.0.0.192/32",
    "fe80::/10",
    // AWS: metadata (::254) and credentials of EKS (::23).
    "fd00:ec2::/32",
    // Google's and Scaleway's metadata.
    "fd20:ce::254/128",
    "fd00:42::42/128",
];

/**
 * Addresses that are nobody's on the internet, of which a name may still be an alias: those of private networks, so of the cluster too, of
 * the machine itself, of groups, and those that are kept for something else.
 *
 * Source: IANA's registries of special-purpose addresses, RFC 6890.
 */
const special: readonly string[] = [
    ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16"],
    ...["198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"],
    // A translator's prefixes among them: behind 64:ff9b:: is every IPv4 address.
    ...["::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2002::/16", "fc00::/7", "ff00::/8"],
];

/** Addresses that nothing leads to under a name from outside: those, and the closed ones; each range once. */
export const notPublic: readonly string[] = [...special, ...closedAddresses].filter(
    (one, index, all) =>
        !all.some((other, at) => at !== index && within(one, other) && !(within(other, one) && at > index)),
);

/** All addresses, in both families. */
export const anywhere: readonly string[] = ["0.0.0.0/0", "::/0"];

const form = 'must be a range of addresses such as "10.1.2.0/24" or "fd12::/64"';

/** Reason why a text is no range of addresses that may be opened; undefined for one that may. */
export function rangeProblem(cidr: string): string | undefined {
    if (!isRange(cidr)) return `${form}, not "${cidr}"`;
    const closed = closedAddresses.find((each) => within(cidr, each));
    return closed === undefined
        ? undefined
        : `"${cidr}" is inside of ${closed}: addresses that are link-local, or where clouds hand out a node's credentials, are never opened; take it out`;
}

/** Tells whether a text is a range of addresses, `<address>/<bits>`. An IPv4 range is written as such, never inside of IPv6. */
export function isRange(text: string): boolean {
    const [address, bits, ...more] = text.split("/");
    const family = isIP(address);
    if (family === 0 || more.length > 0 || address.includes("%") || !/^(0|[1-9]\d{0,2})$/.test(bits ?? ""))
        return false;
    if (Number(bits) > (family === 4 ? 32 : 128)) return false;
    return family === 4 || !has("::ffff:0:0/96", address);
}

/** Tells whether each address of a range, or the one address that it is, is in another range too. */
export function within(inner: string, outer: string): boolean {
    const [[address, bits = isIP(inner) === 4 ? "32" : "128"], [network, outerBits]] = [
        inner.split("/"),
        outer.split("/"),
    ];
    return isIP(address) === isIP(network) && Number(bits) >= Number(outerBits) && has(outer, address);
}

/** The ranges inside of a range that aren't public. */
export function notPublicIn(cidr: string): string[] {
    return notPublic.filter((each) => within(each, cidr));
}

/** The closed addresses inside of a range. */
export function closedIn(cidr: string): string[] {
    return closedAddresses.filter((closed) => within(closed, cidr));
}

/** Tells whether a range has an address, as Node knows both. */
function has(cidr: string, address: string): boolean {
    const family = (text: string) => (isIP(text) === 4 ? "ipv4" : "ipv6");
    const [network, bits] = cidr.split("/");
    const list = new BlockList();
    list.addSubnet(network, Number(bits), family(network));
    return list.check(address, family(address));
}

/** Port that resolvers ask, which resolv.conf can't change. */
export const dnsPort = 53;

/** Link-local addresses that pods of every cloud ask for credentials, and the neighbours that clouds keep for such. */
const metadata = ["169.254.169.0/24", "169.254.170.0/24"];

/** Reason why a text is no address of a DNS that pods may ask: one address, and where it is link-local, of a node's cache. */
export function dnsAddressProblem(address: string): string | undefined {
    const family = isIP(address);
    if (family === 0 || address.includes("%")) {
        const range = isRange(address) ? "; write the one address, without its bits" : "";
        return `must be an address such as "169.254.20.10"${range}`;
    }
    const linkLocal = within(address, "169.254.0.0/16");
    const closed = (linkLocal ? metadata : closedAddresses).find((each) => within(address, each));
    if (closed === undefined) return undefined;
    return `"${address}" is inside of ${closed}, where clouds hand out a node's credentials, and is never opened; with Google's Cloud DNS turn NodeLocal DNSCache on, which has an address of its own`;
}

/** Reason why a text is no range of addresses for the config or a declaration: one that may be opened, written as what it is. */
export function cidrProblem(cidr: string): string | undefined {
    if (!isRange(cidr)) return `${form}, not ${quote(cidr)}${rangeMeant(cidr)}`;
    const problem = rangeProblem(cidr);
    if (problem !== undefined) return problem;
    const [address, bits] = cidr.split("/");
    const network = networkOf(address, Number(bits));
    return within(network, `${address}/${isIP(address) === 4 ? 32 : 128}`)
        ? undefined
        : `"${cidr}" is the network ${network}/${bits} with an address in it; write that, or "${address}/${isIP(address) === 4 ? 32 : 128}" for the one address`;
}

function rangeMeant(text: string): string {
    if (text.length < 64 && isIP(text) > 0) return `; for one address write "${text}/${isIP(text) === 4 ? 32 : 128}"`;
    const name = /^([a-z]+:\/\/)?([a-z0-9-]+\.)+[a-z]{2,}/i.test(text);
    return name ? "; NetworkPolicies know no host names, so look its addresses up" : "";
}

/** First address of the network that an address is in. */
function networkOf(address: string, bits: number): string {
    if (isIP(address) === 4) {
        const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
        const base = value - (value % 2 ** (32 - bits));
        return [24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join(".");
    }
    const value = groupsOf(address).reduce((sum, group) => (sum << 16n) + BigInt(group), 0n);
    const rest = BigInt(128 - bits);
    const base = (value >> rest) << rest;
    const groups = Array.from({ length: 8 }, (_, index) => ((base >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
    // As it is usually written, its zeros left out.
    return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
    const [before, after = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
    const numbers = (text: string) =>
        text
            .split(":")
            .filter(Boolean)
            .map((group) => Number.parseInt(group, 16));
    const [first, last] = [numbers(before), numbers(after)];
    return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
}

/** Pattern of a range of addresses, for editors. */
const roughly = /^[0-9a-fA-F:.]+\/\d{1,3}$/;

/** A range of addresses that policies open. */
export const cidr = text("cidr", roughly, form, cidrProblem);

/** An address of a DNS. */
export const address = text(
    "address",
    /^[0-9a-fA-F:.]+$/,
    'must be an address such as "169.254.20.10"',
    dnsAddressProblem,
);

/** A list of such ranges. */
export const cidrs = z.array(cidr).min(1);
