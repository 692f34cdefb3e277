import type { StackInfo, StackLock } from "../../engine/engine";
import { lifetimeOf } from "./tags";
import { lasting } from "./ttl";

/** Decision of a sweep about one stack, and why. */
export type Decision =
    | { action: "destroy"; why: string }
    | { action: "leave"; why: string }
    /** It is given until then, to be swept after that. */
    | { action: "mark"; until: Date; why: string };

export interface Circumstances {
    now: Date;
    /** Milliseconds that a stack has whose end isn't written down, and one that is too new for a list of pull requests. */
    grace: number;
    /** Numbers of the pull requests that are open. Undefined: nobody has asked. */
    openPullRequests?: readonly number[];
}

/** Hours after which an update that is still going on counts as dead. */
const longestUpdate = 2;

/** Decides about a stack, by its tags alone. */
export function decide({ tags }: Pick<StackInfo, "tags">, { now, grace, openPullRequests }: Circumstances): Decision {
    const { expires, created, pullRequest, keep } = lifetimeOf(tags);
    if (keep) return { action: "leave", why: "kept" };
    const isClosed =
        pullRequest !== undefined && openPullRequests !== undefined && !openPullRequests.includes(pullRequest);
    // A stack may be newer than the list of pull requests that was made before this began.
    const isNew = created !== undefined && now.getTime() - created.getTime() < grace;
    if (isClosed && !isNew) return { action: "destroy", why: `pull request ${pullRequest} is not open` };
    if (!expires) {
        const until = new Date(now.getTime() + grace);
        return { action: "mark", until, why: `nothing says when its time is over; it has ${lasting(grace)} from now` };
    }
    const rest = expires.getTime() - now.getTime();
    return rest > 0
        ? { action: "leave", why: `${lasting(rest)} to go` }
        : { action: "destroy", why: `its time is over since ${lasting(-rest)}` };
}

/** Tells whether somebody works on the stack, or died while at it. */
export function workOn(locks: StackLock[], now: Date): { by: string; dead: boolean } | undefined {
    const [oldest] = [...locks].sort((one, other) => one.since.getTime() - other.since.getTime());
    if (!oldest) return undefined;
    const age = now.getTime() - oldest.since.getTime();
    return { by: `${oldest.by} since ${lasting(age)}`, dead: age > longestUpdate * 3_600_000 };
}
