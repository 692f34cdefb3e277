import { UsageError } from "../../lib/errors";

const minute = 60_000;
const units = { w: 7 * 24 * 60 * minute, d: 24 * 60 * minute, h: 60 * minute, m: minute };
const form = /^(?=\d)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?$/;

/** Limits of a stack's life, and of a sweep's waiting: in milliseconds. */
export const bounds = { least: 15 * minute, most: 30 * 24 * 60 * minute };

/**
 * A length of time such as `90m`, `12h`, `3d`, `7d12h` or `2w`, in milliseconds.
 *
 * @throws UsageError for anything else: a stack whose time can't be read must not live for ever
 */
export function duration(text: string): number {
    const match = form.exec(text);
    const parts = match?.slice(1).map((part: string | undefined) => Number(part ?? 0));
    const total = parts && Object.values(units).reduce((sum, unit, index) => sum + unit * parts[index], 0);
    if (total !== undefined && Number.isSafeInteger(total)) return total;
    throw new UsageError(`"${text}" is no length of time`, {
        allowed: "weeks, days, hours and minutes in this order, whole numbers: 90m, 12h, 3d, 7d12h, 2w",
    });
}

/**
 * Parses the time that a stack may live from now, in milliseconds.
 *
 * @throws UsageError for less than 15 minutes or more than 30 days
 */
export function timeToLive(text: string): number {
    const value = duration(text);
    if (value >= bounds.least && value <= bounds.most) return value;
    throw new UsageError(`${text} is too ${value < bounds.least ? "short" : "long"} for a short-lived stack`, {
        allowed: `from ${lasting(bounds.least)} to ${lasting(bounds.most)}`,
        fix:
            value > bounds.most ? "let it live for 30d, and extend it; or keep it: ephemeral extend --keep" : undefined,
    });
}

/** A length of time in the same words, to the minute, two units at most: `9d3h`, `12h`, `0m`. */
export function lasting(milliseconds: number): string {
    const units: [string, number][] = [
        ["d", 24 * 60 * minute],
        ["h", 60 * minute],
        ["m", minute],
    ];
    let rest = Math.max(0, milliseconds);
    const parts: string[] = [];
    for (const [unit, size] of units) {
        const count = Math.floor(rest / size);
        if (count > 0) parts.push(`${count}${unit}`);
        rest -= count * size;
    }
    return parts.slice(0, 2).join("") || "0m";
}
