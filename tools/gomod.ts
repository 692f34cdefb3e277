import { UserError } from "../lib/errors";

/** The version that a go.mod requires of a module, e.g. `v1.36.3`. */
export function requiredVersion(gomod: string, module: string): string {
    const found = new RegExp(`^(?:require\\s+|\\s+)${escape(module)}\\s+(v\\S+)`, "m").exec(gomod);
    if (!found?.[1]) throw new Error(`go.mod requires no ${module}`);
    return found[1];
}

/** The lowest Go that a go.mod builds with, e.g. `1.26.6`. */
export function goDirective(gomod: string): string {
    const found = /^go\s+(\d+(?:\.\d+)+)/m.exec(gomod);
    if (!found?.[1]) throw new Error("go.mod has no go line");
    return found[1];
}

/** Fills `{version}` (v1.2.3), `{semver}` (1.2.3), `{major}` and `{minor}`, and makes the linker's flags. */
export function linkerFlags(variables: Record<string, string> = {}, version = "v0.0.0"): string {
    const semver = version.replace(/^v/, "");
    const [major = "", minor = ""] = semver.split(".");
    const values: Record<string, string> = { version, semver, major, minor };
    const assignments = Object.entries(variables).map(
        ([name, text]) => `-X ${name}=${text.replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? "")}`,
    );
    // Without symbol tables the Kubernetes binaries are a third smaller, and panics still carry their stack.
    return ["-s", "-w", ...assignments].join(" ");
}

/** Refuses a Go that is older than a go.mod asks for, before `go build` says so in its own words. */
export function checkGoVersion(actual: string, wanted: string, folder: string): void {
    const found = /go(\d+)\.(\d+)(?:\.(\d+))?/.exec(actual);
    const numbers = (text: string) => text.split(".").map(Number);
    const have = found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : [0, 0, 0];
    const want = numbers(wanted);
    for (let i = 0; i < 3; i++) {
        const difference = (have[i] ?? 0) - (want[i] ?? 0);
        if (difference > 0) return;
        if (difference < 0) {
            throw new UserError(`Go is too old: ${actual.trim()}`, {
                where: `${folder}/go.mod`,
                allowed: `Go ${wanted} or newer`,
                fix: "install a newer Go (https://go.dev/doc/install) and put it first in PATH",
            });
        }
    }
}

function escape(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
