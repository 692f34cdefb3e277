import { systems } from "../../config/sizing/part";

/** A page of a stack, and how somebody who may reach the cluster comes to it. */
export interface WayIn {
    page: string;
    /** Inside the cluster, or from outside where there is a host. */
    address: string;
    /** Serves it on this machine. Absent where it has a host. */
    command?: string;
    /** On this machine, while the command runs. */
    local?: string;
    /** Secret of its administrator's password: the name, never a value. */
    password?: { namespace: string; secret: string; key: string };
}

/** Addresses of a stack. */
export interface Addresses {
    pages: WayIn[];
    /** Addresses for programs inside the cluster. */
    endpoints: Record<string, string>;
    namespaces: string[];
}

interface Outputs {
    endpoints?: Record<string, string>;
    hosts?: Partial<Record<string, string>>;
    namespaces?: Record<string, string>;
    secrets?: Record<string, { namespace: string; name: string; keys: string[] } | undefined>;
}

const pages = [
    { page: "Airflow", endpoint: "orchestrator", host: "orchestrator", secret: "orchestratorAdmin" },
    { page: "MLflow", endpoint: "tracking", host: "tracking", secret: "trackingAdmin" },
    { page: "MinIO", endpoint: "objectStore", host: "console", secret: "objectStoreRoot", port: 9001 },
] as const;

/**
 * Addresses of a stack, by its outputs.
 *
 * @param context The kubeconfig's context that the stack names, for the commands.
 * @param console Whether MinIO's console is served.
 */
export function addressesOf(
    found: Record<string, unknown>,
    { context, console: hasConsole }: { context?: string; console: boolean },
): Addresses {
    const { endpoints = {}, hosts = {}, namespaces = {}, secrets = {} } = found as Outputs;
    const kubectl = `kubectl${context ? ` --context ${context}` : ""}`;
    const ways = pages.flatMap((of): WayIn[] => {
        const inside = new RegExp(/^https?:\/\/([^./]+)\.([^./]+)\.svc[^:/]*:(\d+)/).exec(endpoints[of.endpoint] ?? "");
        if (!inside || (of.page === "MinIO" && !hasConsole)) return [];
        const [, service, namespace, ownPort] = inside;
        const port = "port" in of ? String(of.port) : ownPort;
        const secret = secrets[of.secret];
        const password = secret && {
            ...{ namespace: secret.namespace, secret: secret.name },
            key: secret.keys.find((key) => /password/i.test(key)) ?? secret.keys.join(", "),
        };
        const host = hosts[of.host];
        if (host) return [{ page: of.page, address: `https://${host}`, password }];
        return [
            {
                ...{ page: of.page, address: `https://${service}.${namespace}.svc:${port}`, password },
                command: `${kubectl} -n ${namespace} port-forward service/${service} ${port}`,
                local: `https://localhost:${port}`,
            },
        ];
    });
    // The cluster add-ons's namespaces are another stack's.
    const own = systems.flatMap((system) => namespaces[system] ?? []);
    return { pages: ways, endpoints, namespaces: own };
}

/** The same as lines for people. */
export function addressLines({ pages: ways, endpoints }: Addresses): string[] {
    return [
        ...ways.flatMap(({ page, address, command, local, password }) => [
            `${page.padEnd(8)} ${command ? `${local}  while this runs: ${command}` : address}`,
            ...(password
                ? [`${" ".repeat(8)} password: ${password.key} in the Secret ${password.namespace}/${password.secret}`]
                : []),
        ]),
        ...Object.entries(endpoints).map(([system, address]) => `${system.padEnd(14)} ${address}`),
    ];
}

/** The same for the comment of a pull request. Everything in it is the program's own or a name out of a stack file. */
export function addressMarkdown({ pages: ways, endpoints }: Addresses): string[] {
    const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
    const code = (text: string) => `\`${text.replaceAll(/[`|\r\n]/g, "")}\``;
    return [
        row(["Page", "Address", "How to come there", "Password in the Secret"]),
        row(["---", "---", "---", "---"]),
        ...ways.map(({ page, address, command, local, password }) =>
            row([
                page,
                code(local ?? address),
                command ? code(command) : "",
                password ? `${code(password.key)} in ${code(`${password.namespace}/${password.secret}`)}` : "",
            ]),
        ),
        "",
        "Inside the cluster:",
        "",
        ...Object.entries(endpoints).map(([system, address]) => `- ${system}: ${code(address)}`),
    ];
}
