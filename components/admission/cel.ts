import { noWalls, wallKeys, wallPrefixes } from "./facts";

/** Plain values in the Common Expression Language, whose literals are those of JSON. */
export const literal = (value: unknown): string => JSON.stringify(value);

/** A sentence with expressions in it, as one expression. */
export function sentence(texts: TemplateStringsArray, ...expressions: string[]): string {
    return texts
        .flatMap((text, index) => [
            ...(text ? [literal(text)] : []),
            ...(index < expressions.length ? [`(${expressions[index]})`] : []),
        ])
        .join(" + ");
}

/** A list that may be missing. */
const listed = (holder: string, field: string) => `(has(${holder}.${field}) ? ${holder}.${field} : [])`;

/**
 * Everything that a pod has of others' things: a list of lists, in the words of `readsOf`.
 *
 * @param spec An expression of no type (`dyn`): what is looked at has one of several.
 */
export function podReads(spec: string): string {
    // A volume of no items has all keys, said in either way.
    const items =
        "has(v.secret.items) && size(v.secret.items) > 0 ? v.secret.items.map(i, v.secret.secretName + '/' + i.key) : [v.secret.secretName + '/*']";
    const sources = listed("v.projected", "sources");
    const secrets = `${sources}.filter(s, has(s.secret)).map(s, s.secret.name + '/*')`;
    const token = "s.serviceAccountToken";
    const tokens = `${sources}.filter(s, has(${token}) && has(${token}.audience) && ${token}.audience != '').map(s, 'token:' + ${token}.audience)`;
    const volume = [
        `has(v.secret) ? (${items})`,
        "has(v.persistentVolumeClaim) ? ['claim:' + v.persistentVolumeClaim.claimName]",
        "has(v.csi) ? ['csi:' + v.csi.driver] + (has(v.csi.nodePublishSecretRef) ? [v.csi.nodePublishSecretRef.name + '/*'] : [])",
        "has(v.ephemeral) ? ['ephemeral']",
        `has(v.projected) ? ${secrets} + ${tokens}`,
        "[]",
    ].join(" : ");
    const variables = `${listed("c", "env")}.filter(e, has(e.valueFrom) && has(e.valueFrom.secretKeyRef)).map(e, e.valueFrom.secretKeyRef.name + '/' + e.valueFrom.secretKeyRef.key)`;
    const wholes = `${listed("c", "envFrom")}.filter(e, has(e.secretRef)).map(e, e.secretRef.name + '/*')`;
    const containers = ["containers", "initContainers", "ephemeralContainers"].map((field) => listed(spec, field));
    return [
        `(${containers.join(" + ")}).map(c, ${variables} + ${wholes})`,
        `${listed(spec, "volumes")}.map(v, ${volume})`,
        `[${listed(spec, "imagePullSecrets")}.map(p, 'pull:' + p.name)]`,
    ].join(" + ");
}

/** Those of a list of lists of reads that aren't allowed, as one text; empty if there are none. */
export function notAllowed(reads: string, allowed: string): string {
    const foreign = `l.filter(r, !(r in ${allowed}) && !((r.split('/')[0] + '/*') in ${allowed}))`;
    return `(${reads}).map(l, ${foreign}).filter(l, size(l) > 0).map(l, l.join(', ')).join(', ')`;
}

/** Tells whether a label's key is one that walls go by. */
export function isWallKey(key: string): string {
    const known = [
        ...wallPrefixes.map((each) => `${key}.startsWith(${literal(each)})`),
        `${key} in ${literal(wallKeys)}`,
    ];
    return `(${known.join(" || ")}) && !(${key} in ${literal(noWalls)})`;
}

/** Those labels that walls go by and that aren't allowed, as one text; empty if there are none. */
export function posing(labels: string, allowed: string): string {
    return `${labels}.filter(k, ${isWallKey("k")} && !((k + '=' + ${labels}[k]) in ${allowed})).map(k, k + '=' + ${labels}[k]).join(', ')`;
}
