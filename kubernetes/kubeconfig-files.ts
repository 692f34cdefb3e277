import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

import type { KubeConfig } from "@kubernetes/client-node";

/** The files that kubectl would read: those of KUBECONFIG, else the one of the home directory. What isn't there is left out. */
export function kubeconfigFiles(named: string | undefined = process.env.KUBECONFIG): string[] {
    const files = (named ?? "").split(delimiter).filter(Boolean);
    const all = files.length > 0 ? files : [join(homedir(), ".kube", "config")];
    // An empty file is none, as kubectl has it.
    return all.filter((file) => existsSync(file) && statSync(file).size > 0);
}

/**
 * Kubeconfig files laid over each other as kubectl does it: whatever several of them have, the first one's holds.
 *
 * @throws Error when one can't be read; its message names the file
 */
export async function layered(files: string[]): Promise<KubeConfig> {
    const { KubeConfig } = await import("@kubernetes/client-node");
    const whole = new KubeConfig();
    for (const file of files) {
        const next = new KubeConfig();
        try {
            next.loadFromFile(file);
        } catch (error) {
            throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
        }
        whole.clusters = firstOfEach([...whole.clusters, ...next.clusters]);
        whole.users = firstOfEach([...whole.users, ...next.users]);
        whole.contexts = firstOfEach([...whole.contexts, ...next.contexts]);
        whole.currentContext ||= next.currentContext;
    }
    return whole;
}

function firstOfEach<T extends { name: string }>(items: T[]): T[] {
    return items.filter(({ name }, index) => items.findIndex((other) => other.name === name) === index);
}
