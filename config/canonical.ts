// The forms in which Kubernetes' programs give values back that they have read: what is declared in another one shows as a change
// at each update with Pulumi's provider, which compares a declaration with what the server has made of it.

/** A quantity: sign, number, and a suffix of two, of ten, or an exponent. */
const quantityForm = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?\d+))$/;

const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/** The smallest part of a quantity that is kept. */
const nano = 10n ** 9n;

/**
 * A quantity as the API server gives it back: `500m` for `0.5`, `1Gi` for `1024Mi`, `1` for `1000m`. A text that is none stays as
 * it is. By the rules of apimachinery's `Quantity` (pkg/api/resource/quantity.go: ParseQuantity, CanonicalizeBytes).
 */
export function canonicalQuantity(text: string): string {
    const match = quantityForm.exec(text);
    if (!match) return text;
    const [, sign, number, binary, decimal = "", exponent] = match;
    const [whole, fraction = ""] = number.split(".");
    const power = exponent === undefined ? 3 * (decimalSuffixes.indexOf(decimal) - 3) : Number(exponent);
    // Texts with such an exponent are no sizes that anybody has.
    if (Math.abs(power) > 30) return text;
    const factor = binary ? 1024n ** BigInt(binarySuffixes.indexOf(binary)) : 10n ** BigInt(Math.max(power, 0));
    const divisor = 10n ** BigInt(fraction.length + (binary ? 0 : Math.max(-power, 0)));
    const nanos = divided(BigInt(whole + fraction) * factor * nano, divisor);
    if (nanos === 0n) return "0";
    // Less than one unit of two, or a fraction of a byte, can be told in powers of ten only.
    const inBinary = binary !== undefined && nanos % nano === 0n && nanos >= 1024n * nano;
    const told = inBinary ? scaled(nanos / nano, 1024n, binarySuffixes) : inPowersOfTen(nanos, exponent !== undefined);
    return (sign === "-" ? "-" : "") + told;
}

/** Rounded up, as the server does: whoever asks for a little gets some. */
function divided(value: bigint, divisor: bigint): bigint {
    return (value + divisor - 1n) / divisor;
}

/** The value by the largest of some suffixes that leaves it whole. */
function scaled(value: bigint, base: bigint, suffixes: string[]): string {
    let [rest, step] = [value, 0];
    for (; rest % base === 0n && step < suffixes.length - 1; step++) rest /= base;
    return `${rest}${suffixes[step]}`;
}

/** @param asExponent `1e3`, which stays such a form, instead of `1k`. */
function inPowersOfTen(nanos: bigint, asExponent: boolean): string {
    const exponents = decimalSuffixes.map((_, index) => (index === 3 ? "" : `e${3 * (index - 3)}`));
    return scaled(nanos, 1000n, asExponent ? exponents : decimalSuffixes);
}

/** The seconds of each unit of a length of time. */
const units = { d: 86_400, h: 3600, m: 60, s: 1 } as const;

/** A length of time in whole days, hours, minutes and seconds, the longest first: `90d`, `2160h`, `1h30m`. */
export const durationForm = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** The seconds of such a length of time; NaN when it is none. */
export function seconds(text: string): number {
    const match = durationForm.exec(text);
    if (!match) return NaN;
    const [days, hours, minutes, rest] = match.slice(1).map((part) => Number(part ?? 0));
    return days * units.d + hours * units.h + minutes * units.m + rest;
}

/**
 * A length of time as Go prints its `time.Duration`, which every program that reads one into such a field gives back:
 * `2160h0m0s` for `2160h` and for `90d`. A text that is none stays as it is.
 */
export function goDuration(text: string): string {
    const all = seconds(text);
    if (Number.isNaN(all)) return text;
    const [hours, minutes, rest] = [Math.floor(all / units.h), Math.floor((all % units.h) / units.m), all % units.m];
    if (hours > 0) return `${hours}h${minutes}m${rest}s`;
    return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

/** Requests and limits of a container, as far as they are quantities. */
interface Amounts {
    requests?: Record<string, string | undefined>;
    limits?: Record<string, string | undefined>;
}

/** Requests and limits with every quantity as the API server gives it back. */
export function canonicalResources<T extends object>(resources: T): T {
    const { requests, limits } = resources as Amounts;
    const each = (amounts: Record<string, string | undefined>) =>
        Object.fromEntries(
            Object.entries(amounts).map(([name, value]) => [
                name,
                value === undefined ? value : canonicalQuantity(value),
            ]),
        );
    return {
        ...resources,
        ...(requests ? { requests: each(requests) } : {}),
        ...(limits ? { limits: each(limits) } : {}),
    };
}
