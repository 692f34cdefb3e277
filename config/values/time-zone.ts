import { closest, distance } from "fastest-levenshtein";

import { quote } from "../quote";

/** Zones by their names in lower case. */
const zones = new Map(
    ["UTC", "Etc/UTC", ...Intl.supportedValuesOf("timeZone")].map((zone): [string, string] => [
        zone.toLowerCase(),
        zone,
    ]),
);

/** Form of each name in the tz database: Kubernetes' and Airflow's look-ups tell capitals from small letters, the one here doesn't. */
const form = /^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*){0,2}$/;

/** Reason why a time zone isn't one of the tz database's; undefined for one that is. */
export function timeZoneProblem(zone: string): string | undefined {
    const listed = zones.get(zone.toLowerCase());
    if (listed === zone || (listed === undefined && zone !== "Local" && form.test(zone) && isKnown(zone)))
        return undefined;
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
