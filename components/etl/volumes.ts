import { z } from "zod";

import { size } from "../../config/units";
import { overLimits } from "../../config/values/quantity";
import { type ArgumentProblem, entries, repeated, type Rule } from "../declarations/declaration";
import { command, handle, image, input, labelName, objectName, ruled, seconds } from "../declarations/types";
import type { EtlArgs, EtlVolume } from "./args";
import { boundVolumes } from "./bindings";
import { variables } from "./environment";
import { secretKey } from "./own-secrets";
import { resources } from "./resources";
import { fileMode, itemPathProblem, mountPathProblem, placeOf } from "./places";

/** Name that the orchestrator's operator gives the container that it follows. */
export const taskContainer = "base";

const place = { name: labelName, mountPath: ruled(mountPathProblem) };

/** A volume of a workload. */
export const volume = z.discriminatedUnion(
    "kind",
    [
        z.object({
            ...place,
            kind: z.literal("scratch"),
            sizeLimit: size.optional(),
            storageClass: objectName.optional(),
        }),
        z.object({
            ...place,
            kind: z.literal("token"),
            audience: z
                .string()
                .regex(
                    /^(?!https:\/\/kubernetes\.)[\x21-\x7e]{1,1024}$/,
                    "must be for whom the token is, and not the Kubernetes API",
                ),
            expiration: seconds.min(600).optional(),
        }),
        z.object({
            ...place,
            kind: z.literal("claim"),
            claimName: input(objectName),
            readOnly: z.boolean().optional(),
        }),
        z.object({ ...place, kind: z.literal("configMap"), configMapName: input(objectName) }),
        z.object({
            ...place,
            kind: z.literal("secret"),
            secret: handle("a Secret, such as a workloadSecret"),
            items: z
                .record(
                    ruled(itemPathProblem),
                    z.union([z.string(), z.strictObject({ key: z.string(), mode: fileMode.optional() })]),
                )
                .optional(),
            mode: fileMode.optional(),
        }),
        z.object({ ...place, kind: z.literal("trust"), bundle: handle("a bundle of certificates") }),
    ],
    { error: 'must be a volume of kind "scratch", "claim", "configMap", "secret", "token" or "trust"' },
);

/** A container that runs before. */
export const initContainer = z.object({
    name: labelName,
    image: input(image).optional(),
    command,
    args: z.array(input(z.string())).optional(),
    env: variables.optional(),
    secretEnv: z.record(variables.keyType, secretKey).optional(),
    sidecar: z.boolean().optional(),
    resources,
});

/** The volumes of a pod: one for temporary files, unless the author has one there, those of the handles, and the author's own. */
export function volumesOf(bound: EtlVolume[], own: EtlVolume[] = [], tmpSize?: string): EtlVolume[] {
    // Many libraries need a place for temporary files, and the root file system is read-only.
    const tmp: EtlVolume = { name: "tmp", mountPath: "/tmp", kind: "scratch", sizeLimit: tmpSize };
    return [...(own.some((volume) => placeIn(volume) === "/tmp") ? [] : [tmp]), ...bound, ...own];
}

/** Volumes that a workload has, the platform's too, and whether something can be put into them. */
export function volumesThere(
    args: VolumeArgs,
    more: EtlVolume[] = [],
): { name: string; mountPath: string; writable: boolean }[] {
    const given = entries(args.volumes).map(([entry]) => entry);
    const bound = [...boundVolumes(args), ...more];
    return volumesOf(bound, given).map((volume) => ({
        ...{ name: volume.name, mountPath: volume.mountPath },
        writable: !bound.includes(volume) && !isReadOnly(volume),
    }));
}

/** Only scratch space, and a claim that doesn't say otherwise, is written to. */
export function isReadOnly(volume: EtlVolume): boolean {
    return volume.kind === "claim" ? (volume.readOnly ?? false) : volume.kind !== "scratch";
}

/** Place of a volume in a container; undefined where it says none. */
function placeIn({ mountPath }: { mountPath: unknown }): string | undefined {
    return typeof mountPath === "string" ? placeOf(mountPath) : undefined;
}

/** Arguments of a workload that bring volumes. */
export type VolumeArgs = Parameters<typeof boundVolumes>[0] & Pick<EtlArgs, "volumes" | "tmpSize">;

/** Rules of a workload's volumes. @param more Volumes of the platform's own that its form has besides. */
export function volumeRules<Args extends VolumeArgs>(
    of: (keyof Args & string)[],
    more: EtlVolume[] = [],
): Rule<Args>[] {
    return [{ of, problems: (args) => volumeProblems(args, more) }];
}

function volumeProblems(args: VolumeArgs, more: EtlVolume[]): ArgumentProblem[] {
    const own = entries(args.volumes);
    const given = own.map(([entry]) => entry);
    const others = volumesOf([...boundVolumes(args), ...more], given).filter((each) => !given.includes(each));
    const at = (index: number, key: string) => `volumes[${index}].${key}`;
    return [
        ...repeated(args.volumes, {
            of: ({ name }) => name,
            argument: (index) => at(index, "name"),
            message: (name) => `"${name}" is there twice; each volume needs a name of its own`,
        }),
        ...repeated(args.volumes, {
            of: placeIn,
            argument: (index) => at(index, "mountPath"),
            message: (path) => `"${path}" is another volume's already`,
        }),
        ...own.flatMap(([volume, index]) => [
            ...(others.some(({ name }) => name === volume.name) || /^secret-file-\d+$/.test(String(volume.name))
                ? [
                      {
                          argument: at(index, "name"),
                          message: `"${volume.name}" is a volume of the platform's own; take another name`,
                      },
                  ]
                : []),
            ...(args.tmpSize !== undefined && placeIn(volume) === "/tmp"
                ? [
                      {
                          argument: at(index, "mountPath"),
                          message: "is /tmp, and tmpSize is there; leave one of both out",
                      },
                  ]
                : []),
            ...(others.some(({ mountPath }) => mountPath === placeIn(volume))
                ? [
                      {
                          argument: at(index, "mountPath"),
                          message: `"${volume.mountPath}" is where the platform mounts a volume of its own`,
                      },
                  ]
                : []),
        ]),
    ];
}

export const containerRules: Rule<EtlArgs>[] = [
    {
        of: [],
        problems: ({ initContainers }, { kind, name: own }) => {
            const argument = (index: number) => `initContainers[${index}].name`;
            const main = kind === "EtlTask" ? taskContainer : own;
            return [
                ...repeated(initContainers, {
                    ...{ of: ({ name }) => name, argument },
                    message: (name) => `"${name}" is there twice; each container of a pod needs a name of its own`,
                }),
                ...entries(initContainers)
                    .filter(([{ name }]) => name === main)
                    .map(([, index]) => ({
                        argument: argument(index),
                        message: `"${main}" is the container of the workload itself; take another name`,
                    })),
            ];
        },
    },
    {
        of: ["initContainers"],
        problems: ({ initContainers }) =>
            entries(initContainers).flatMap(([{ resources: each }, index]) =>
                overLimits(each).map(({ path, message }) => ({
                    argument: `initContainers[${index}].resources.${path.join(".")}`,
                    message: `${message}; lower it or raise that`,
                })),
            ),
    },
];
