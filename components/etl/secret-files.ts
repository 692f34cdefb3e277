import { basename } from "node:path/posix";

import * as k8s from "@pulumi/kubernetes";
import { z } from "zod";

import type { ArgumentProblem, Rule } from "../declarations/declaration";
import { ruled } from "../declarations/types";
import type { EtlArgs, EtlVolume } from "./args";
import { SecretArgs, secretKey, secretKeyForm, secretUses, wholeFile } from "./own-secrets";
import { fileMode, filePathProblem, isBelow, placeOf } from "./places";
import { VolumeArgs, volumesThere } from "./volumes";

type Volume = k8s.types.input.core.v1.Volume;
type Mount = k8s.types.input.core.v1.VolumeMount;

/** Files out of Secrets, by path. */
export const secretFiles = z.record(
    ruled(filePathProblem),
    z.union([secretKey, z.strictObject({ key: secretKey, mode: fileMode.optional() })], {
        error: `${secretKeyForm}, or { key: secret.key("password"), mode: 0o400 }, of which others than the pod's user and group read nothing`,
    }),
);

/** A volume of one file for each: the directory that it lies in stays the image's. */
export function fileVolumes(files: EtlArgs["secretFiles"] = {}): { volumes: Volume[]; mounts: Mount[] } {
    const all = Object.entries(files).map(([path, file], index) => {
        const { ref, mode } = wholeFile(file);
        const [name, item] = [`secret-file-${index}`, basename(path)];
        return {
            volume: { name, secret: { secretName: ref.secret.name, items: [{ key: ref.key, path: item, mode }] } },
            // The kubelet never renews such a file. A replaced secret makes a new pod, as it does for all who read it.
            mount: { name, mountPath: placeOf(path), subPath: item, readOnly: true },
        };
    });
    return { volumes: all.map(({ volume }) => volume), mounts: all.map(({ mount }) => mount) };
}

/**
 * Rules of the Secrets that a workload names.
 *
 * @param namespaceOf Namespace of its pods.
 * @param more Volumes of the platform's own that its form has besides.
 */
export function secretRules<Args extends SecretArgs & VolumeArgs>(
    of: (keyof Args & string)[],
    namespaceOf: (args: Args) => string,
    more: EtlVolume[] = [],
): Rule<Args>[] {
    return [
        {
            of,
            problems: (args) =>
                secretUses(args).flatMap(({ argument, secret, keys }): ArgumentProblem[] => {
                    const absent = secret.absentIn(namespaceOf(args));
                    const unknown = keys.filter((key) => !secret.keys.includes(key));
                    return [
                        ...(absent === undefined ? [] : [{ argument, message: absent }]),
                        ...unknown.map((key) => ({
                            argument,
                            message: `the Secret "${secret.name}" has no key ${JSON.stringify(key)}; there are ${secret.keys.join(", ")}`,
                        })),
                    ];
                }),
        },
        { of, problems: (args) => fileProblems(args, more) },
    ];
}

/** Files that would be where something else is. */
function fileProblems(args: SecretArgs & VolumeArgs, more: EtlVolume[]): ArgumentProblem[] {
    const paths = Object.keys(args.secretFiles ?? {});
    const volumes = volumesThere(args, more);
    return paths.flatMap((path, index) => {
        const there = (other: string) =>
            placeOf(other) === placeOf(path) || isBelow(other, path) || isBelow(path, other);
        const at = volumes.find(({ mountPath }) => placeOf(mountPath) === placeOf(path) || isBelow(mountPath, path));
        const above = volumes.find(({ mountPath, writable }) => !writable && isBelow(path, mountPath));
        const messages = [
            ...(paths.slice(0, index).some(there)
                ? ["is the place of another file, or in its way; take another path"]
                : []),
            ...(at ? [`is where the volume "${at.name}" is mounted; take another path`] : []),
            ...(above
                ? [
                      `is inside of the volume "${above.name}", which nothing can be put into; take a path outside of ${above.mountPath}`,
                  ]
                : []),
        ];
        return messages.map((message) => ({ argument: `secretFiles[${JSON.stringify(path)}]`, message }));
    });
}
