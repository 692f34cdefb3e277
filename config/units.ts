import { z } from "zod";

import { canonicalQuantity, durationForm, goDuration } from "./canonical";
import { text } from "./texts";
import { bytesProblem, cpuProblem, javaSizeProblem, sizeProblem } from "./values/quantity";
import { scheduleProblem } from "./values/schedule";

export { quantity } from "./values/quantity";

const unit = "(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)";

// Read as the API server would give them back, so that no spelling of the stack file's shows as a change at each update.
export const cpu = text(
    "cpu",
    /^(\d+m|\d+(\.\d{1,3})?)$/,
    'must be a CPU quantity such as "250m" or "2"',
    cpuProblem,
).overwrite(canonicalQuantity);
/** A sum of sizes, which may be none. */
export const bytes = text(
    "bytes",
    new RegExp(`^(\\d+(\\.\\d+)?(${unit}|[eE]\\d+)|0|\\d{7,})$`),
    'must be a size with its unit, such as "512Mi" or "10Gi"',
    bytesProblem,
).overwrite(canonicalQuantity);
/** The size of something that there is: memory, a volume. */
export const size = text(
    "size",
    new RegExp(`^(\\d+(\\.\\d+)?(${unit}|[eE]\\d+)|\\d{7,})$`),
    'must be a size with its unit, such as "512Mi" or "10Gi"',
    sizeProblem,
).overwrite(canonicalQuantity);
/** A size of memory as Java takes it. */
export const javaSize = text(
    "heap",
    /^[1-9]\d{0,8}[mg]$/,
    'must be a size as Java takes it, such as "512m" or "2g"',
    javaSizeProblem,
);
/** A length of time, read as Go's programs give it back. */
export const duration = text("duration", durationForm, 'must be a length of time such as "90d" or "2160h"').overwrite(
    goDuration,
);
export const cron = text(
    "cron",
    /^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|([0-9A-Za-z*,/?-]+ +){4}[0-9A-Za-z*,/?-]+)$/,
    'must be a cron schedule of five fields, such as "*/15 * * * *"',
    scheduleProblem,
);
/** Resource of a device that a plugin of the node's counts. Kubernetes' own domain is for other things. */
export const deviceForm =
    /^(?!([a-z0-9-]+\.)*kubernetes\.io\/)([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z0-9-]+\/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
/** A port that something listens on. */
export const port = z.number().int().min(1).max(65535);
/** A name that is also a DNS label, so that it can stand in a host name, a label and an access key. */
export const name = text(
    "name",
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    "must be lower-case letters, digits and dashes, beginning with a letter",
)
    .min(3)
    .max(40);
