import type { PlatformConfig } from "../../config/schema";
import type { Engine, OperationOptions, Counts } from "../../engine/engine";
import { Addresses, addressesOf } from "./addresses";
import { requirePlane } from "./plane";
import { canonical, extended, lifetimeOf, tagNames } from "./tags";
import { writeStackFile } from "./template";

export interface CreateTarget {
    backend: Engine;
    stack: string;
    config: PlatformConfig;
    /** Template of the stack's file. */
    template: string;
    /** Milliseconds that it lives from now on at least. */
    lifetime: number;
    /** It goes when this is closed. @default it lives by its time alone */
    pullRequest?: number;
    now: Date;
}

export interface Created {
    stack: string;
    /** It was there before. */
    updated: boolean;
    expires: Date;
    pullRequest?: number;
    counts: Counts;
    addresses: Addresses;
}

/** Plan of an update: for a person to agree to. */
export interface CreatePlan {
    updated: boolean;
    expires: Date;
}

/**
 * Looks at what there is. Nothing is made when this fails.
 *
 * @throws UserError when the stack whose cluster add-ons is shared isn't up
 */
export async function planCreate({ backend, stack, config, lifetime, now }: CreateTarget): Promise<CreatePlan> {
    await requirePlane(backend, String(config.cluster.stack), stack);
    const there = await backend.find(stack);
    return { updated: there !== undefined, expires: extended(lifetimeOf(there?.tags ?? {}).expires, now, lifetime) };
}

/** Makes a stack or brings it up to date. When its update fails, it is there with its end written down, to be swept. */
export async function createStack(
    target: CreateTarget,
    { updated, expires }: CreatePlan,
    options: OperationOptions,
): Promise<Created> {
    const { backend, stack, config, template, pullRequest, now } = target;
    await writeStackFile(stack, template);
    await backend.create(stack);
    const { created } = lifetimeOf((await backend.find(stack))?.tags ?? {});
    // Before the update: if it is killed, a sweep knows what to do with what it has made.
    await backend.tag(stack, {
        [tagNames.created]: canonical(created ?? now),
        [tagNames.expires]: canonical(expires),
        ...(pullRequest === undefined ? {} : { [tagNames.pullRequest]: String(pullRequest) }),
    });
    const { counts, outputs } = await backend.up(stack, options);
    const { context } = config.kubernetes;
    const addresses = addressesOf(outputs, {
        context,
        console: config.objectStore.kind === "minio" && config.objectStore.console,
    });
    return { ...{ stack, updated, expires, pullRequest, counts }, addresses };
}
