import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../config/schema";
import { definitionNotes } from "../program/definitions/notes";
import { crdsOf } from "./crd-sources";
import { CrdCluster } from "./crds-cluster";
import { labels } from "./labels";

type Digested = pulumi.Output<Record<string, string>>;

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
 * They stay when the stack is destroyed, and are taken over when they are there already, whoever made them. The stack's state holds
 * a digest of each, in a ConfigMap; when one changes, a hook of that ConfigMap applies the CRDs: docs/adr/0006-crds-by-hook.md.
 */
export class Crds extends pulumi.ComponentResource {
    private record?: pulumi.Resource;

    constructor(
        private readonly crdsName: string,
        private readonly args: CrdsArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("data-platform:cluster:Crds", crdsName, {}, opts);
        this.registerOutputs({});
    }

    /**
     * The resource to depend on before an operator or an object of these kinds.
     *
     * @param namespace where the record of what was applied is kept; it has to be there
     */
    applied(namespace: pulumi.Input<string>): pulumi.Resource {
        this.record ??= this.recordIn(namespace);
        return this.record;
    }

    private recordIn(namespace: pulumi.Input<string>): pulumi.Resource {
        const { key, sources, kubernetes } = this.args;
        const found = crdsOf(sources, key);
        // A failure is told to those who ask; the hook may never be asked.
        found.catch(() => undefined);
        const cluster = new CrdCluster(kubernetes);
        const apply = async () => cluster.apply(await (await found).whole());
        const hooks = hooksBefore(this.crdsName, apply);
        const digests = found.then((definitions) => definitions.digests);
        const reapplied = pulumi.output(namespace).apply(async (there) => {
            // Without a hook there is nobody who would apply them.
            return hooks && cluster.reapplied({ namespace: there, name: this.crdsName }, await digests);
        });
        return new k8s.core.v1.ConfigMap(
            this.crdsName,
            {
                metadata: {
                    name: this.crdsName,
                    namespace,
                    labels: labels({ name: this.crdsName, component: "operators" }),
                    annotations: reapplied.apply((again) => ({
                        [definitionNotes.sources]: JSON.stringify(sources),
                        ...(again ? { [definitionNotes.reapplied]: again } : {}),
                    })),
                },
                // The server drops an empty group, which would be a change at each update.
                data: pulumi
                    .output(digests)
                    .apply((all) => (Object.keys(all).length > 0 ? all : undefined)) as Digested,
            },
            { parent: this, ...(hooks ? { hooks } : {}) },
        );
    }
}

/** Hooks that do something before a resource is created or changed. Plain mocks of Pulumi's know none. */
function hooksBefore(name: string, work: () => Promise<void>): pulumi.ResourceHookBinding | undefined {
    const { registerResourceHook } = pulumi.runtime.getMonitor() as unknown as { registerResourceHook?: unknown };
    if (typeof registerResourceHook !== "function") return undefined;
    const hook = new pulumi.ResourceHook(name, work);
    return { beforeCreate: [hook], beforeUpdate: [hook] };
}
