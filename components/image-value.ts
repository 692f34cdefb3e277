/** A path of a registry in the two parts that charts take. */
export function registryPath(path: string): { registry: string; repository: string } {
    const [registry, ...rest] = path.split("/");
    return { registry, repository: rest.join("/") };
}

/** An image reference in the three parts that charts take; a digest stays with the tag: `4.3.1-0123456789ab@sha256:…`. */
export function imageValue(ref: string, pullPolicy: string): { repository: string; tag: string; pullPolicy: string } {
    const [name, digest] = ref.split("@");
    const colon = name.lastIndexOf(":");
    return {
        repository: name.slice(0, colon),
        tag: [name.slice(colon + 1), digest].filter(Boolean).join("@"),
        pullPolicy,
    };
}
