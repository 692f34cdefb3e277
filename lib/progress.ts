import { readFileSync } from "node:fs";

import pc from "picocolors";

import { writeAtomically } from "./files";

/** Seconds that each finished step took, in the order in which they ended. */
const seconds = new Map<string, number>();

/** Names an update for the running step ("3 of 7 pods ready"). */
export type Note = (text: string) => void;

/** Course of a longer job, known before it begins. */
export interface Course {
    /** Titles of its main steps, in their order: they are numbered. Others, such as a build, come where they are needed. */
    steps: readonly string[];
    /** Seconds that a step takes from nothing on a machine of 2 cores, where no run of before is known. */
    typical: Record<string, number>;
    /** File with the seconds of earlier runs, in the cache. */
    file: string;
}

/** Runs whose seconds are kept. */
const keptRuns = 5;

let course: Course | undefined;
/** Seconds of earlier runs by step, the latest last. */
let known: Record<string, number[]> = {};

/** Numbers the steps from now on, and says about how long each takes. */
export function follow(next: Course | undefined): void {
    course = next;
    known = next ? read(next.file) : {};
}

/** Keeps the seconds of this run's steps, for the next one. A cache that can't be written is no reason to fail. */
export async function keepTimings(): Promise<void> {
    if (!course) return;
    const before = read(course.file);
    const now = [...seconds].map(
        ([title, value]) => [title, [...(before[title] ?? []), value].slice(-keptRuns)] as const,
    );
    const text = JSON.stringify({ ...before, ...Object.fromEntries(now) }, undefined, 2);
    await writeAtomically(course.file, `${text}\n`, { mode: 0o644 }).catch(() => undefined);
}

function read(file: string): Record<string, number[]> {
    try {
        const found = Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>);
        return Object.fromEntries(
            found.flatMap(([title, value]) => {
                const numbers = Array.isArray(value)
                    ? value.filter((each): each is number => Number.isFinite(each))
                    : [];
                return numbers.length > 0 ? [[title, numbers]] : [];
            }),
        );
    } catch {
        return {};
    }
}

/** Seconds that a step takes at most, as far as can be said: what is there already takes less, and which run this is isn't known. */
function expected(title: string): number | undefined {
    const runs = known[title];
    return runs ? Math.max(...runs) : course?.typical[title];
}

/** Place of a main step in the course, e.g. `3 of 6`. */
function placeOf(title: string): string | undefined {
    const at = course?.steps.indexOf(title) ?? -1;
    return course && at >= 0 ? `${at + 1} of ${course.steps.length}` : undefined;
}

/** Duration in round words: `40 s`, `3 min`. */
export function about(value: number): string {
    if (value < 60) return `${Math.max(5, Math.round(value / 5) * 5)} s`;
    return `${value < 600 ? Math.round(value / 30) / 2 : Math.round(value / 60)} min`;
}

/** A line for a wait outside of a step, for somebody else's work for instance. */
export function tellWaiting(holder: string, whatItDoes: string): void {
    print(pc.dim("  …"), pc.dim(`waiting for ${holder}, which ${whatItDoes}`));
}

/** One whole line: a message of several would be torn by a step beside it. */
function print(mark: string, text: string): void {
    process.stderr.write(`${mark} ${text.trim().replace(/\s*\n\s*/g, "; ")}\n`);
}

export interface StepOptions {
    /** Place among others of its kind, e.g. `2 of 7`. @default its place in the course, for a main step */
    place?: string;
    /** Milliseconds between two lines of a running step. @default 5000 */
    every?: number;
}

/**
 * Runs one step of a longer job and shows it: a line when it starts, its latest note every few seconds while it runs, and a
 * line with the elapsed time when it ends. Steps may run side by side.
 */
export async function step<T>(
    title: string,
    work: (note: Note) => Promise<T>,
    { place = placeOf(title), every = 5_000 }: StepOptions = {},
): Promise<T> {
    const started = Date.now();
    const elapsed = () => (Date.now() - started) / 1000;
    const [named, whole] = [`${place ? `${place}  ` : ""}${title}`, expected(title)];
    const estimate = whole !== undefined && whole >= 5 ? about(whole) : undefined;
    let latest = "";
    let shown = "";
    let last = 0;
    print(pc.cyan("▸"), `${named}${estimate ? pc.dim(` (up to about ${estimate})`) : ""}`);
    // A line of its own, not a spinner: logs of CI and of a pipe must read as well as a terminal.
    const timer = setInterval(() => {
        const line = latest || "still working";
        if (line === shown && Date.now() - last < 6 * every) return;
        const of = estimate && elapsed() <= (whole ?? 0) ? ` of up to about ${estimate}` : "";
        print(pc.dim("  …"), pc.dim(`${named}: ${line} (${elapsed().toFixed(0)} s${of})`));
        [shown, last] = [line, Date.now()];
    }, every);
    timer.unref();
    try {
        const result = await work((text) => (latest = text));
        seconds.set(title, Number(elapsed().toFixed(1)));
        print(pc.green("✔"), `${named} ${pc.dim(`${elapsed().toFixed(1)} s${latest ? ` · ${latest}` : ""}`)}`);
        return result;
    } catch (error) {
        print(pc.red("✘"), `${named} ${pc.dim(`after ${elapsed().toFixed(1)} s`)}`);
        throw error;
    } finally {
        clearInterval(timer);
    }
}

/** Seconds by step so far, for the summary. */
export function timings(): Record<string, number> {
    return Object.fromEntries(seconds);
}
