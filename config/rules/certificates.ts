import { seconds } from "../canonical";
import { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { authorityRenewedBefore, shortest } from "../sections/certificates";
import { problem } from "./rule";

/** Problems of the group as a whole. */
export function certificatesRules({ certificates: { duration, renewBefore } }: PlatformConfig): Problem[] {
    return [
        ...problem(
            seconds(duration) > seconds(authorityRenewedBefore),
            "certificates.duration",
            `${duration} is longer than the authority's own certificate may last; at most ${authorityRenewedBefore}`,
        ),
        ...problem(
            seconds(duration) < seconds(shortest.duration),
            "certificates.duration",
            `${duration} is shorter than cert-manager takes; at least ${shortest.duration}`,
        ),
        ...problem(
            seconds(renewBefore) < seconds(shortest.renewBefore),
            "certificates.renewBefore",
            `${renewBefore} is shorter than cert-manager takes; at least ${shortest.renewBefore}`,
        ),
        ...problem(
            seconds(renewBefore) >= seconds(duration),
            "certificates.renewBefore",
            `${renewBefore} before the end of ${duration} is at once, again and again; keep it below certificates.duration`,
        ),
    ];
}
