import { Counts } from "./builtin/change";

/** Which stack, on which cluster, remembered where. */
export interface EngineTarget {
    stack: string;
    kubeconfig: string;
    dir: string;
}

export interface EngineOptions {
    /** Takes lines for people. */
    print: (line: string) => void;
    /** Takes the latest news of something that is going on. */
    note?: (text: string) => void;
    /** Take over what somebody else made. Only the built-in engine; the CLI has `import`. */
    adopt?: boolean;
    /** When destroying: leave out what is protected, and what it needs. Only the built-in engine. @default false */
    excludeProtected?: boolean;
    /** Print what stays the same too. */
    all?: boolean;
    signal?: AbortSignal;
}

export interface Report {
    counts: Counts;
    /** Outputs of the stack, secret ones masked. Empty unless the command was `up`. */
    outputs: Record<string, unknown>;
}

/** Brings the program to the cluster, in one of two ways. */
export interface Engine {
    /** For people. */
    name: string;
    preview(options: EngineOptions): Promise<Report>;
    up(options: EngineOptions): Promise<Report>;
    destroy(options: EngineOptions): Promise<Report>;
    outputs(): Promise<Record<string, unknown>>;
}
