import { canonicalQuantity, durationForm, goDuration } from "./canonical";
import { text } from "./texts";

const factors: Record<string, number> = {
    "": 1,
    n: 1e-9,
    u: 1e-6,
    m: 1e-3,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
};

const pattern = /^(\d+(?:\.\d+)?)(n|u|m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;

/** A Kubernetes quantity as a number: CPUs for `500m`, bytes for `2Gi`. NaN when it is none. */
export function quantity(text: string): number {
    const match = pattern.exec(text);
    return match ? Number(match[1]) * factors[match[2] ?? ""] : NaN;
}

// Read as the API server would give them back, so that no spelling of the stack file's shows as a change at each update.
export const cpu = text("cpu", /^(\d+m|\d+(\.\d+)?)$/, 'must be a CPU quantity such as "250m" or "2"').overwrite(
    canonicalQuantity,
);
export const bytes = text(
    "bytes",
    /^\d+(\.\d+)?(Ki|Mi|Gi|Ti|k|M|G|T)$/,
    'must be a size with its unit, such as "512Mi" or "10Gi"',
).overwrite(canonicalQuantity);
/** A length of time, read as Go's programs give it back. */
export const duration = text("duration", durationForm, 'must be a length of time such as "90d" or "2160h"').overwrite(
    goDuration,
);
export const cron = text(
    "cron",
    /^(@(hourly|daily|weekly|monthly|yearly)|([0-9A-Za-z*,/?#-]+ +){4}[0-9A-Za-z*,/?#-]+)$/,
    'must be a cron schedule of five fields, such as "*/15 * * * *"',
);
/** A name that is also a DNS label, so that it can stand in a host name, a label and an access key. */
export const name = text(
    "name",
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    "must be lower-case letters, digits and dashes, beginning with a letter",
)
    .min(3)
    .max(40);
