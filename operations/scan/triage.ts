import { type Allowed, entryFor, isAbout } from "./allowed";
import { reaches, type Threshold } from "./levels";
import { type Advisory } from "./osv";
import { type Row } from "./scan";

/** An advisory that isn't let pass, with all sources that it was found in. */
export interface Finding extends Advisory {
    sources: string[];
    /** The entry that let it pass, and whose time is over. */
    expired?: Allowed;
}

/** Result of a scan. */
export interface ScanResult {
    rows: Row[];
    /** At or above the level, and not allowed; the worst first. */
    findings: Finding[];
    /** Entries by which something was let pass. */
    used: Allowed[];
    /** Entries that are about nothing any more; told only where everything could be asked. */
    idle: Allowed[];
    /** Sources that couldn't be asked about. */
    silent: Row[];
}

/** @param today a day, such as 2026-11-30 */
export function triage(
    rows: Row[],
    { level, allowed, today }: { level: Threshold; allowed: Allowed[]; today: string },
): ScanResult {
    const findings = new Map<string, Finding>();
    const used = new Set<Allowed>();
    for (const { source, answer } of rows) {
        for (const advisory of answer?.advisories ?? []) {
            const entry = entryFor(advisory, allowed, today);
            if (entry) used.add(entry);
            else if (reaches(advisory.level, level)) note(findings, advisory, source, allowed);
        }
    }
    const silent = rows.filter((row) => row.silent !== undefined);
    const all = rows.flatMap(({ answer }) => answer?.advisories ?? []);
    const order = ["unknown", "critical", "high", "medium", "low"];
    return {
        rows,
        findings: [...findings.values()].sort(
            (one, other) =>
                order.indexOf(one.level) - order.indexOf(other.level) || (one.package < other.package ? -1 : 1),
        ),
        used: [...used],
        idle: silent.length > 0 ? [] : allowed.filter((each) => !all.some((advisory) => isAbout(each, advisory))),
        silent,
    };
}

/** The same advisory about the same version is one finding, wherever it is pinned. */
function note(findings: Map<string, Finding>, advisory: Advisory, source: string, allowed: Allowed[]): void {
    const key = `${advisory.ids[0]} ${advisory.package} ${advisory.version}`;
    const known = findings.get(key);
    if (known) {
        if (!known.sources.includes(source)) known.sources.push(source);
        return;
    }
    const expired = allowed.find((each) => isAbout(each, advisory));
    findings.set(key, { ...advisory, sources: [source], ...(expired ? { expired } : {}) });
}
