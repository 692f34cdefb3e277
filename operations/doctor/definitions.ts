import { checked } from "../../components/cluster-plane/shared";
import type { PlaneOutput } from "../../components/contracts";
import type { Problem } from "../../config/errors";
import type { PlatformConfig } from "../../config/schema";
import { installedOperators } from "../../config/operators";
import { definitionsManager, foreignManagers, managedFields } from "../../kubernetes/definitions/managed-fields";
import { at, groupOf, listAt, type Manifest, mapAt } from "../../kubernetes/objects";
import { definitionApi, definitionKind } from "../../program/definitions/definition";
import { definitionNotes } from "../../program/definitions/notes";
import { stackOfReference } from "../../program/references";
import type { KubeObject } from "../../kubernetes/client";
import type { StackState } from "../../engine/engine";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { named, texts } from "./objects";

/** Groups of kinds that each operator brings, for where its CRDs can't be read from here. */
export const groupsOf: Record<keyof PlatformConfig["crds"], string[]> = {
    certManager: ["cert-manager.io", "acme.cert-manager.io"],
    sparkOperator: ["sparkoperator.k8s.io"],
    strimzi: ["kafka.strimzi.io", "core.strimzi.io"],
    cloudNativePg: ["postgresql.cnpg.io"],
    keda: ["keda.sh", "eventing.keda.sh"],
};

/** A kind in one version, and what needs it. */
export interface Needed {
    apiVersion: string;
    kind: string;
    objects: string[];
}

/** The kinds that a stack's objects are of. */
export function neededKinds(manifests: Manifest[]): Needed[] {
    const needed = new Map<string, Needed>();
    for (const { apiVersion, kind, metadata } of manifests) {
        const key = `${apiVersion} ${kind}`;
        const name = metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
        const known = needed.get(key) ?? { apiVersion, kind, objects: [] };
        needed.set(key, { ...known, objects: [...known.objects, name] });
    }
    return [...needed.values()];
}

/** Tells whether the stack itself brings a kind, by the CRDs that it makes or the operators that it installs. */
export function brings(
    { apiVersion, kind }: Pick<Needed, "apiVersion" | "kind">,
    manifests: Manifest[],
    config: PlatformConfig,
): boolean {
    const [groupName, version] = apiVersion.split("/");
    const ofGroup = manifests.filter((each) => each.kind === definitionKind && mapAt(each.spec).group === groupName);
    const own = ofGroup.find(({ spec }) => mapAt(spec, "names").kind === kind);
    if (own) return listAt(own.spec, "versions").some(({ name, served }) => name === version && served !== false);
    return (
        ofGroup.length === 0 && installedOperators(config).some((operator) => groupsOf[operator].includes(groupName))
    );
}

/** @param unknown those that neither the cluster knows nor the stack brings */
export function kindFindings(needed: Needed[], unknown: Needed[], config: PlatformConfig): Finding[] {
    if (unknown.length === 0) {
        return [passed("DP-CRD-001", "kinds", `all ${needed.length} that the stack needs are known, or come with it`)];
    }
    const { mode, stack: plane } = config.cluster;
    return unknown.map(({ apiVersion, kind, objects }) => {
        const message = `the cluster doesn't serve it, and the stack doesn't bring it; it is needed by ${named(objects, 3)}`;
        const fix =
            mode === "shared"
                ? `pulumi up --stack ${plane}   # the stack that has the cluster plane`
                : `kubectl api-resources --api-group ${groupOf({ apiVersion }) || "''"}`;
        return finding("DP-CRD-001", "error", `${apiVersion} ${kind}`, message, fix);
    });
}

/** Other owner of a CRD; undefined where it is ours, or nobody's. */
export function foreignOwner({ metadata }: KubeObject, state?: StackState): string | undefined {
    if (state?.resources.some(({ object }) => object?.kind === definitionKind && object.name === metadata.name)) {
        return undefined;
    }
    // Applied by this stack, or by an earlier one that has kept it; a note of Helm's from before says nothing any more.
    const ours = managedFields(metadata).some(({ manager }) => manager === definitionsManager);
    if (ours && foreignManagers(metadata).length === 0) return undefined;
    const { labels = {}, annotations = {} } = metadata;
    const release = annotations["meta.helm.sh/release-name"];
    if (release) return `the Helm release ${annotations["meta.helm.sh/release-namespace"]}/${release}`;
    const managers = managedFields(metadata)
        .filter(({ subresource }) => subresource === undefined || subresource === "")
        .map(({ manager }) => manager);
    // What an earlier stack has kept on purpose is taken over.
    if (managers.length === 0 || managers.some((manager) => /pulumi|data-platform/.test(manager))) return undefined;
    const by = labels["app.kubernetes.io/managed-by"];
    return by && !managers.includes(by) ? `${by} (${named(managers)})` : named(managers);
}

