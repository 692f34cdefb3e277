/** Severities of an advisory, the worst first. `unknown`: nobody has rated it; it counts as the worst until somebody looks. */
export const levels = ["critical", "high", "medium", "low", "unknown"] as const;
export type Level = (typeof levels)[number];

/** Levels that can be the lowest that is not let pass. */
export const thresholds = ["critical", "high", "medium", "low"] as const;
export type Threshold = (typeof thresholds)[number];

/** The level of a CVSS base score, as CVSS names them; no score: unknown. */
export function levelOf(score: string | undefined): Level {
    const value = Number(score);
    if (!score || !Number.isFinite(value) || value <= 0) return "unknown";
    return value >= 9 ? "critical" : value >= 7 ? "high" : value >= 4 ? "medium" : "low";
}

/** Tells whether a level is at or above another. */
export function reaches(level: Level, threshold: Threshold): boolean {
    return level === "unknown" || levels.indexOf(level) <= levels.indexOf(threshold);
}
