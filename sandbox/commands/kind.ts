import { rm } from "node:fs/promises";

import { etl, kafka, postgresql } from "../../config/versions";
import { UserError } from "../../lib/errors";
import { keepTimings, timings } from "../../lib/progress";
import { stopSignal } from "../../lib/signals";
import { deleteCluster, provideCluster } from "../kind/cluster";
import { imagesOf, provideImages, unpublished } from "../kind/images";
import { at, names } from "../kind/layout";
import { requireKindTools } from "../kind/needs";
import { changesOf, outputsOf, provideStack, updateStack } from "../kind/stack";
import { expected, type Outputs, requirePython, runPipeline } from "../sample-run";
import { diskUse } from "../sample-run/disk";
import { requested } from "./run";
import { renderSummary, type Summary, summaryChanges, writeSummary } from "../sample-run/summary";

/** `kind`: a cluster in Docker, the platform in it by the real Pulumi CLI, and the sample run to its numbers. What is there is kept. */
export async function kindCommand({ again = false }: { again?: boolean }): Promise<void> {
    const began = Date.now();
    const signal = stopSignal();
    await requireKindTools();
    const place = at();
    const built = unpublished();
    await provideCluster(place);
    await provideImages(built);
    await provideStack(place, imagesOf(built));
    await updateStack(place);
    const outputs = (await outputsOf(place)) as Outputs;
    if (!hasPython()) {
        process.stdout.write(
            `the platform is up: KUBECONFIG=${place.kubeconfig}\nfor the sample and its numbers, which are compared with pandas: make deps, then make kind again\n`,
        );
        return;
    }
    const numbers = expected(signal);
    numbers.catch(() => undefined);
    const { kubeconfig } = place;
    const results = await runPipeline({ ...{ kubeconfig, outputs, expected: numbers }, again, signal });
    await keepTimings();
    const summary: Summary = {
        ...results,
        changes: summaryChanges(await changesOf(place)),
        seconds: { ...timings(), total: (Date.now() - began) / 1000 },
        requests: await requested(kubeconfig, [...new Set(Object.values(outputs.namespaces))]),
        addresses: outputs.endpoints,
        disk: await diskUse(),
        versions: { engine: "the Pulumi CLI", kafka, postgresql, etl, node: process.version },
        kubeconfig,
        kubectl: "kubectl",
        secrets: outputs.secrets,
    };
    const file = await writeSummary(summary);
    process.stdout.write(`${renderSummary(summary)}\n\n${file} has the same for programs.\n`);
}

/** `kind-down`: nothing left of it but built images. */
export async function kindDownCommand(): Promise<void> {
    await requireKindTools();
    const place = at();
    await deleteCluster(place);
    await rm(place.dir, { recursive: true, force: true });
    await rm(place.stackFile, { force: true });
    process.stdout.write(`the cluster ${names.cluster} is gone, with its volumes, its state and ${place.stackFile}\n`);
}

function hasPython(): boolean {
    try {
        requirePython();
        return true;
    } catch (error) {
        if (error instanceof UserError) return false;
        throw error;
    }
}
