import { Manifest } from "../../../kubernetes/objects";
import { ResourceRequest } from "../../../program/program";
import { UserError } from "../../../lib/errors";
import { ObjectChange } from "../../../kubernetes/diff";
import { Context, entryOf, Made, ResourceHandler } from "../context";
import { compare, isHook, isSame, objectsOf } from "../../../helm/release/compare";
import { Helm } from "../../../helm/release/helm";
import { Capabilities, ReleaseInputs, releaseInputs } from "../../../helm/release/inputs";
import { Revision, revisions } from "../../../helm/release/storage";
import { KubeClient, KubeError, KubeObject } from "../../../kubernetes/client";
import { ResourceState } from "../state";
import { untilReady } from "../../../kubernetes/wait/ready";
import { uninstall, upgrade } from "./upgrade";

/** Kinds that run the pods of a release. */
const workloadKinds = ["Deployment", "StatefulSet", "DaemonSet"];

/** Helm Releases: rendered to find out whether anything differs, upgraded only if so. */
export const release: ResourceHandler = {
    async apply(request: ResourceRequest, context: Context): Promise<Made> {
        const inputs = releaseInputs(request);
        const entry = context.state.get(request.urn);
        const made = await reconcile(request, inputs, entry, context);
        return {
            ...made,
            objects: made.objects?.map((object) => ({
                ...object,
                fields: context.masker.fields(object.object.split(" ")[0], object.fields),
            })),
            notes: made.notes?.map((note) => context.masker.text(note)),
        };
    },

    async delete({ release: known }: ResourceState, context: Context): Promise<void> {
        const { kube, signal } = context;
        if (known) await uninstall(new Helm(kube.kubeconfig, signal, kube.context), known, context);
    },
};

/** Name of a Release in messages and among what the program declares. */
export function releaseName({ name, namespace }: { name: string; namespace: string }): string {
    return `Release ${namespace}/${name}`;
}

async function reconcile(
    request: ResourceRequest,
    inputs: ReleaseInputs,
    entry: ResourceState | undefined,
    context: Context,
): Promise<Made> {
    const { kube, preview, state, signal } = context;
    const { name, namespace } = inputs;
    context.declared.add(releaseName({ name, namespace }));
    const helm = new Helm(kube.kubeconfig, signal, kube.context);
    const moved = entry?.release && (entry.release.name !== name || entry.release.namespace !== namespace);
    if (moved && request.protect) throw protectedFromMove(request, entry);
    // Both at once would claim the same names, so the old one goes first, whatever the program's options say.
    if (moved && !preview) await release.delete(entry, context);

    const { base, notes, debris } = upgradeBase(await revisions(kube, name, namespace), inputs);
    const ours = entry?.release ?? state.releaseOwner(name, namespace) ?? context.adopt;
    if ((base || debris.length > 0) && !ours) throw notOurs(request, inputs);
    const next: ResourceState = { ...entryOf(request), release: { name, namespace } };
    if (!preview) {
        if (!entry?.release || moved) await state.put({ ...next, pending: true });
        // What a killed Helm has begun stays in the way of the next one until its record is gone; its objects are taken over.
        for (const { stored } of debris) await kube.delete(stored, "Background");
        if (base?.status === "uninstalling") await uninstall(helm, { name, namespace }, context);
    }

    const rendered = await helm.template(inputs, base !== undefined, await capabilities(kube));
    const deployed = base && base.status !== "uninstalling" ? objectsOf(base) : [];
    const objects = compare(deployed, rendered);
    const live = await liveObjects(deployed, namespace, context);
    for (const lost of live.missing) {
        const change = objects.find(({ object }) => object.endsWith(lost));
        if (change) change.operation = "create";
        notes.push(`${lost} is gone from the cluster`);
    }
    const same = base?.status === "deployed" && live.missing.length === 0 && isSame(base, inputs, objects);
    const operation = moved ? "replace" : !base ? "create" : same ? "same" : "update";
    if (preview) {
        notes.push(...(same ? [] : await serverRefusals(rendered, objects, namespace, context)));
        return { operation, objects, notes, result: resultOf(request, base) };
    }
    if (same) {
        // Nothing to do, but what comes next counts on it: after a restart of the node its pods may still be on their way.
        const workloads = inputs.skipAwait ? [] : live.found.filter(({ kind }) => workloadKinds.includes(kind));
        await Promise.all(
            workloads.map((workload) => untilReady(workload, context, { timeout: inputs.timeout * 1000 })),
        );
    } else {
        await state.put({ ...next, unready: true });
        await upgrade(helm, inputs, context);
    }
    await state.put(next);
    const [now] = same ? [base] : await revisions(kube, name, namespace);
    return { operation, objects, notes, result: resultOf(request, now) };
}

