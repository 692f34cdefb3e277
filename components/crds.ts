import { readFileSync } from "node:fs";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../config/schema";
import type { Manifest } from "../kubernetes/objects";
import { kubernetesProvider } from "./cluster";
import { definitionsIn, isAddress, textOf, filesOf } from "./crd-sources";

export interface CrdsArgs {
    /** The config key that the sources come from, for messages. */
    key: string;
    /** Manifests: files of the project (`./a/b.yaml`, `./a/*.json`) and `https://` addresses. */
    sources: string[];
    /** The cluster, as in the stack's config. */
    kubernetes: PlatformConfig["kubernetes"];
}

/**
 * An operator's CRDs, owned apart from its chart: Helm never upgrades those of a chart, and an uninstall
 * that took them along would take every object of their kinds too.
 *
 * They stay when the stack is destroyed, and are taken over when they are there already, whoever made them.
 */
export class Crds extends pulumi.ComponentResource {
    /** CRDs to depend on before an operator or an object of these kinds. */
    readonly definitions: pulumi.Output<pulumi.Resource[]>;

    constructor(name: string, { key, sources, kubernetes }: CrdsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:cluster:Crds", name, {}, opts);
        const own = {
            parent: this,
            provider: kubernetesProvider(`${name}-adopting`, kubernetes, true),
            retainOnDelete: true,
        };
        const make = (text: string, source: string): pulumi.Resource[] =>
            definitionsIn(text, source, key).map(
                (each) => new k8s.apiextensions.v1.CustomResourceDefinition(each.metadata.name, inputs(each), own),
            );
        const made = sources.map((source) =>
            isAddress(source)
                ? pulumi.output(textOf(source, key)).apply((text) => make(text, source))
                : pulumi.output(filesOf(source, key).flatMap((file) => make(readFileSync(file, "utf8"), file))),
        );
        this.definitions = pulumi.all(made).apply((all) => all.flat() as pulumi.Resource[]);
        // The engine waits for outputs of a component; without this it could end before a download has.
        this.registerOutputs({ count: this.definitions.apply((all) => all.length) });
    }
}

/** The server drops an empty `properties` (Strimzi's Kafka has one), which would be a change at each update. */
export function withoutEmpty(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withoutEmpty);
    if (typeof value !== "object" || value === null) return value;
    const kept = Object.entries(value).filter(([key, inner]) => key !== "properties" || !isEmpty(inner));
    return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmpty(inner)]));
}

function isEmpty(value: unknown): boolean {
    return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** A CRD as it is applied: without what the server writes. */
function inputs({ apiVersion, kind, metadata, spec }: Manifest): k8s.apiextensions.v1.CustomResourceDefinitionArgs {
    const { name, labels, annotations } = metadata;
    return {
        apiVersion: apiVersion as "apiextensions.k8s.io/v1",
        kind: kind as "CustomResourceDefinition",
        spec: withoutEmpty(spec) as k8s.types.input.apiextensions.v1.CustomResourceDefinitionSpec,
        metadata: {
            name,
            ...(labels ? { labels } : {}),
            // An upgrade changes fields that belong to whoever made the CRD before.
            annotations: { ...annotations, "pulumi.com/patchForce": "true" },
        },
    };
}
