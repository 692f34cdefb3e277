import { posix } from "node:path";

import { z } from "zod";

import { resources } from "../../config/common";
import { size } from "../../config/units";
import { overLimits } from "../../config/values/quantity";
import { entries, repeated, type Rule } from "../declarations/declaration";
import { command, handle, image, input, labelName, objectName, ruled } from "../declarations/types";
import type { EtlArgs, EtlVolume } from "./args";
import { boundVolumes } from "./bindings";
import { variables } from "./environment";

/** Name that the orchestrator's operator gives the container that it follows. */
export const taskContainer = "base";

/** Paths that are the machine's own, or that hide the image. */
const closedPaths = ["/", "/dev", "/proc", "/sys"];

function mountPathProblem(path: string): string | undefined {
    const form = 'must be an absolute path such as "/work"';
    if (!path.startsWith("/")) return `${form}, which begins with a slash`;
    if (/[^\x20-\x7e]|:|\/\.\.?(\/|$)/.test(path)) return `${form}, without "..", colons and control characters`;
    const plain = placeOf(path);
    return closedPaths.some((each) => plain === each || (each !== "/" && plain.startsWith(`${each}/`)))
        ? `${form}; "${plain}" is the container's own`
        : undefined;
}

/** A path in one way to write it. */
export function placeOf(path: string): string {
    return posix
        .normalize(path)
        .replace(/(?<=.)\/+$/, "")
        .replace(/^\/\//, "/");
}

const place = { name: labelName, mountPath: ruled(mountPathProblem) };

/** A volume of a workload. */
export const volume = z.discriminatedUnion(
    "kind",
    [
        z.object({ ...place, kind: z.literal("scratch"), sizeLimit: size.optional() }),
        z.object({
            ...place,
            kind: z.literal("claim"),
            claimName: input(objectName),
            readOnly: z.boolean().optional(),
        }),
        z.object({ ...place, kind: z.literal("configMap"), configMapName: input(objectName) }),
        z.object({ ...place, kind: z.literal("secret"), secret: handle("a Secret of the platform's") }),
        z.object({ ...place, kind: z.literal("trust"), bundle: handle("a bundle of certificates") }),
    ],
    { error: 'must be a volume of kind "scratch", "claim", "configMap", "secret" or "trust"' },
);

/** A container that runs before. */
export const initContainer = z.object({
    name: labelName,
    image: input(image).optional(),
    command,
    args: z.array(input(z.string())).optional(),
    env: variables.optional(),
    resources,
});

/** The volumes of a pod: one for temporary files, unless the author has one there, those of the handles, and the author's own. */
export function volumesOf(bound: EtlVolume[], own: EtlVolume[] = []): EtlVolume[] {
    // Many libraries need a place for temporary files, and the root file system is read-only.
    const tmp: EtlVolume = { name: "tmp", mountPath: "/tmp", kind: "scratch" };
    return [...(own.some((volume) => placeIn(volume) === "/tmp") ? [] : [tmp]), ...bound, ...own];
}

/** Place of a volume in a container; undefined where it says none. */
function placeIn({ mountPath }: { mountPath: unknown }): string | undefined {
    return typeof mountPath === "string" ? placeOf(mountPath) : undefined;
}

export const volumeRules: Rule<EtlArgs>[] = [
    {
        of: ["stream", "store", "tracking", "database"],
        problems: (args) => {
            const own = entries(args.volumes);
            const given = own.map(([entry]) => entry);
            const others = volumesOf(boundVolumes(args), given).filter((each) => !given.includes(each));
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
                    ...(others.some(({ name }) => name === volume.name)
                        ? [
                              {
                                  argument: at(index, "name"),
                                  message: `"${volume.name}" is a volume of the platform's own; take another name`,
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
        },
    },
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
