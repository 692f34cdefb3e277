import * as pulumi from "@pulumi/pulumi";

/**
 * Lists a pod's references to others' things, as the policy compares them: `<secret>/<key>`, `<secret>/*` for all keys of a Secret,
 * `pull:<secret>` for a login to a registry, which the kubelet
 * reads and the pod may not, `claim:<name>`, `csi:<driver>`, `ephemeral` for a claim that goes with the pod, and `token:<audience>` for a token of its account's that
 * is for others than the Kubernetes API.
 *
 * Looks through anything: a pod's manifest, a Spark application's templates, or a chart's values. The expressions of `podReads`
 * find the same in a pod when it is made.
 */
export function readsOf(value: unknown): pulumi.Input<string>[] {
    if (Array.isArray(value)) return value.flatMap(readsOf);
    if (typeof value !== "object" || value === null || pulumi.Output.isInstance(value)) return [];
    const fields = value as Fields;
    return [...ownReads(fields), ...Object.values(fields).flatMap(readsOf)];
}

/** A token of a pod's account for somebody else; the one for the Kubernetes API is every pod's own affair. */
export function tokenReads(audience: string | undefined): string[] {
    return audience ? [`token:${audience}`] : [];
}

type Fields = Record<string, unknown>;

function ownReads(fields: Fields): pulumi.Input<string>[] {
    const { secretKeyRef, secretRef, secret, nodePublishSecretRef, csi, ephemeral, persistentVolumeClaim } = fields;
    const { serviceAccountToken } = fields;
    const { imagePullSecrets, envName, secretName, secretKey, credentialsSecret, sshKeySecret } = fields;
    return [
        ...part(secretKeyRef, ({ name, key }) => [`${plain(name)}/${plain(key)}`]),
        ...part(secretRef, ({ name }) => whole(name)),
        ...part(nodePublishSecretRef, ({ name }) => whole(name)),
        ...part(secret, ofVolume),
        ...part(csi, ({ driver }) => [`csi:${plain(driver)}`]),
        ...part(ephemeral, () => ["ephemeral"]),
        ...part(serviceAccountToken, ({ audience }) => tokenReads(audience ? plain(audience) : undefined)),
        ...part(persistentVolumeClaim, ({ claimName }) => [
            pulumi.Output.isInstance(claimName)
                ? pulumi.interpolate`claim:${claimName as pulumi.Output<string>}`
                : `claim:${plain(claimName)}`,
        ]),
        ...(Array.isArray(imagePullSecrets)
            ? (imagePullSecrets as Fields[]).map(({ name }) => `pull:${plain(name)}`)
            : []),
        // Variables and git-sync's credentials in the values of Airflow's chart.
        ...(envName && secretName ? [`${plain(secretName)}/${plain(secretKey ?? "value")}`] : []),
        ...[credentialsSecret, sshKeySecret].filter(Boolean).flatMap(whole),
    ];
}

/** A volume of a Secret, or a Secret among the sources of a projected one: of those the policy counts every key. */
function ofVolume({ secretName, name, items }: Fields): string[] {
    if (secretName === undefined) return whole(name);
    if (!Array.isArray(items) || items.length === 0) return whole(secretName);
    return (items as Fields[]).map(({ key }) => `${plain(secretName)}/${plain(key)}`);
}

const whole = (name: unknown) => [`${plain(name)}/*`];

function part(value: unknown, read: (fields: Fields) => pulumi.Input<string>[]): pulumi.Input<string>[] {
    const isPart = typeof value === "object" && value !== null && !Array.isArray(value);
    return isPart && !pulumi.Output.isInstance(value) ? read(value as Fields) : [];
}

function plain(name: unknown): string {
    if (typeof name === "string") return name;
    throw new pulumi.RunError(
        "a pod that a DAG or a Spark job starts must name its Secrets in plain text, not by an output: the policy that holds it to " +
            "them is made before anything runs",
    );
}
