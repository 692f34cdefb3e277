/**
 * Lets several runs of mocha write into one output: lines are held back until the suite that they are of is whole, so that those of
 * different runs don't mix.
 */
export class Blocks {
    private held: string[] = [];
    private rest = "";

    constructor(private readonly write: (text: string) => void) {}

    /** The last line so far, to show that something moves. */
    get latest(): string {
        return (
            this.held
                .filter((line) => line.trim())
                .at(-1)
                ?.trim() ?? ""
        );
    }

    add(text: string): void {
        const lines = (this.rest + text).split("\n");
        this.rest = lines.pop() ?? "";
        for (const line of lines) {
            if (beginsBlock(line)) this.flush();
            this.held.push(line);
        }
    }

    end(): void {
        if (this.rest) this.held.push(this.rest);
        this.rest = "";
        this.flush();
    }

    private flush(): void {
        if (this.held.some((line) => line.trim())) this.write(`${this.held.join("\n").trimEnd()}\n\n`);
        this.held = [];
    }
}

/** The title of a suite at the top, or mocha's count after the last one. */
function beginsBlock(line: string): boolean {
    return /^ {2}(?! )/.test(line) && !/^ {2}(✔|\d+\) |- |\d+ (failing|pending))/.test(line);
}
