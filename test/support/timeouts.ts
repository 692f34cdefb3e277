// A test's limit is for a test that hangs. On a busy machine all of them take longer, by as much as it is busy.
import { availableParallelism, loadavg } from "node:os";

import Mocha from "mocha";

/** Factor by which work may take longer than on a machine that has nothing else to do; never less than one. */
export function patienceFactor(load = loadavg()[0], cores = availableParallelism()): number {
    return Math.max(1, load / cores);
}

type Timeout = (this: Mocha.Runnable, ms?: string | number) => unknown;
const prototype = Mocha.Runnable.prototype as unknown as { timeout: Timeout };
const original = prototype.timeout;

/** Asked for, when the clock of a test or a hook is started; what a test sets stays what it has set. */
prototype.timeout = function (ms) {
    if (ms !== undefined) return original.call(this, ms);
    return Math.ceil(Number(original.call(this)) * patienceFactor());
};
