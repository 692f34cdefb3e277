/** A path as `pulumi config set --path` takes it. */
export function keyPath(path: PropertyKey[]): string {
    return path
        .map((part, index) => {
            if (typeof part === "number") return `[${part}]`;
            const text = String(part);
            return !/^[\w-]+$/.test(text) && index > 0 ? `[${JSON.stringify(text)}]` : `${index ? "." : ""}${text}`;
        })
        .join("");
}
