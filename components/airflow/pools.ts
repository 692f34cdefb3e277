import { OrchestratorConfig } from "../../config/sections/orchestrator";
import { Files, together } from "./environment";

/** The pool that a task is in which names none; Airflow makes it itself. */
const defaultPool = "default_pool";

/** Variable by which the job that makes the administrator makes pools too, as `airflow pools import` takes them. */
export function poolVariables(pools: OrchestratorConfig["pools"]): Files {
    if (!pools) return together();
    const all = Object.entries(pools).map(([name, { slots, description, includeDeferred = false }]) => [
        name,
        {
            slots,
            description: description ?? (name === defaultPool ? "Default pool" : ""),
            include_deferred: includeDeferred,
        },
    ]);
    return { env: [{ name: "POOLS", value: literal(Object.fromEntries(all)) }], mounted: [] };
}

/** JSON in which neither the chart, which takes values for templates, nor Kubernetes, which puts in `$(…)`, finds anything of theirs. */
function literal(value: unknown): string {
    return JSON.stringify(value).replace(/\{(?=\{)|\$/g, (found) => (found === "$" ? "\\u0024" : "\\u007b"));
}
