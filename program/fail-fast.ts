/** Lets handlers through until one fails; then holds every later one for good and reports once the running ones have ended. */
export class FailFast {
    /** Rejects with the first reason when all that was under way has ended. */
    readonly failed: Promise<never>;
    private fail!: (reason: unknown) => void;
    private running = 0;
    private reason: { error: unknown } | undefined;

    constructor() {
        this.failed = new Promise((_resolve, reject) => (this.fail = reject));
        // It may never be waited for.
        this.failed.catch(() => undefined);
    }

    /** Runs one handler, unless one has failed before. */
    async run<T>(work: () => Promise<T>): Promise<T> {
        if (this.reason) return new Promise(() => undefined);
        this.running++;
        try {
            return await work();
        } catch (error) {
            this.reason ??= { error };
            return new Promise(() => undefined);
        } finally {
            this.running--;
            if (this.reason && this.running === 0) this.fail(this.reason.error);
        }
    }
}
