import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef, Peer, SecretRef } from "../contracts";
import { EtlArgs, EtlVolume } from "./args";

/** What a workload gets from the handles that it was given. */
export interface Wiring {
    env: Record<string, pulumi.Input<string>>;
    volumes: EtlVolume[];
    /** Systems that its NetworkPolicy must let it reach. */
    peers: Peer[];
    /** What must be there before it can work. */
    dependsOn: pulumi.Resource[];
}

/** Where credentials are mounted, a directory a system. */
const credentials = "/var/run/data-platform";

/** Turns handles into settings, files and reachable peers. Secrets are copied into the workload's namespace and mounted as files. */
export function wire({ namespace, stream, store }: EtlArgs): Wiring {
    const wirings: Wiring[] = [];
    if (stream) {
        const { from, as } = stream;
        const secret = from.user(as).in(namespace);
        wirings.push({
            env: {
                KAFKA_BOOTSTRAP: from.bootstrap,
                KAFKA_SECURITY_PROTOCOL: from.protocol,
                KAFKA_SASL_MECHANISM: from.mechanism,
                KAFKA_CREDENTIALS_DIR: `${credentials}/kafka`,
            },
            volumes: [secretVolume("kafka-credentials", `${credentials}/kafka`, secret)],
            peers: [from.peer],
            dependsOn: [from.ready, secret.resource],
        });
    }
    if (store) {
        const { from, as } = store;
        const secret = from.credentials(as).in(namespace);
        wirings.push({
            env: {
                S3_ENDPOINT: from.endpoint,
                S3_REGION: from.region,
                S3_CREDENTIALS_DIR: `${credentials}/s3`,
            },
            volumes: [secretVolume("s3-credentials", `${credentials}/s3`, secret)],
            peers: [from.peer],
            dependsOn: [from.ready, secret.resource],
        });
    }
    return {
        env: Object.assign({}, ...wirings.map(({ env }) => env)) as Wiring["env"],
        volumes: wirings.flatMap(({ volumes }) => volumes),
        peers: wirings.flatMap(({ peers }) => peers),
        dependsOn: wirings.flatMap(({ dependsOn }) => dependsOn),
    };
}

function secretVolume(name: string, mountPath: string, secret: SecretRef): EtlVolume {
    return { name, mountPath, kind: "secret", secret };
}

/** The copies of a workload's own Secrets in its namespace. */
export function ownSecrets(args: EtlArgs, namespace: NamespaceRef): SecretRef[] {
    const mounted = (args.volumes ?? []).flatMap((volume) => (volume.kind === "secret" ? [volume.secret] : []));
    return [...mounted, ...Object.values(args.secretEnv ?? {}).map(({ secret }) => secret)].map((secret) =>
        secret.in(namespace),
    );
}
