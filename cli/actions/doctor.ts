import { doctor } from "../../operations/doctor";
import { findingsResult } from "../../operations/findings";
import { step } from "../../lib/progress";
import type { CommandResult } from "../../lib/exit-codes";
import type { StackFlags } from "../command";
import type { EngineChoice } from "../../engine/engine";

export interface DoctorFlags extends StackFlags {
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
    organization,
    engine,
    short,
    strict,
    ...flags
}: DoctorFlags & { stack: string }): Promise<CommandResult> {
    const { kubeconfig, context, offline } = flags;
    const findings = await step(`Examine the stack ${stack}`, (note) =>
        doctor({ stack, organization, engine, kubeconfig, context, offline, note }),
    );
    return findingsResult(findings, { short, strict }, { stack });
}