/** Revision that the next upgrade starts from, and those that earlier ones left half done. */
function upgradeBase(
    all: Revision[],
    { name }: ReleaseInputs,
): { base?: Revision; debris: Revision[]; notes: string[] } {
    const debris = all.filter(({ status }) => status.startsWith("pending-"));
    const base = all.find(({ status }) => !status.startsWith("pending-") && status !== "uninstalled");
    const notes = debris.map(
        ({ revision, status }) => `revision ${revision} of ${name} was interrupted (${status}) and is made again`,
    );
    if (base?.status === "failed") notes.push(`the last upgrade of ${name} failed`);
    return { base, debris, notes };
}

async function capabilities(kube: KubeClient): Promise<Capabilities> {
    const [version, kinds] = await Promise.all([kube.version(), kube.everyKind()]);
    const apis = kinds.flatMap(({ apiVersion, kind }) => [apiVersion, `${apiVersion}/${kind.kind}`]);
    return { version, apis: [...new Set(apis)] };
}

/** The objects of a release that are there, and the names of those that aren't. */
async function liveObjects(
    deployed: Manifest[],
    namespace: string,
    { kube, signal }: Context,
): Promise<{ found: KubeObject[]; missing: string[] }> {
    const wanted = deployed.filter((manifest) => !isHook(manifest));
    const found = await Promise.all(
        wanted.map(({ apiVersion, kind, metadata }) =>
            kube.get({ apiVersion, kind, namespace: metadata.namespace ?? namespace, name: metadata.name }, signal),
        ),
    );
    return {
        found: found.filter((object) => object !== undefined),
        missing: wanted.filter((_, index) => !found[index]).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    };
}

/** Reasons for which the server would refuse the objects that change. Rendering alone doesn't tell, and an upgrade stops half-way. */
async function serverRefusals(
    rendered: Manifest[],
    objects: ObjectChange[],
    namespace: string,
    { kube }: Context,
): Promise<string[]> {
    const changing = rendered.filter(
        (manifest) =>
            !isHook(manifest) &&
            objects.some(
                ({ object, operation }) =>
                    operation !== "same" &&
                    object.startsWith(`${manifest.kind} `) &&
                    object.endsWith(manifest.metadata.name),
            ),
    );
    const answers = await Promise.all(
        changing.map(async (manifest) => {
            const { namespaced } = await kube
                .kind(manifest.apiVersion, manifest.kind)
                .catch(() => ({ namespaced: false }));
            const metadata = {
                ...manifest.metadata,
                ...(namespaced ? { namespace: manifest.metadata.namespace ?? namespace } : {}),
            };
            try {
                await kube.apply({ ...manifest, metadata }, { dryRun: true, force: true });
                return [];
            } catch (error) {
                // A namespace that the same update makes.
                if (!(error instanceof KubeError) || error.status === 404) return [];
                return [`the cluster would refuse ${manifest.kind} ${manifest.metadata.name}: ${error.message}`];
            }
        }),
    );
    return answers.flat();
}

function protectedFromMove({ urn }: ResourceRequest, { release: known, name }: ResourceState): UserError {
    return new UserError(`${known ? releaseName(known) : name} would have to be replaced, but it is protected`, {
        where: urn,
        fix: "take the change back, or set `protect: false` in the stack file and run the same command again",
    });
}

function notOurs({ urn }: ResourceRequest, { name, namespace }: ReleaseInputs): UserError {
    return new UserError(`a Helm release ${namespace}/${name} exists already and was not made by this stack`, {
        where: urn,
        fix: `uninstall it (helm uninstall ${name} -n ${namespace}) or give ours another name; to take it over as it is: --adopt`,
    });
}

function resultOf({ inputs }: ResourceRequest, revision: Revision | undefined): Made["result"] {
    const { name, namespace } = inputs as { name: string; namespace: string };
    const names: Record<string, string[]> = {};
    for (const { apiVersion, kind, metadata } of revision ? objectsOf(revision) : []) {
        const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
        (names[`${kind}${group}/${apiVersion}`] ??= []).push(metadata.name);
    }
    const status = revision && {
        ...{ name, namespace, status: revision.status, revision: revision.revision },
        ...{ chart: revision.chart.name, version: revision.chart.version, appVersion: revision.chart.appVersion },
    };
    return { id: `${namespace}/${name}`, outputs: { ...inputs, resourceNames: names, status: status ?? {} } };
}
