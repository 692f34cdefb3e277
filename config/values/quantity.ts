import { quote } from "../quote";

/** Kubernetes' suffixes. Thousandths of a byte are taken by Kubernetes as well, and nobody means them. */
const factors: Record<string, number> = {
    "": 1,
    n: 1e-9,
    u: 1e-6,
    m: 1e-3,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    P: 1e15,
    E: 1e18,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
    Pi: 2 ** 50,
    Ei: 2 ** 60,
};

const pattern = /^(\d+(?:\.\d+)?)(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE](\d{1,2}))?$/;

/** A Kubernetes quantity as a number: CPUs for `500m`, bytes for `2Gi`. NaN when it is none. */
export function quantity(text: string): number {
    const [, number, suffix = "", exponent = "0"] = pattern.exec(text) ?? [];
    return number === undefined ? NaN : Number(number) * factors[suffix] * 10 ** Number(exponent);
}

const mebibyte = 2 ** 20;

/** Highest number that Kubernetes counts to. */
const most = 2 ** 63;

const sizes = 'must be a size with its unit, such as "512Mi" or "10Gi"';

/** Reason why a text is no size in bytes; undefined for one that is. */
export function bytesProblem(text: string): string | undefined {
    const size = quantity(text);
    if (size >= most) return `${quote(text)} is more than Kubernetes counts to; at most 7Ei`;
    const why = oddity(text, size);
    if (why === undefined) return undefined;
    const meant = sizeMeant(text);
    return `${sizes}, not ${quote(text)}${why}${meant ? `; did you mean "${meant}"?` : ""}`;
}

/** Reason why nobody means a size as it is written; undefined for one that can be meant. */
function oddity(text: string, size: number): string | undefined {
    if (Number.isNaN(size)) return "";
    if (text.endsWith("m")) return ", which are thousandths of a byte";
    if (/^[\d.]+$/.test(text) && size > 0 && size < mebibyte) return ", which is a number of bytes";
    return Number.isInteger(size) ? undefined : ", which isn't a whole number of bytes";
}

/** Reason why a text is no size of memory or of a volume: none is smaller than 1 MiB. */
export function sizeProblem(text: string): string | undefined {
    const problem = bytesProblem(text);
    if (problem !== undefined || quantity(text) >= mebibyte) return problem;
    return `must be at least 1Mi, not ${quote(text)}`;
}

/** A size as it was meant: with a unit of other programs, with a space, or with a comma. */
function sizeMeant(text: string): string | undefined {
    const [, number, letter] = /^(\d+(?:[.,]\d+)?) ?(?:([kmgtpe])(?:i?b)?i?)?$/i.exec(text) ?? [];
    if (number === undefined || Number(number.replace(",", ".")) === 0) return undefined;
    const unit = (letter ?? "m").toUpperCase();
    return `${number.replace(",", ".")}${unit}i`;
}

/** Reason why a text is no number of CPUs; undefined for one that is. */
export function cpuProblem(text: string): string | undefined {
    if (/^(\d+m|\d+(\.\d{1,3})?)$/.test(text)) {
        return quantity(text) < 1e6 ? undefined : `${quote(text)} are more CPUs than any machine has`;
    }
    const form = 'must be a CPU quantity such as "250m" or "2"';
    if (/^\d*\.\d+m?$/.test(text)) return `${form}, not finer than 1m, not ${quote(text)}`;
    const [, number, unit = ""] = /^(\d+(?:[.,]\d+)?) ?(m|c|cpus?|v?cores?)?$/i.exec(text) ?? [];
    const meant = number && `${number.replace(",", ".")}${unit === "M" || unit === "m" ? "m" : ""}`;
    return `${form}, not ${quote(text)}${meant && meant !== text ? `; did you mean "${meant}"?` : ""}`;
}

/** Reason why a text is no size of memory as Java takes it. */
export function javaSizeProblem(text: string): string | undefined {
    if (/^[1-9]\d{0,8}[mg]$/.test(text)) return undefined;
    const [, number, unit] = /^([1-9]\d{0,8}) ?([mg])(?:i?b|i)?$/i.exec(text) ?? [];
    return `must be a size as Java takes it, such as "512m" or "2g", not ${quote(text)}${number ? `; did you mean "${number}${unit.toLowerCase()}"?` : ""}`;
}

interface Sized {
    requests: { cpu: string; memory: string; "ephemeral-storage"?: string };
    limits: { cpu?: string; memory: string; "ephemeral-storage"?: string };
}

/** Requests beyond their limits, by the keys below `resources`. */
export function overLimits({ requests, limits }: Sized): { path: string[]; message: string }[] {
    return (["memory", "cpu", "ephemeral-storage"] as const).flatMap((key) => {
        const [request, limit] = [requests[key], limits[key]];
        return request !== undefined && limit !== undefined && quantity(request) > quantity(limit)
            ? [{ path: ["requests", key], message: `${request} is more than the limit ${limit}` }]
            : [];
    });
}
