import { z } from "zod";

import { registryPath } from "../texts";
import { duration, name } from "../units";

export const certificates = z
    .strictObject({
        duration: duration.describe("How long a server's certificate is valid, such as 90d or 2160h."),
        renewBefore: duration.describe("How long before its end it is renewed."),
        issuer: name
            .optional()
            .describe(
                "ClusterIssuer of cert-manager that signs the servers' certificates. It must sign names that end in .svc and tell its own certificate as ca.crt, as CA and Vault issuers do. Default: an authority of the platform's own.",
            ),
        imageRegistry: registryPath
            .optional()
            .describe("Where cert-manager's own images come from; without it upstream's registry."),
    })
    .describe("TLS: cert-manager and the platform's own CA.");

export type CertificatesConfig = z.infer<typeof certificates>;

/** 90 days, renewed a month before. */
export const certificatesDefaults: CertificatesConfig = { duration: "2160h", renewBefore: "720h" };

/** Time that is left of the CA's own certificate when it is renewed. A server's may not outlive it. */
export const authorityRenewedBefore = "8760h0m0s";

/** The shortest that cert-manager's webhook lets in. */
export const shortest = { duration: "1h0m0s", renewBefore: "5m0s" };
