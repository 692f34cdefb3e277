import { z } from "zod";

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
    .describe("TLS: cert-manager and the platform's own CA.");

export type CertificatesConfig = z.infer<typeof certificates>;

/** 90 days, renewed a month before. */
export const certificatesDefaults: CertificatesConfig = { duration: "2160h", renewBefore: "720h" };

/** Hours that are left of the CA's own certificate when it is renewed. A server's may not outlive it. */
export const authorityRenewedBefore = 8760;
