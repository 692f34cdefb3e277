import * as pulumi from "@pulumi/pulumi";

import { ConfigError } from "../../config/errors";
import { PlatformConfig } from "../../config/schema";
import { provenNetwork } from "../api-server-check";
import { ClusterPlane, Issuer, PlaneOutput } from "../contracts";
import { Namespaces } from "../namespaces";
import { Network } from "../network";
import { placements } from "../placement";
import { operatorRefs } from "./operators";

/** The output of index.ts that has it. */
const planeOutputName = "clusterPlaneOutput";

export interface SharedClusterPlaneArgs {
    config: Pick<
        PlatformConfig,
        "cluster" | "certificates" | "eventStream" | "database" | "kubernetes" | "images" | "scheduling"
    >;
    /** Namespaces of this stack. */
    namespaces: Pick<Namespaces, "jobs">;
}

/** Cluster add-ons of another stack on the same cluster, by that stack's outputs. They must be there already. */
export class SharedClusterPlane extends pulumi.ComponentResource implements ClusterPlane {
    readonly issuer: Issuer;
    readonly operators: ClusterPlane["operators"] = operatorRefs();
    readonly namespaces: Record<string, string> = {};
    readonly network: Network;

    constructor(name: string, { config, namespaces }: SharedClusterPlaneArgs, opts: pulumi.ComponentResourceOptions) {
        super("data-platform:cluster:SharedClusterPlane", name, {}, opts);
        const stack = qualified(String(config.cluster.stack));
        const reference = new pulumi.StackReference(stack, {}, { parent: this });
        const plane = reference
            .getOutput(planeOutputName)
            .apply((found) => checked(found as PlaneOutput, stack, config));
        this.network = provenNetwork(
            {
                kubernetes: config.kubernetes,
                images: config.images,
                namespace: namespaces.jobs,
                placement: placements(config.scheduling).platform,
            },
            { parent: this },
        );
        const own = config.certificates.issuer;
        this.issuer = {
            // Even a name of one's own waits until the other stack's plane is known to be there.
            name: plane.apply(({ issuer }) => own ?? issuer),
            ready: [],
        };
        this.registerOutputs({ plane });
    }
}

/** The full name of a stack: of the same organization and project, where it has none. */
export function qualified(stack: string): string {
    return stack.includes("/") ? stack : [pulumi.getOrganization(), pulumi.getProject(), stack].join("/");
}

/** @throws ConfigError for a plane that isn't there, isn't to be shared, or lacks an operator that this stack needs. */
export function checked(
    plane: PlaneOutput | undefined,
    stack: string,
    { eventStream, database }: Pick<PlatformConfig, "eventStream" | "database">,
): PlaneOutput {
    const key = "cluster.stack";
    const fail = (message: string) => new ConfigError([{ key, message: `${stack} ${message}` }], pulumi.getStack());
    if (!plane) {
        throw fail(
            `has no output ${planeOutputName}: it was never brought up, or shares a plane itself; name the stack that makes the plane, and bring it up first`,
        );
    }
    if (!plane.shareable) {
        throw fail(
            "keeps its cluster plane to itself: its operators watch its own namespaces only; set cluster.shareable to true there and bring it up first",
        );
    }
    const missing = [
        eventStream.kind === "strimzi" && !plane.namespaces.strimzi ? "Strimzi, for eventStream.kind strimzi" : "",
        database.kind === "cloudnativepg" && !plane.namespaces.cloudNativePg
            ? "CloudNativePG, for database.kind cloudnativepg"
            : "",
    ].filter(Boolean);
    if (missing.length > 0) throw fail(`has no ${missing.join(" and no ")}; bring it up with a newer program first`);
    return plane;
}
