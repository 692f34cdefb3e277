import pc from "picocolors";

import { openEngine } from "../../engine/open";
import { layout } from "../cluster/layout";
import { stateDir } from "../../lib/paths";
import { Outputs } from "../sample-run";
import { forward, freePort, pagesOf } from "../sample-run/pages";
import { passwordCommands, shellSetup } from "../sample-run/summary";
import { tool } from "../../tools";
import { requireSandbox } from "./images";
import { EngineFlags, sandboxStack } from "./options";

/** `open`: the platform's pages on localhost, until Ctrl-C. */
export async function openCommand({ engine: choice }: EngineFlags): Promise<void> {
    const kubeconfig = await requireSandbox();
    const local = { kubeconfig, dir: stateDir() };
    const engine = await openEngine({ engine: choice, stack: sandboxStack, local });
    const outputs = (await engine.outputs(sandboxStack)) as Partial<Outputs>;
    const pages = pagesOf(outputs);
    const controller = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());

    const kubectl = await tool("kubectl");
    const lines = [pc.bold("To read a password"), ...shellSetup(layout().kubeconfig, kubectl)];
    const serving: Promise<void>[] = [];
    for (const page of pages) {
        const local = await freePort(page.local);
        const url = `https://localhost:${local}`;
        lines.push("", `${pc.bold(page.name.padEnd(8))} ${pc.cyan(url)}`, ...passwordCommands(page.login));
        const tell = (text: string) =>
            process.stderr.write(text === "serves" ? `✔ ${page.name} on ${url}\n` : `  … ${text}\n`);
        serving.push(forward(page, local, { kubectl, kubeconfig, signal: controller.signal, tell }));
    }
    const { orchestration } = outputs.namespaces ?? {};
    lines.push(
        "",
        "The pages' certificates are signed by the platform's own authority, which a browser does not know. To make it known,",
        "import this file:",
        `  kubectl -n ${orchestration} get secret platform-ca -o jsonpath='{.data.ca\\.crt}' | base64 -d > data-platform-ca.crt`,
        "",
        pc.dim("Ctrl-C ends this; the platform goes on."),
    );
    process.stdout.write(`${lines.join("\n")}\n`);
    await Promise.all(serving);
}
