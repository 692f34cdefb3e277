import { z } from "zod";

import { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { registryPath, text } from "../texts";
import { name } from "../units";

/** A length of time as cert-manager takes it, hours only, e.g. `2160h`. */
const hours = text("hours", /^[1-9]\d*h$/, 'must be whole hours such as "2160h"');

export const certificates = z
    .strictObject({
        duration: hours.describe("How long a server's certificate is valid."),
        renewBefore: hours.describe("How long before its end it is renewed."),
        issuer: name
            .optional()
            .describe(
                "ClusterIssuer of cert-manager that signs the servers' certificates. It must sign names that end in .svc and tell its own certificate as ca.crt, as CA and Vault issuers do. Default: an authority of the platform's own.",
            ),
        imageRegistry: registryPath
            .optional()
            .describe("Where cert-manager's own images come from; without it upstream's registry."),
    })
    .describe("TLS: cert-manager and the platform's own authority.");

export type CertificatesConfig = z.infer<typeof certificates>;

/** 90 days, renewed a month before. */
export const certificatesDefaults: CertificatesConfig = { duration: "2160h", renewBefore: "720h" };

/** Hours that are left of the authority's own certificate when it is renewed. A server's may not outlive it. */
export const authorityRenewedBefore = 8760;

/** Problems of the group as a whole. */
export function certificatesRules({ certificates: { duration, renewBefore } }: PlatformConfig): Problem[] {
    const [life, rest] = [duration, renewBefore].map((text) => Number.parseInt(text, 10));
    const problems: Problem[] = [];
    if (life > authorityRenewedBefore) {
        problems.push({
            key: "certificates.duration",
            message: `${duration} is longer than the authority's own certificate may last; at most ${authorityRenewedBefore}h`,
        });
    }
    if (rest >= life) {
        problems.push({
            key: "certificates.renewBefore",
            message: `${renewBefore} before the end of ${duration} is at once, again and again; keep it below certificates.duration`,
        });
    }
    return problems;
}
