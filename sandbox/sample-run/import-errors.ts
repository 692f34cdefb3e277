/** Reason why a file of DAGs can't be read. */
export interface ImportError {
    /** Relative to the folder of DAGs. */
    file: string;
    line?: number;
    /** E.g. `SyntaxError: invalid syntax`. */
    message: string;
    /** Time of the last attempt, ISO 8601. */
    at: string;
}

/** Takes the place and the reason out of what Airflow keeps of a file that it could not read: a Python traceback. */
export function importErrorOf({
    filename,
    stack_trace,
    timestamp,
}: {
    filename: string;
    stack_trace: string;
    timestamp: string;
}): ImportError {
    const file = filename.replace(/^.*\/dags\//, "");
    // The innermost frame in the file itself: what it imports may be at fault, but the mistake is usually here.
    const frames = [...stack_trace.matchAll(/File "([^"]+)", line (\d+)/g)];
    const frame = frames.filter(([, path]) => path.endsWith(`/${file}`)).at(-1) ?? frames.at(-1);
    const lines = stack_trace.trimEnd().split("\n");
    const reason = lines
        .filter((line) => /^[A-Za-z_][\w.]*(Error|Exception|Warning|Interrupt)?(:|$)/.test(line))
        .at(-1);
    return {
        file,
        ...(frame ? { line: Number(frame[2]) } : {}),
        message: (reason ?? lines.at(-1) ?? "").trim(),
        at: timestamp,
    };
}

/** `flights.py:12: SyntaxError: invalid syntax` */
export function describeImportError({ file, line, message }: ImportError): string {
    return `${file}${line === undefined ? "" : `:${line}`}: ${message}`;
}
