import { closest, distance } from "fastest-levenshtein";

import { quote } from "../quote";

/**
 * Zones of one word, which the list of what is known here hasn't: of such words it knows more than the tz database, PST for one, and those
 * Kubernetes refuses.
 */
const words = [
    ...["UTC", "GMT", "UCT", "Zulu", "Universal", "Greenwich", "GMT0", "GMT+0", "GMT-0", "CET", "MET", "EET", "WET"],
    ...["EST", "MST", "HST", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "Cuba", "Egypt", "Eire", "GB", "GB-Eire"],
    ...["Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya", "NZ", "NZ-CHAT", "Navajo"],
    ...["PRC", "Poland", "Portugal", "ROC", "ROK", "Singapore", "Turkey", "W-SU"],
];

/** Zones by their names in lower case. */
const zones = new Map(
    [...words, "Etc/UTC", ...Intl.supportedValuesOf("timeZone")].map((zone): [string, string] => [
        zone.toLowerCase(),
        zone,
    ]),
);

/** Form of each name in the tz database: Kubernetes' and Airflow's look-ups tell capitals from small letters, the one here doesn't. */
const form = /^(?!SystemV\/|Etc\/Unknown)[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*){1,2}$/;

/** Reason why a time zone isn't one of the tz database's; undefined for one that is. */
export function timeZoneProblem(zone: string): string | undefined {
    const listed = zones.get(zone.toLowerCase());
    if (listed === zone || (listed === undefined && form.test(zone) && isKnown(zone))) return undefined;
    const meant = listed ?? near(zone);
    return `${quote(zone)} is no time zone of the tz database${meant ? `; did you mean "${meant}"?` : ', such as "Etc/UTC" or "Europe/Berlin"'}`;
}

/** Aliases (US/Pacific) aren't in the list, but they are zones. */
function isKnown(zone: string): boolean {
    try {
        new Intl.DateTimeFormat("en", { timeZone: zone });
        return true;
    } catch {
        return false;
    }
}

function near(zone: string): string | undefined {
    if (zone.length > 64 || !/[A-Za-z]{3}/.test(zone)) return undefined;
    const all = [...zones.keys()];
    const town = all.filter((each) => each.endsWith(`/${zone.toLowerCase()}`));
    const nearest = town.length > 0 ? town[0] : closest(zone.toLowerCase(), all);
    return town.length > 0 || distance(zone.toLowerCase(), nearest) <= 3 ? zones.get(nearest) : undefined;
}
