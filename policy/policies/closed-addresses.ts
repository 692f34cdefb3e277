import { ReportViolation, ResourceValidationPolicy } from "@pulumi/policy";

import { closedIn, dnsAddressProblem, dnsPort, isRange, rangeProblem, within } from "../../config/addresses";
import { releaseType } from "../lib/kinds";
import { at, Part, part, parts, text, walk } from "../lib/objects";

export const closedAddressesStay: ResourceValidationPolicy = {
    name: "closed-addresses",
    description: "No policy opens link-local addresses, or those where clouds hand out a node's credentials.",
    remediationSteps: "Make the rule by toAddresses (components/network.ts), which leaves them out.",
    severity: "critical",
    validateResource: ({ type, props }, report) => {
        if (type === "kubernetes:networking.k8s.io/v1:NetworkPolicy") {
            for (const rule of parts(props, "spec", "egress")) checkRule(rule, report);
        }
        if (type.startsWith("kubernetes:cilium.io/")) {
            for (const rule of parts(props, "spec", "egress")) checkCilium(rule, report);
        }
        if (type !== releaseType) return;
        const values = part(props, "values");
        const caches = new Set<unknown>(
            parts(values, "dns")
                .filter(isLookUp)
                .flatMap((rule) => parts(rule, "to").map(({ ipBlock }) => ipBlock))
                .filter(isCache),
        );
        // Whatever chart it is for: nothing else is called ipBlock.
        for (const { path, value } of walk(values)) {
            if (path.at(-1) === "ipBlock" && !caches.has(value)) checkBlock(value, report);
        }
    },
};

function checkRule(rule: Part, report: ReportViolation): void {
    // No `to`, or an empty one, is any address.
    if (parts(rule, "to").length === 0) report("a rule names ports only, and so opens every address");
    for (const peer of parts(rule, "to")) {
        if ("ipBlock" in peer && !(isLookUp(rule) && isCache(peer.ipBlock))) checkBlock(peer.ipBlock, report);
    }
}

/** Tells whether a rule is for look-ups of names only. */
function isLookUp(rule: Part): boolean {
    const ports = parts(rule, "ports");
    return ports.length > 0 && ports.every((each) => each.port === dnsPort && each.endPort === undefined);
}

/** Tells whether a block is the one address of a node's cache of names, which is link-local and hands out no credentials. */
function isCache(block: unknown): boolean {
    const [address, bits] = (text(block, "cidr") ?? "").split("/");
    return bits === (address.includes(":") ? "128" : "32") && dnsAddressProblem(address) === undefined;
}

function checkBlock(block: unknown, report: ReportViolation): void {
    checkRange(text(block, "cidr") ?? "", textsAt(block, "except"), report);
}

function checkRange(cidr: string, except: string[], report: ReportViolation): void {
    const problem = rangeProblem(cidr);
    if (problem) return report(problem);
    const open = closedIn(cidr).filter((closed) => !except.some((each) => isRange(each) && within(closed, each)));
    if (open.length > 0) report(`${cidr} opens ${open.join(", ")}: leave them out by except`);
}

function checkCilium(rule: Part, report: ReportViolation): void {
    const peers = Object.keys(rule).filter((key) => /^to(?!Ports)/.test(key));
    if (peers.length === 0) report("a rule names ports only, and so opens every address");
    // The world, the node, and everything: closed addresses are in each of them.
    const wide = textsAt(rule, "toEntities").filter((entity) => entity !== "kube-apiserver" && entity !== "cluster");
    if (wide.length > 0) report(`a rule opens ${wide.join(", ")}`);
    for (const cidr of textsAt(rule, "toCIDR")) checkRange(cidr, [], report);
    for (const set of parts(rule, "toCIDRSet")) checkRange(text(set, "cidr") ?? "", textsAt(set, "except"), report);
}

function textsAt(from: unknown, key: string): string[] {
    const found = at(from, key);
    return Array.isArray(found) ? found.filter((each) => typeof each === "string") : [];
}
