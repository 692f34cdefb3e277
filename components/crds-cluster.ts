import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../config/schema";
import { KubeClient, KubeError } from "../kubernetes/client";
import { connect } from "../kubernetes/connect";
import { applyDefinitions } from "../kubernetes/definitions/apply";
import { foreignManagers } from "../kubernetes/definitions/managed-fields";
import { clusterInForce } from "../kubernetes/in-force";
import { kubeconfigFiles } from "../kubernetes/kubeconfig-files";
import { Masker } from "../kubernetes/mask";
import type { Manifest } from "../kubernetes/objects";
import type { Watcher } from "../kubernetes/wait/watcher";
import { UserError } from "../lib/errors";
import { definitionApi, definitionKind } from "../program/definitions/definition";
import { definitionNotes } from "../program/definitions/notes";
import type { Digests } from "../program/definitions/parsed";

/** Milliseconds that the cluster has for its first answer to what a preview asks. */
const timeoutMs = 10_000;

/** Names that are told; the others are counted. */
const most = 3;

/**
 * The cluster, as CRDs see it: an engine's own connection where there is one, otherwise the one that Pulumi's provider has by the
 * same rules.
 */
export class CrdCluster {
    private readonly given = clusterInForce();
    /** As it is while the program is loaded: an engine of ours shows a program none. */
    private readonly files = kubeconfigFiles();

    constructor(private readonly kubernetes: PlatformConfig["kubernetes"]) {}

    /** Applies CRDs, and waits until their kinds are served. @throws Error of one text, which is all that the CLI's engine hands on */
    async apply(definitions: Manifest[]): Promise<void> {
        const given = clusterInForce() ?? this.given;
        if (given) return applyDefinitions(definitions, given);
        const kube = await connect({ context: this.kubernetes.context }).catch(inOneText);
        try {
            await applyDefinitions(definitions, standalone(kube)).catch(inOneText);
        } finally {
            kube.http.close();
        }
    }

    /**
     * A note of how often, and why the last time, CRDs had to be applied again that the stack had applied before: one was deleted, or
     * changed by somebody. The note that stands in the cluster, or the next one where something is amiss now; so a preview shows it as
     * a change, and it is none once that is mended. Nothing where the cluster can't be asked, or has never been.
     */
    async reapplied(record: { namespace: string; name: string }, wanted: Digests): Promise<string | undefined> {
        const kube = this.given?.kube ?? (await this.reached());
        if (!kube) return undefined;
        try {
            const signal = AbortSignal.timeout(timeoutMs);
            const live = await kube.get({ apiVersion: "v1", kind: "ConfigMap", ...record }, signal);
            if (!live) return undefined;
            const known = live.metadata.annotations?.[definitionNotes.reapplied];
            const had = (live.data ?? {}) as Digests;
            const same = Object.keys(wanted).filter((name) => had[name] === wanted[name]);
            if (same.length === 0) return known;
            const amiss = await amissOf(same, kube);
            if (amiss.length === 0) return known;
            const told = amiss.slice(0, most).join(", ");
            const more = amiss.length > most ? ` and ${amiss.length - most} more` : "";
            return `${Number.parseInt(known ?? "0", 10) + 1}: ${told}${more}`;
        } catch (error) {
            // The update itself says why.
            const late = (error as Error).name === "TimeoutError";
            if (late || error instanceof KubeError || error instanceof UserError) return undefined;
            throw error;
        }
    }

    /** The cluster that a kubeconfig names, if it answers. */
    private async reached(): Promise<KubeClient | undefined> {
        if (this.files.length === 0) return undefined;
        const { context } = this.kubernetes;
        const known = reached.get(context) ?? connect({ context, timeoutMs }).catch(() => undefined);
        reached.set(context, known);
        return known;
    }
}

/** Connections by context, and what is asked over each: all operators' CRDs of a program are asked for at once. */
const reached = new Map<string | undefined, Promise<KubeClient | undefined>>();
const asked = new WeakMap<KubeClient, ReturnType<KubeClient["listMetadata"]>>();

function metadataOfAll(kube: KubeClient): ReturnType<KubeClient["listMetadata"]> {
    const known = asked.get(kube) ?? kube.listMetadata(definitionApi, definitionKind, AbortSignal.timeout(timeoutMs));
    asked.set(kube, known);
    return known;
}

/** CRDs that aren't there as they were applied, and why. */
async function amissOf(names: string[], kube: KubeClient): Promise<string[]> {
    const all = await metadataOfAll(kube);
    const there = new Map(all.map((metadata) => [metadata.name, metadata]));
    return names.flatMap((name) => {
        const metadata = there.get(name);
        if (!metadata || metadata.deletionTimestamp) return [`${name} is missing`];
        const others = foreignManagers(metadata);
        return others.length > 0 ? [`${name} was changed by ${others.join(", ")}`] : [];
    });
}

/** Watcher of a cluster outside of our engines: the CLI shows how far it is, and its Ctrl-C ends the process. */
function standalone(kube: KubeClient): Watcher {
    return {
        kube,
        masker: new Masker(),
        signal: new AbortController().signal,
        progress: (which, text) => void pulumi.log.info(`${which}: ${text}`, undefined, undefined, true),
    };
}

function inOneText(error: unknown): never {
    throw error instanceof UserError ? new Error(error.render(), { cause: error }) : error;
}