/** @param there CRDs of the cluster that the stack would make, too */
export function definitionFindings(stack: string, own: Manifest[], there: KubeObject[], state?: StackState): Finding[] {
    const findings = there.flatMap((object): Finding[] => {
        const { name } = object.metadata;
        const subject = `${definitionKind} ${name}`;
        const next = own.find(({ metadata }) => metadata.name === name);
        const versions = listAt(next?.spec, "versions").map((version) => String(version.name));
        const dropped = texts(mapAt(object.status).storedVersions).filter((version) => !versions.includes(version));
        const owner = foreignOwner(object, state);
        return [
            ...(versions.length > 0 && dropped.length > 0
                ? [
                      finding(
                          "DP-CRD-002",
                          "error",
                          subject,
                          `has objects stored as ${dropped.join(", ")}, which the stack's definition drops (it has ${versions.join(", ")}); the server refuses that`,
                          `kubectl get crd ${name} -o jsonpath='{.status.storedVersions}'   # migrate them, then take the version out of there`,
                      ),
                  ]
                : []),
            ...(owner
                ? [
                      finding(
                          "DP-CRD-003",
                          "warning",
                          subject,
                          `belongs to ${owner}; an update takes it over, and its operator stands beside the stack's`,
                          `kubectl get crd ${name} --show-managed-fields -o yaml   # or: pulumi config set --stack ${stack} --path 'data-platform:cluster.mode' shared`,
                      ),
                  ]
                : []),
        ];
    });
    if (findings.length > 0) return findings;
    return own.length > 0
        ? [
              passed(
                  "DP-CRD-003",
                  "definitions",
                  `${own.length} come with the stack; of the ${there.length} that are there none is in the way`,
              ),
          ]
        : [];
}

/** ConfigMaps of a stack that stand for CRDs which it has applied. */
export function recordsOf(manifests: Manifest[]): Manifest[] {
    return manifests.filter(
        ({ kind, metadata }) => kind === "ConfigMap" && metadata.annotations?.[definitionNotes.sources] !== undefined,
    );
}

/**
 * Findings on CRDs that the stack has applied and that aren't so any more.
 *
 * @param applied each by its name, as it is in the cluster
 */
export function appliedFindings(stack: string, applied: Map<string, KubeObject | undefined>): Finding[] {
    const amiss = [...applied].flatMap(([name, there]) => {
        if (!there || there.metadata.deletionTimestamp)
            return [{ name, said: "is missing, with every object of its kind" }];
        const others = foreignManagers(there.metadata);
        return others.length > 0 ? [{ name, said: `was changed by ${named(others)}` }] : [];
    });
    return amiss.map(({ name, said }) =>
        finding(
            "DP-CRD-005",
            "warning",
            `${definitionKind} ${name}`,
            `${said} since the stack applied it; the next update applies it again`,
            `pulumi up --stack ${stack}`,
        ),
    );
}

/** Findings on the stack whose cluster add-ons are shared. */
export function planeFindings(
    config: PlatformConfig,
    plane: string,
    outputs: Record<string, unknown> | undefined,
): Finding[] {
    const subject = `the stack ${plane}`;
    const fix = `pulumi config set --stack ${plane} --path 'data-platform:cluster.shareable' true && pulumi up --stack ${plane}`;
    try {
        checked(outputs?.clusterPlaneOutput as PlaneOutput | undefined, plane, config);
    } catch (error) {
        const { problems = [] } = error as { problems?: Problem[] };
        const said = problems.map(({ message }) => message.replace(`${plane} `, "")).join("; ");
        if (problems.length === 0) throw error;
        return [finding("DP-CRD-004", "error", subject, said, fix)];
    }
    return [passed("DP-CRD-004", subject, "has a cluster plane to share")];
}

export const crdChecks = (stack: string): Check[] => [
    {
        what: "kinds and their versions",
        needs: ["cluster", "declared", "config"],
        run: async ({ cluster, declared: { manifests }, config }) => {
            const needed = neededKinds(manifests);
            const unknown = await Promise.all(
                needed.map(async (each) => {
                    if (brings(each, manifests, config)) return [];
                    return (await cluster.kind(each.apiVersion, each.kind)) ? [] : [each];
                }),
            );
            return kindFindings(needed, unknown.flat(), config);
        },
    },
    {
        what: "definitions that are there already",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared: { manifests }, state }) => {
            const own = manifests.filter(({ kind }) => kind === definitionKind);
            const there = await Promise.all(
                own.map(({ apiVersion, kind, metadata }) => cluster.get({ apiVersion, kind, name: metadata.name })),
            );
            return definitionFindings(
                stack,
                own,
                there.filter((each) => each !== undefined),
                state,
            );
        },
    },
    {
        what: "definitions as they were applied",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared: { manifests } }) => {
            const records = await Promise.all(
                recordsOf(manifests).map(({ metadata: { name, namespace } }) =>
                    cluster.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name }),
                ),
            );
            const names = records.flatMap((record) => Object.keys(mapAt(at(record, "data"))));
            const there = await Promise.all(
                names.map((name) => cluster.get({ apiVersion: definitionApi, kind: definitionKind, name })),
            );
            return appliedFindings(stack, new Map(names.map((name, index) => [name, there[index]])));
        },
    },
    {
        what: "the shared cluster plane",
        needs: ["backend", "config"],
        run: async ({ backend, config }) => {
            if (config.cluster.mode !== "shared" || !config.cluster.stack) return [];
            const plane = stackOfReference(config.cluster.stack);
            const outputs = (await backend.find(plane)) ? await backend.outputs(plane) : undefined;
            return planeFindings(config, plane, outputs);
        },
    },
];
