import { isIP } from "node:net";

import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { controllerOf, hasHosts } from "../sections/ingress";
import { problem } from "./rule";

/** Rules across keys, which no single type expresses. */
export function ingressRules(config: PlatformConfig): Problem[] {
    const { profile, ingress, objectStore } = config;
    const { issuer, hosts, gateway } = ingress;
    const given = Object.entries(hosts).filter(([, each]) => each !== undefined) as [string, string][];
    const twice = given.filter(([, each], index) => given.findIndex(([, other]) => other === each) !== index);
    return [
        ...twice.map(([key, each]) => ({
            key: `ingress.hosts.${key}`,
            message: `${each} is another system's host already; each needs one of its own`,
        })),
        ...given.flatMap(([key, each]) =>
            problem(
                isIP(each) !== 0,
                `ingress.hosts.${key}`,
                `${each} is an address; visitors are told apart by name: give it a host name, which DNS or a hosts file leads there`,
            ),
        ),
        ...problem(
            hosts.console !== undefined && objectStore.kind === "minio" && !objectStore.console,
            "ingress.hosts.console",
            "leads nowhere, because objectStore.console is false",
        ),
        ...problem(
            profile === "prod" && hasHosts(ingress) && !issuer && gateway?.name === undefined,
            "ingress.issuer",
            "is missing, and with profile prod the hosts' certificates may not come from the platform's self-signed authority, which no browser knows; name a ClusterIssuer of cert-manager that is there",
        ),
        ...(gateway ? gatewayRules(ingress, gateway) : controllerRules(ingress)),
    ];
}

type Ingress = PlatformConfig["ingress"];

/** A class whose controller isn't known: it would send passwords in the clear, or to a page that takes TLS only. */
function controllerRules(ingress: Ingress): Problem[] {
    const { className } = ingress;
    return problem(
        hasHosts(ingress) && controllerOf(ingress) === undefined,
        "ingress.controller",
        `is missing: the name of the class "${className}" doesn't say whose it is, and each controller is told in its own way to speak TLS to the pages; name it, or where it is none of those that docs/access.md has, set ingress.gateway in place of className`,
    );
}

/** What a Gateway is known by, and what it makes of other keys. */
function gatewayRules(
    { className, controller, controllerNamespace, issuer }: Ingress,
    gateway: NonNullable<Ingress["gateway"]>,
): Problem[] {
    const ofIngresses = Object.entries({ className, controller }).flatMap(([key, value]) =>
        problem(
            value !== undefined,
            `ingress.${key}`,
            "is of Ingresses, and ingress.gateway has the hosts served by the Gateway API; take one of both out",
        ),
    );
    const at = "ingress.gateway";
    if (gateway.name !== undefined) {
        return [
            ...ofIngresses,
            ...problem(
                gateway.className !== undefined,
                `${at}.className`,
                `would make another Gateway, and ${at}.name names one that is there; take one of both out`,
            ),
            ...problem(
                gateway.namespace === undefined,
                `${at}.namespace`,
                `is missing: the namespace of the Gateway "${gateway.name}"`,
            ),
            ...problem(
                gateway.sectionName === undefined,
                `${at}.sectionName`,
                `is missing: a listener for HTTPS of the Gateway "${gateway.name}"; without it each page would be served by every listener, in the clear too`,
            ),
            ...problem(
                gateway.port !== undefined,
                `${at}.port`,
                `is without effect, because the Gateway "${gateway.name}" has its own listeners; take it out`,
            ),
            ...problem(
                issuer !== undefined,
                "ingress.issuer",
                `is without effect, because the listener of the Gateway "${gateway.name}" has its own certificate; take it out`,
            ),
        ];
    }
    return [
        ...ofIngresses,
        ...problem(
            gateway.className === undefined,
            `${at}.className`,
            `is missing: the GatewayClass of a Gateway of the stack's own; or name one that is there (${at}.name, namespace, sectionName)`,
        ),
        ...problem(
            gateway.sectionName !== undefined,
            `${at}.sectionName`,
            `is of a Gateway that is there (${at}.name); one of the stack's own has a listener for each host; take it out`,
        ),
        ...problem(
            gateway.className !== undefined && gateway.namespace === undefined && controllerNamespace === undefined,
            `${at}.namespace`,
            "is missing: a namespace that is there for the Gateway, such as that of its controller",
        ),
    ];
}
