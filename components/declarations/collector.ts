import { DeclarationError, DeclarationProblem } from "./error";

// The problems of one evaluation of the program. A program declares all that it has in one go, before anything is registered: every
// provider waits for `declared`. So a problem isn't thrown where it is found, but told with all others when the program has come to its end.

let found: DeclarationProblem[] = [];
let refused = false;

/** Notes the problems of a declaration. The program ends with all of them as an unhandled rejection, which the engine prints once. */
export function refuse(problems: DeclarationProblem[]): void {
    if (problems.length === 0) return;
    if (found.length === 0) {
        queueMicrotask(() => {
            lookAtWhole();
            const all = found;
            found = [];
            void Promise.reject(new DeclarationError(all));
        });
    }
    found.push(...problems);
    refused = true;
}

/** Tells whether a declaration has been refused: then nothing of the program is made any more. */
export function isRefused(): boolean {
    return refused;
}

/** Settled when the program has declared what it has, and all of it can be; never where something can't: the program ends then. */
export function declared(): Promise<void> {
    return new Promise((resolve) => {
        queueMicrotask(() => {
            lookAtWhole();
            if (!refused) resolve();
        });
    });
}

let looks: (() => void)[] = [];

/** Has a look taken at all declarations together when they are there; it may refuse them. */
export function whenWhole(look: () => void): void {
    looks.push(look);
}

function lookAtWhole(): void {
    const all = looks;
    looks = [];
    for (const look of all) look();
}

const claims = new Map<string, string>();

/** Takes names of objects for the platform, so that no declaration after it makes another object of such a name. */
export function reserve(names: string[]): void {
    claim("the platform", names);
}

/** Takes names of objects for a declaration. Returns those that another one has, and which that is. */
export function claim(declaration: string, names: string[]): { name: string; owner: string }[] {
    const taken = names.flatMap((name) => {
        const owner = claims.get(name);
        return owner === undefined ? [] : [{ name, owner }];
    });
    if (taken.length === 0) for (const name of names) claims.set(name, declaration);
    return taken;
}
