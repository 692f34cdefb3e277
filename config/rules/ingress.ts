import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { problem } from "./rule";

/** Rules across keys, which no single type expresses. */
export function ingressRules({ profile, ingress: { issuer, hosts }, objectStore }: PlatformConfig): Problem[] {
    const given = Object.entries(hosts).filter(([, each]) => each !== undefined) as [string, string][];
    const twice = given.filter(([, each], index) => given.findIndex(([, other]) => other === each) !== index);
    return [
        ...twice.map(([key, each]) => ({
            key: `ingress.hosts.${key}`,
            message: `${each} is another system's host already; each needs one of its own`,
        })),
        ...problem(
            hosts.console !== undefined && objectStore.kind === "minio" && !objectStore.console,
            "ingress.hosts.console",
            "leads nowhere, because objectStore.console is false",
        ),
        ...problem(
            profile === "prod" && given.length > 0 && !issuer,
            "ingress.issuer",
            "is missing, and with profile prod the hosts' certificates may not come from the platform's self-signed authority, which no browser knows; name a ClusterIssuer of cert-manager that is there",
        ),
    ];
}
