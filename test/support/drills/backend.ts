import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BuiltinEngine } from "../../../engine/builtin/engine";
import { recover, type RecoverOptions, type Recovery } from "../../../operations/recover";
import type { Target } from "../../../engine/builtin/builtin";
import type { Bed } from "../../integration/bed";

/** The place where a drill's stack lives, as commands see it. */
export function backendOf({ dir, kubeconfig, program, config }: Target): BuiltinEngine {
    return new BuiltinEngine({ dir, kubeconfig, program, config });
}

/** Recovers a drill's stack, as somebody would who said yes. */
export function recoverIn({ kube }: Bed, target: Target, options: Partial<RecoverOptions> = {}): Promise<Recovery> {
    const { stack, program, config } = target;
    return recover({ stack, backend: backendOf(target), kube, program, config, ...options });
}

/** Copies of what recovery changes are kept beside the person's own; a drill's go where they are thrown away after it. */
export function keepBackups(): void {
    const before = process.env.XDG_STATE_HOME;
    let dir: string;
    beforeEach(async () => {
        dir = await mkdtemp(join(tmpdir(), "data-platform-drill-"));
        process.env.XDG_STATE_HOME = dir;
    });
    afterEach(async () => {
        if (before === undefined) delete process.env.XDG_STATE_HOME;
        else process.env.XDG_STATE_HOME = before;
        await rm(dir, { recursive: true, force: true });
    });
}
