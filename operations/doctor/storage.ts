import { storageClassFacts, storageProblems } from "../../components/preflight";
import type { PlatformConfig } from "../../config/schema";
import type { KubeObject } from "../../kubernetes/client";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";

/** Findings of `components/preflight.ts` before an update, and what is good to know of the classes in use. */
export function storageFindings(stack: string, config: PlatformConfig, objects: KubeObject[]): Finding[] {
    const classes = storageClassFacts(objects);
    const problems = storageProblems(config, { storageClasses: classes });
    if (problems.length > 0) {
        return problems.map(({ key, message }) =>
            finding(
                "DP-STORAGE-001",
                "error",
                key,
                message,
                `pulumi config set --stack ${stack} --path 'data-platform:${key}' <class>   # kubectl get storageclass`,
            ),
        );
    }
    const { objectStore, eventStream, database } = config;
    const wanted = [
        ...(objectStore.kind === "external" ? [] : [objectStore]),
        eventStream,
        ...(database.kind === "external" ? [] : [database]),
    ];
    const usual = classes.find(({ isDefault }) => isDefault)?.name;
    const used = [...new Set(wanted.flatMap(({ storageClass }) => storageClass ?? usual ?? []))];
    return [
        passed("DP-STORAGE-001", "storage classes", `${used.join(", ")} can be had`),
        ...objects.filter(({ metadata }) => used.includes(metadata.name)).flatMap(knowledge),
    ];
}

function knowledge({ metadata, ...rest }: KubeObject): Finding[] {
    const { allowVolumeExpansion, volumeBindingMode } = rest;
    const said = [
        ...(allowVolumeExpansion === true ? [] : ["its volumes can't grow (allowVolumeExpansion)"]),
        ...(volumeBindingMode === "WaitForFirstConsumer"
            ? []
            : ["its volumes are made before it is known where their pod runs (volumeBindingMode Immediate)"]),
    ];
    return said.length > 0
        ? [finding("DP-STORAGE-002", "info", `StorageClass ${metadata.name}`, said.join("; "))]
        : [
              passed(
                  "DP-STORAGE-002",
                  `StorageClass ${metadata.name}`,
                  "its volumes can grow, and are made where their pod runs",
              ),
          ];
}

export const storageChecks = (stack: string): Check[] => [
    {
        what: "storage classes",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) =>
            storageFindings(stack, config, await cluster.list("storage.k8s.io/v1", "StorageClass")),
    },
];
