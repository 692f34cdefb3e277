import { etl, kafka, minio, postgresql } from "../../config/versions";
import { checkProgram } from "../../engine/builtin/check";
import { openEngine } from "../../engine/open";
import { KubeClient } from "../../kubernetes/client";
import { interrupted } from "../../kubernetes/wait/ready";
import { buildNode, startCluster } from "../cluster";
import { layout } from "../cluster/layout";
import { preflight } from "../cluster/preflight";
import { stateDir } from "../../lib/paths";
import { follow, keepTimings, timings } from "../../lib/progress";
import { course } from "./course";
import { allOrNone, stoppable } from "../../lib/stopping";
import { expected, Outputs, requirePython, runPipeline } from "../sample-run";
import { diskUse } from "../sample-run/disk";
import { requestsOf } from "../sample-run/requests";
import { renderSummary, Summary, summaryChanges, writeSummary } from "../sample-run/summary";
import { tool, toolVersion } from "../../tools";
import { buildPlatformImages } from "./images";
import { EngineFlags, sandboxStack } from "./options";
import { stopSignal } from "../../lib/signals";
import { update } from "./stack";

export interface RunFlags extends EngineFlags {
    /** Run the DAG although nothing has changed. */
    again?: boolean;
}

/** `run`: from a bare machine to the sample's numbers. Whatever is there already is kept. */
export async function runCommand({ engine: choice, again = false }: RunFlags): Promise<void> {
    const began = new Date();
    const signal = stopSignal();
    follow(course());
    // Known now, and wanted at the very end.
    requirePython();
    const resources = await checkProgram(sandboxStack);
    await preflight(layout());

    const numbers = expected(signal);
    numbers.catch(() => undefined);
    const cluster = await stoppable(signal, async () => {
        const [, images] = await allOrNone([buildNode, buildPlatformImages]);
        return startCluster(images);
    }).catch((error: unknown) => {
        throw signal.aborted ? interrupted() : error;
    });
    if (signal.aborted) throw interrupted();

    const local = { kubeconfig: cluster.kubeconfig, dir: stateDir() };
    const engine = await openEngine({ engine: choice, stack: sandboxStack, local });
    const { counts, outputs } = await update(engine, sandboxStack, { signal, resources });

    const { namespaces = {}, endpoints = {}, secrets = {} } = outputs as Partial<Outputs>;
    const results = await runPipeline({
        ...{ kubeconfig: cluster.kubeconfig, outputs: { namespaces, endpoints, secrets } },
        ...{ expected: numbers, again, signal },
    });

    await keepTimings();

    const summary: Summary = {
        ...results,
        changes: summaryChanges(counts),
        seconds: { ...timings(), total: (Date.now() - began.getTime()) / 1000 },
        requests: await requested(cluster.kubeconfig, [...new Set(Object.values(namespaces))]),
        addresses: endpoints,
        disk: await diskUse(),
        versions: { engine: engine.name, ...(await versions()) },
        kubeconfig: cluster.kubeconfig,
        kubectl: await tool("kubectl"),
        secrets,
    };
    const file = await writeSummary(summary);
    process.stdout.write(`${renderSummary(summary)}\n\n${file} has the same for programs.\n`);
}

/** Sum of the requests of some namespaces' pods. */
export async function requested(kubeconfig: string, namespaces: string[]): Promise<Summary["requests"]> {
    const kube = new KubeClient(kubeconfig);
    const pods = await Promise.all(namespaces.map((namespace) => kube.list("v1", "Pod", { namespace })));
    kube.http.close();
    return requestsOf(pods.flat());
}

async function versions(): Promise<Record<string, string>> {
    const tools = ["kube-apiserver", "etcd", "containerd", "runc", "coredns", "helm"] as const;
    const built = await Promise.all(tools.map(async (name) => [name, await toolVersion(name)] as const));
    return { ...Object.fromEntries(built), kafka, minio, postgresql, etl, node: process.version };
}
