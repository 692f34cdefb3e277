/** Variables by which programs learn of a proxy; curl and Python's standard library read the small ones, most others the large. */
export const proxyVariables = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]);

/** Names that need no proxy: those of the machine and of the cluster. */
const always = ["localhost", "127.0.0.1", "::1", "kubernetes.default.svc", ".svc", ".cluster.local"];

/**
 * The environment of a program that goes out by a proxy.
 *
 * @param direct Hosts that it reaches without: systems outside that it is given the way to.
 */
export function proxyEnvironment(proxy: string, direct: readonly string[]): Record<string, string> {
    // The API server's address: the kubelet fills it in.
    const no = [...new Set([...always, "$(KUBERNETES_SERVICE_HOST)", ...direct])].join(",");
    const values: Record<string, string> = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, NO_PROXY: no };
    return Object.fromEntries(proxyVariables.map((name) => [name, values[name.toUpperCase()]]));
}

/** The same for Java, which reads no variables: options of the machine. */
export function javaProxyOptions(proxy: string, direct: readonly string[]): string {
    const { hostname, port } = new URL(proxy);
    const no = [
        "localhost",
        "127.*",
        "[::1]",
        "*.svc",
        "*.cluster.local",
        ...direct.flatMap((host) => [host, `*.${host}`]),
    ];
    return [
        ...["https", "http"].flatMap((scheme) => [
            `-D${scheme}.proxyHost=${hostname}`,
            `-D${scheme}.proxyPort=${port}`,
        ]),
        `-Dhttp.nonProxyHosts=${[...new Set(no)].join("|")}`,
    ].join(" ");
}
