import assert from "node:assert/strict";

import { destroy, Target } from "../../../engine/builtin/builtin";
import { Change, shortType } from "../../../engine/builtin/change";
import { Identity, KubeObject } from "../../../kubernetes/client";
import { UserError } from "../../../lib/errors";
import { Bed, useBed } from "../../integration/bed";
import { everything, left } from "../../integration/world";

/** Changes, as `update Release store`. */
export function changed(changes: Change[]): string[] {
    return changes
        .filter(({ operation }) => operation !== "same")
        .map(({ operation, type, name }) => `${operation} ${shortType(type)} ${name}`)
        .sort();
}

/** The error that something ends with; it must be one for people. The first one, where there are several. */
export async function failure(work: Promise<unknown>): Promise<UserError> {
    const error: unknown = await work.then(
        () => assert.fail("it went well"),
        (reason: unknown) => reason,
    );
    const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    assert.ok(first instanceof UserError, String(first instanceof Error ? first.stack : first));
    return first;
}

/** An object as far as its name goes, to be made. */
export function bare({ apiVersion, kind, namespace, name }: Identity): KubeObject {
    return { apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) } };
}

/** Scene of a drill: a program of the drills, by its config's short keys. */
export interface Scene {
    bed: Bed;
    /** A stack of its own with the config; the same name means the same stack. */
    stack(config?: Record<string, string>, name?: string): Target;
}

/**
 * Prepares a drill's scene before its tests, and after each sees to it that what its stacks have made is gone.
 *
 * @param program one of `programs/`; its config's prefix is `drill`
 * @param clean takes away what the drill itself has made, and what a stack has kept. @default nothing
 */
export function scene(program: string, clean: (bed: Bed) => Promise<void> = () => Promise.resolve()): Scene {
    const stacks = new Map<string, Target>();
    let bed: Bed;
    let dir: string;
    let beforehand: Set<string>;
    before("the bed is there", async function () {
        this.timeout(180_000);
        bed = await useBed();
        beforehand = await everything(bed.kube);
    });
    beforeEach(async () => {
        dir = await bed.scratch();
    });
    afterEach("nothing is left", async () => {
        for (const target of stacks.values()) await destroy(target);
        stacks.clear();
        await clean(bed);
        assert.deepEqual(await left(bed.kube, beforehand), []);
    });
    return {
        get bed() {
            return bed;
        },
        stack(config = {}, name = "drill") {
            const target: Target = {
                ...{ stack: name, kubeconfig: bed.kubeconfig, dir },
                program: require.resolve(`../../integration/drills/programs/${program}`),
                config: Object.fromEntries(Object.entries(config).map(([key, value]) => [`drill:${key}`, value])),
            };
            stacks.set(name, target);
            return target;
        },
    };
}
