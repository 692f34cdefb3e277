import { reach, type Reached } from "../../kubernetes/connect";
import { contextIn, contextOf } from "../../program/stack-config";

/** The clusters that stacks are on, each connected to once. */
export class Clusters {
    private readonly known = new Map<string, Promise<Reached>>();

    /** The cluster of a stack, by the context in its stack file. */
    of(stack: string): Promise<Reached> {
        return this.in(contextOf(stack));
    }

    /** The cluster of the stacks that are made from a template. */
    at(template: string): Promise<Reached> {
        return this.in(contextIn(template));
    }

    private in(context: string | undefined): Promise<Reached> {
        const key = context ?? "";
        let reached = this.known.get(key);
        if (!reached) this.known.set(key, (reached = reach({ context })));
        return reached;
    }

    /** Lets go of the connections, so that the process can end. */
    async close(): Promise<void> {
        for (const reached of this.known.values()) (await reached).kube?.http.close();
    }
}

/** Works with clusters, and lets go of them. */
export async function withClusters<T>(work: (clusters: Clusters) => Promise<T>): Promise<T> {
    const clusters = new Clusters();
    try {
        return await work(clusters);
    } finally {
        await clusters.close();
    }
}
