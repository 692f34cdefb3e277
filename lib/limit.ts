/** Runs a bounded number of jobs at once; the others wait their turn. */
export class Limit {
    private readonly waiting: (() => void)[] = [];
    private free: number;

    constructor(most: number) {
        this.free = Math.max(1, most);
    }

    async run<T>(work: () => Promise<T>): Promise<T> {
        if (this.free > 0) this.free--;
        else await new Promise<void>((resolve) => this.waiting.push(resolve));
        try {
            return await work();
        } finally {
            const next = this.waiting.shift();
            if (next) next();
            else this.free++;
        }
    }
}
