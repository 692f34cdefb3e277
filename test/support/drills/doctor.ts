import { doctor } from "../../../operations/doctor";
import { declaredByProgram } from "../../../operations/doctor/declared";
import { findingsCode, findingsText } from "../../../operations/findings";
import { readStackConfig, stackFile } from "../../../program/stack-config";
import type { Target } from "../../../engine/builtin/builtin";
import { prepareCharts } from "../../../tools/charts";
import { backendOf } from "./backend";

/** Exit code of `data-platform doctor` for a drill's stack, and its findings. */
export async function examined(target: Target): Promise<{ code: number; said: string }> {
    // The config below names the charts of the sandbox.
    await prepareCharts();
    const { stack, program, config, kubeconfig } = target;
    const declared = await declaredByProgram({ stack, program, config });
    // The drill's program has a config of its own; what the platform's is held to is not what is tested here.
    const { values } = readStackConfig(stackFile("sandbox"));
    const findings = await doctor({
        ...{ stack, kubeconfig, declared, config: values, offline: true },
        backend: backendOf(target),
    });
    return { code: findingsCode(findings), said: findingsText(findings, { short: true }) };
}
