import { doctor } from "../../operations/doctor";
import { findingsAnswer } from "../../operations/findings";
import { step } from "../../lib/progress";
import type { DoctorFlags } from "../commands/doctor";
import type { Answer } from "../command";

/** Looks at a stack, and says what was found. */
export async function examine({
    stack,
    engine,
    short,
    strict,
    ...flags
}: DoctorFlags & { stack: string }): Promise<Answer> {
    const { kubeconfig, context, offline } = flags;
    const findings = await step(`Examine the stack ${stack}`, (note) =>
        doctor({ stack, engine, kubeconfig, context, offline, note }),
    );
    return findingsAnswer(findings, { short, strict }, { stack });
}
