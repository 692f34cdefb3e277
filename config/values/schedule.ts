import { quote } from "../quote";

// Schedules as Kubernetes' controller reads them (github.com/robfig/cron, ParseStandard), and Airflow as well: of what only one of
// both takes nothing is let in.

interface Field {
    name: string;
    low: number;
    high: number;
    /** Names of the values, from `low` on. */
    names: string[];
}

const fields: Field[] = [
    { name: "minute", low: 0, high: 59, names: [] },
    { name: "hour", low: 0, high: 23, names: [] },
    { name: "day", low: 1, high: 31, names: [] },
    {
        name: "month",
        low: 1,
        high: 12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    { name: "weekday", low: 0, high: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

const shortcuts = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"];

const daysOf = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const form = 'a cron schedule of five fields (minute, hour, day, month, weekday), such as "*/15 * * * *"';

/** Go's lengths of time, which `@every` takes. */
const every = /^@every (?=.*[1-9])(\d{1,6}(\.\d{1,3})?(h|m|s))+$/;

/**
 * Reason why a schedule can't be, or would never run; undefined for one that does.
 *
 * @param by Reader of it: only Kubernetes knows `@every 30m`. @default both
 */
export function scheduleProblem(text: string, by?: "kubernetes"): string | undefined {
    if (/^(CRON_)?TZ=/.test(text)) {
        return "has a time zone in it, which Kubernetes refuses there; take it out, and put the zone into timeZone";
    }
    if (text.startsWith("@")) {
        return shortcuts.includes(text) || (by === "kubernetes" && every.test(text))
            ? undefined
            : `must be ${form}, or one of ${shortcuts.join(", ")}`;
    }
    const parts = text.split(" ").filter(Boolean);
    if (/[^\x21-\x7e ]/.test(text) || parts.length !== fields.length) {
        const seconds = parts.length === 6 ? "; there is no field for seconds" : "";
        return `must be ${form}; ${quote(text)} has ${parts.length}${seconds}`;
    }
    const read = parts.map((part, index) => valuesOf(part, fields[index]));
    const wrong = read.find((each): each is string => typeof each === "string");
    if (wrong !== undefined) return wrong;
    const [, , days, months] = read as Set<number>[];
    const anyDay = /^[*?]/.test(parts[2]) || !/^[*?]$/.test(parts[4]);
    // With a weekday too either of both is enough.
    if (anyDay || [...months].some((month) => [...days].some((day) => day <= daysOf[month - 1]))) return undefined;
    return `never runs: no month ${parts[3]} has a day ${parts[2]}`;
}

/** The values of a field, or its problem. */
function valuesOf(text: string, field: Field): Set<number> | string {
    const values = new Set<number>();
    for (const part of text.split(",")) {
        const found = valuesOfPart(part, field);
        if (typeof found === "string") return found;
        for (const each of found) values.add(each);
    }
    return values;
}

function valuesOfPart(part: string, field: Field): number[] | string {
    const { name, low, high } = field;
    const [, first, last, step] = /^([^-/]+)(?:-([^-/]+))?(?:\/([^-/]+))?$/.exec(part) ?? [];
    if (first === undefined)
        return `has the ${name} ${quote(part)}, which is none; there are numbers from ${low} to ${high}, * and lists, ranges and steps of them`;
    const any = /^[*?]$/.test(first);
    if (any && last !== undefined)
        return `has the ${name} ${quote(part)}, which is none; there are numbers from ${low} to ${high}, * and lists, ranges and steps of them`;
    const from = any ? low : numberOf(first, field);
    const to = any ? high : last !== undefined ? numberOf(last, field) : step !== undefined ? high : from;
    if (typeof from === "string") return from;
    if (typeof to === "string") return to;
    if (from > to)
        return `has the ${name}s ${part}, whose beginning is after its end; write it as two, such as "${first}-${high},${low}-${last}"`;
    const by = step === undefined ? 1 : /^\d+$/.test(step) ? Number(step) : 0;
    if (by < 1) return `has the step ${quote(step)} for its ${name}s, which must be a whole number from 1 on`;
    if (by > high - low + 1) {
        return `has steps of ${by} ${name}s, and a step doesn't go beyond the ${high - low + 1} that there are`;
    }
    // Only of these two it is asked whether they ever meet.
    if (name !== "day" && name !== "month") return [];
    return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by);
}

function numberOf(text: string, { name, low, high, names }: Field): number | string {
    const named = names.indexOf(text.toLowerCase());
    if (named >= 0) return low + named;
    if (!/^\d{1,4}$/.test(text))
        return `has the ${name} ${quote(text)}, which is none; there are numbers from ${low} to ${high}, * and lists, ranges and steps of them`;
    const value = Number(text);
    if (value >= low && value <= high) return value;
    const sunday = name === "weekday" && value === 7 ? " (Sunday is 0)" : "";
    return `has the ${name} ${value}, and ${name}s go from ${low} to ${high}${sunday}`;
}
