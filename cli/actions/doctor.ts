import { doctor } from "../../operations/doctor";
import { findingsResult } from "../../operations/findings";
import { step } from "../../lib/progress";
import type { CommandResult } from "../../lib/exit-codes";
import type { CommonFlags } from "../command";
import type { EngineChoice } from "../../engine/engine";

export interface DoctorFlags extends CommonFlags {
    stack?: string;
    engine: EngineChoice;
    kubeconfig?: string;
    context?: string;
    offline?: boolean;
    strict?: boolean;
    short?: boolean;
}

/** Looks at a stack, and says what was found. */
export async function examine({
    stack,
    engine,
    short,
    strict,
    ...flags
}: DoctorFlags & { stack: string }): Promise<CommandResult> {
    const { kubeconfig, context, offline } = flags;
    const findings = await step(`Examine the stack ${stack}`, (note) =>
        doctor({ stack, engine, kubeconfig, context, offline, note }),
    );
    return findingsResult(findings, { short, strict }, { stack });
}
