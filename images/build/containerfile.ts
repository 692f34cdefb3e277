/** The bases that a Containerfile begins with unless a build argument says otherwise, by the argument's name. */
export function basesIn(containerfile: string): { argument: string; ref: string }[] {
    const [before] = containerfile.split(/^\s*FROM\s/im);
    return [...before.matchAll(/^\s*ARG\s+(\w*BASE)=(\S+)\s*$/gim)].map(([, argument, ref]) => ({ argument, ref }));
}

/** Names of the build arguments with which a Containerfile lets its bases be replaced: those before the first FROM that end in BASE. */
export function baseArguments(containerfile: string): string[] {
    const found: string[] = [];
    for (const line of containerfile.split("\n")) {
        if (/^\s*FROM\s/i.test(line)) break;
        const name = /^\s*ARG\s+(\w*BASE)\s*(=|$)/i.exec(line)?.[1];
        if (name) found.push(name);
    }
    return found;
}

/** Tells whether a Containerfile compiles Go, and so takes part in the Go caches. */
export function compilesGo(containerfile: string): boolean {
    return /^\s*ARG\s+GO_BASE\b/m.test(containerfile);
}
