import { z } from "zod";

/** A length of time as cert-manager takes it, hours only, e.g. `2160h`. */
const hours = z.string().regex(/^[1-9]\d*h$/, 'must be whole hours such as "2160h"');

export const certificates = z
    .strictObject({
        duration: hours.describe("How long a server's certificate is valid."),
        renewBefore: hours.describe("How long before its end it is renewed."),
        imageRegistry: z
            .string()
            .min(1)
            .optional()
            .describe("Where cert-manager's own images come from; without it upstream's registry."),
    })
    .describe("TLS: cert-manager and the platform's own authority.");

export type CertificatesConfig = z.infer<typeof certificates>;

/** 90 days, renewed a month before. */
export const certificatesDefaults: CertificatesConfig = { duration: "2160h", renewBefore: "720h" };
