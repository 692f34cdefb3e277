import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";

import { stringify } from "yaml";

import { run } from "../../lib/exec";
import { repoRoot } from "../../lib/paths";
import { step } from "../../lib/progress";
import { type Layout, names } from "./layout";

/** The stack's file, before Pulumi adds its salt. */
export function stackFileText(images: object): string {
    const config = {
        "data-platform:profile": "dev",
        ...(Object.keys(images).length > 0 ? { "data-platform:images": images } : {}),
        "data-platform:kubernetes": { context: names.context },
    };
    return `# Written by \`make kind\`, which leaves it alone when it is there. Every key: docs/configuration.md.\n${stringify({ config })}`;
}

/** The real Pulumi CLI, with a state, a passphrase and a kubeconfig of this cluster alone. */
export async function pulumi(at: Layout, args: string[], onLine?: (line: string) => void) {
    return run("pulumi", [...args, "--stack", names.stack, "--non-interactive"], {
        cwd: repoRoot,
        env: {
            KUBECONFIG: at.kubeconfig,
            PULUMI_BACKEND_URL: `file://${at.state}`,
            PULUMI_CONFIG_PASSPHRASE: undefined,
            PULUMI_CONFIG_PASSPHRASE_FILE: at.passphrase,
            PULUMI_SKIP_UPDATE_CHECK: "true",
        },
        onLine,
    });
}

/** Makes what Pulumi needs for the stack, where it isn't there. */
export async function provideStack(at: Layout, images: object): Promise<void> {
    await mkdir(at.state, { recursive: true });
    if (!existsSync(at.passphrase))
        await writeFile(at.passphrase, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
    if (!existsSync(at.stackFile)) await writeFile(at.stackFile, stackFileText(images), { flag: "wx" });
    await step("Select the stack", () => pulumi(at, ["stack", "select", "--create"]));
}

/** Updates the stack, held to the policy pack. */
export async function updateStack(at: Layout): Promise<void> {
    await step("Update the stack", (note) =>
        pulumi(at, ["up", "--yes", "--skip-preview", "--policy-pack", "policy"], note),
    );
}

/** Outputs of the stack. */
export async function outputsOf(at: Layout): Promise<unknown> {
    return JSON.parse((await pulumi(at, ["stack", "output", "--json"])).stdout);
}

interface Update {
    resourceChanges?: Partial<Record<"create" | "update" | "replace" | "delete", number>>;
}

/** Counts of the newest update. */
export async function changesOf(at: Layout) {
    const [newest] = JSON.parse((await pulumi(at, ["stack", "history", "--json"])).stdout) as Update[];
    return {
        create: 0,
        update: 0,
        replace: 0,
        delete: 0,
        same: 0,
        keep: 0,
        ...(newest as Update | undefined)?.resourceChanges,
    };
}
