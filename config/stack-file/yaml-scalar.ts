/** A value of YAML that stands for itself, as Pulumi hands it on; or why it can't be written so. */
export type Resolved = { value: string | number | boolean | null } | { problem: string };

/** Tags that change nothing but the type of a text. Others are left out by Pulumi, or make something that is no JSON. */
const types = ["str", "int", "float", "bool", "null"] as const;

const words: Record<string, boolean | null | undefined> = {
    ...Object.fromEntries(["true", "True", "TRUE"].map((word) => [word, true])),
    ...Object.fromEntries(["false", "False", "FALSE"].map((word) => [word, false])),
    ...Object.fromEntries(["", "~", "null", "Null", "NULL"].map((word) => [word, null])),
};

/** Numbers that JSON doesn't have. */
const endless = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;

/** Not an octal number to whoever writes it. */
const leadingZero = /^[-+]?0[0-9_]+$/;

const based = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)$/;
const decimals = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

const day = String.raw`(\d{4})-(\d{1,2})-(\d{1,2})`;
const time = String.raw`(\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?`;
const date = new RegExp(`^${day}(?:[Tt]${time}(?:Z|[-+]\\d{2}:\\d{2})| +${time})?$`);

/**
 * A scalar as the Pulumi CLI reads it: by the rules of Go's yaml.v3, which are those of YAML 1.2 with some of 1.1. `1_000` is a number,
 * `yes` is a text, a date is neither. The table that it is held to was written by the CLI's own code: test/unit/config/stack-file.
 *
 * @param tag Its tag, if it has one, in full.
 * @param plain Written without quotes.
 */
export function resolveScalar(text: string, tag: string | undefined, plain: boolean): Resolved {
    const type = tag?.replace(/^tag:yaml\.org,2002:/, "!!").replace(/^!!/, "");
    if (type !== undefined && type !== "!" && !types.some((each) => each === type)) {
        return {
            problem: `has the tag ${tag?.replace(/^tag:yaml\.org,2002:/, "!!")}, which Pulumi leaves out or makes something else of; write the value without a tag`,
        };
    }
    if (type === "str" || (!plain && (type === undefined || type === "!"))) return { value: text };
    const found = untagged(text);
    if ("problem" in found || type === undefined || type === "!") return found;
    const kind = found.value === null ? "null" : typeof found.value === "boolean" ? "bool" : typeof found.value;
    const fits =
        kind === "number" ? type === "float" || (type === "int" && Number.isInteger(found.value)) : kind === type;
    return fits ? found : { problem: `is no ${type}, which its tag says; leave the tag out` };
}

function untagged(text: string): Resolved {
    const word = Object.hasOwn(words, text) ? words[text] : undefined;
    if (word !== undefined) return { value: word };
    if (endless.test(text))
        return { problem: "is a number that Pulumi can't hand on; write another one, or a text in quotes" };
    if (leadingZero.test(text)) {
        return {
            problem:
                "begins with a zero, which makes it a number to the base of eight; write it without, or as a text in quotes",
        };
    }
    if (isDate(text)) {
        return {
            problem: "is a date to YAML, which Pulumi writes anew with time and zone; write it as a text in quotes",
        };
    }
    return { value: number(text) ?? text };
}

/** A number in any of its notations; undefined for a text. */
function number(text: string): number | undefined {
    if (!/^[-+.0-9]/.test(text)) return undefined;
    const digits = text.startsWith(".") ? text : text.replaceAll("_", "");
    const [, sign, base] = based.exec(digits) ?? [];
    if (base !== undefined) {
        const value = BigInt(base.toLowerCase()) * (sign === "-" ? -1n : 1n);
        return value >= -(2n ** 63n) && value < 2n ** (sign ? 63n : 64n) ? Number(value) : undefined;
    }
    const value = decimals.test(digits) ? Number(digits) : NaN;
    // A number that is too large is left a text; a zero has no sign any more when it has been written once.
    return Number.isFinite(value) ? value + 0 : undefined;
}

function isDate(text: string): boolean {
    const [, year, month, dayOfMonth, ...clocks] = date.exec(text) ?? [];
    if (year === undefined) return false;
    const days = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
    const [hours = 0, minutes = 0, seconds = 0] = (clocks[0] ? clocks : clocks.slice(4)).map((each) =>
        Number(each ?? 0),
    );
    const within = (value: string, least: number, most: number) => Number(value) >= least && Number(value) <= most;
    const isDay = within(month, 1, 12) && within(dayOfMonth, 1, days);
    return isDay && hours < 24 && minutes < 60 && seconds < 60;
}
