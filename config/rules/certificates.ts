import { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { authorityRenewedBefore } from "../sections/certificates";

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
