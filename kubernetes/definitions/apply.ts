import { UserError } from "../../lib/errors";
import { Limit } from "../../lib/limit";
import { identityOf, type KubeClient, KubeError } from "../client";
import type { Manifest } from "../objects";
import { untilGone, untilReady } from "../wait/ready";
import type { Watcher } from "../wait/watcher";
import { definitionsManager, takenOver } from "./managed-fields";
import { definitionRefusal } from "./refusal";

/** CRDs that are sent at once: some have a megabyte, and the server parses each. */
const atOnce = 4;

/** Milliseconds for which nothing may change while a CRD isn't served yet. */
const standstill = 120_000;

/** Attempts at an object that others change at the same time. */
const attempts = 5;

/**
 * Makes CRDs, or brings those that are there to what is wanted, whoever made them; ends when the server serves their kinds. What is
 * in them and isn't wanted goes, but for labels and annotations of others.
 *
 * @throws UserError with all that went wrong
 */
export async function applyDefinitions(definitions: Manifest[], watcher: Watcher): Promise<void> {
    const limit = new Limit(atOnce);
    let done = 0;
    const say = () => watcher.progress("CRDs", `${done} of ${definitions.length} are served`);
    say();
    const applied = definitions.map((each) =>
        limit.run(async () => {
            await applyDefinition(each, watcher);
            done++;
            say();
        }),
    );
    const failed = (await Promise.allSettled(applied)).flatMap((each, index) =>
        each.status === "rejected" ? [definitionRefusal(each.reason, definitions[index])] : [],
    );
    if (failed.length === 0) return;
    if (failed.length === 1) throw failed[0];
    const first = failed[0].details;
    throw new UserError(`${failed.length} of ${definitions.length} CRDs can't be applied`, {
        evidence: failed.flatMap(({ message, details: { evidence = [] } }) => [message, ...evidence]),
        ...(first.fix ? { fix: first.fix } : {}),
    });
}

async function applyDefinition(definition: Manifest, watcher: Watcher): Promise<void> {
    const { kube, signal } = watcher;
    const identity = identityOf(definition);
    const live = await kube.metadata(identity, signal);
    if (live?.deletionTimestamp) await untilGone(identity, watcher, standstill);
    else if (live) await takeOver(definition, watcher);
    const options = { force: true, manager: definitionsManager, signal };
    const made = await kube.apply(definition, options);
    await untilReady(made, watcher, { timeout: standstill });
}

/** Makes us the owner of all that is to be as we declare it: what others own, an apply would leave there. */
async function takeOver(definition: Manifest, { kube, signal }: Watcher): Promise<void> {
    for (let attempt = 1; ; attempt++) {
        const live = await kube.metadata(identityOf(definition), signal);
        const managedFields = live && takenOver(live);
        if (!managedFields) return;
        try {
            await own(kube, definition, { resourceVersion: live.resourceVersion, managedFields }, signal);
            return;
        } catch (error) {
            const meanwhile = error instanceof KubeError && error.reason === "Conflict";
            if (!meanwhile || attempt === attempts) throw error;
        }
    }
}

async function own(kube: KubeClient, definition: Manifest, metadata: object, signal: AbortSignal): Promise<void> {
    await kube.patch(identityOf(definition), { metadata }, { manager: definitionsManager, signal });
}
