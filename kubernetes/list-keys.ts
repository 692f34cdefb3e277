import { isRecord } from "./objects";

/** Keys by which the items of a list are told apart, each with the value that it has when it is left out, if there is one. */
type Keys = Record<string, string | undefined>;

const byName: Keys = { name: undefined };

/** Lists by their fields, with their `x-kubernetes-list-map-keys` as the API server's schemas have them. */
const mapKeys: [field: RegExp, keys: Keys][] = [
    [/(^|\.)volumeMounts$/, { mountPath: undefined }],
    [/(^|\.)volumeDevices$/, { devicePath: undefined }],
    [/(^|\.)(c|initC|ephemeralC)ontainers\[.*\]\.ports$/, { containerPort: undefined, protocol: "TCP" }],
    [/^spec\.ports$/, { port: undefined, protocol: "TCP" }],
    [/(^|\.)hostAliases$/, { ip: undefined }],
    [/(^|\.)topologySpreadConstraints$/, { topologyKey: undefined, whenUnsatisfiable: undefined }],
    [/(^|\.)conditions$/, { type: undefined }],
    [/^metadata\.ownerReferences$/, { uid: undefined }],
];

/**
 * The keys by which the items of lists at a path are matched; undefined when they have none, or not each another value. Those that
 * the table doesn't have go by their names: containers, variables and volumes do in the schemas, and so do most of custom resources.
 */
export function listKeys(path: string, lists: unknown[][]): Keys | undefined {
    const keys = mapKeys.find(([field]) => field.test(path))?.[1] ?? byName;
    const tells = (list: unknown[]) =>
        list.every(
            (item) => isRecord(item) && Object.entries(keys).every(([key, usual]) => isKey(item[key] ?? usual)),
        ) && new Set(list.map((item) => label(item, keys))).size === list.length;
    return lists.every(tells) ? keys : undefined;
}

/** Returns the key of an item, for people: `web`, `/data`, `53/UDP`. A value that could be left out is. */
export function label(item: unknown, keys: Keys): string {
    const values = Object.entries(keys).map(([key, usual]) => {
        const value = (item as Record<string, unknown>)[key] ?? usual;
        return value === usual ? [] : [String(value as string)];
    });
    return values.flat().join("/");
}

function isKey(value: unknown): boolean {
    return typeof value === "string" || typeof value === "number";
}
