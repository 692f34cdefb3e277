import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { type ImageName } from "../../config/images";
import { architectureOf, type ImagePlatform, imagePlatforms, inOrder, usualPlatform } from "../../config/platforms";
import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { basesIn, compilesGo } from "./containerfile";
import { platformsOf } from "../inventory/registry";
import { type Engine } from "./engines";
import { imageRequest } from "./";

/** A machine that builds. */
export interface Machine {
    /** As Node names it. */
    arch: string;
    platform: string;
    /** Directory in which Linux says which programs of others it runs. */
    binfmt: string;
}

export const thisMachine: Machine = {
    arch: process.arch,
    platform: process.platform,
    binfmt: "/proc/sys/fs/binfmt_misc",
};

/** Platforms of a build. */
export interface PlatformPlan {
    /** What tags say that the images are for. */
    named?: ImagePlatform[];
    /** What they are built for. @default whatever the builder builds by itself: this machine's own */
    built?: ImagePlatform[];
}

interface Wish {
    /** Of the command line. */
    asked?: ImagePlatform[];
    /** `images.platforms` of the stack. */
    ofStack?: ImagePlatform[];
    stack?: string;
    push?: boolean;
    kind?: string;
}

/**
 * What images are built for, and what their tags say.
 *
 * @throws UserError where what is built would be something else than what its tag says
 */
export function planPlatforms({ asked, ofStack, stack, push, kind }: Wish, machine: Machine): PlatformPlan {
    const own = platformOfMachine(machine);
    const pulled = ofStack ?? [usualPlatform];
    if (asked && stack && inOrder(asked).join() !== inOrder(pulled).join()) {
        throw new UserError(`--platform ${inOrder(asked).join()} isn't what the pods of the stack ${stack} ask for`, {
            where: `images.platforms of the stack ${stack}: ${inOrder(pulled).join()}${ofStack ? "" : ", by default"}`,
            fix: inOrder(asked)
                .map(
                    (platform, index) =>
                        `pulumi config set --stack ${stack} --path 'data-platform:images.platforms[${index}]' ${platform}`,
                )
                .join("\n"),
        });
    }
    const said = asked ?? ofStack;
    const named = said && inOrder(said);
    if (kind) {
        if (named && own && !named.includes(own)) {
            throw new UserError(`kind's nodes here are ${own}, and these images are for ${named.join()} only`, {
                where: asked ? "--platform" : `images.platforms of the stack ${stack}`,
                fix: "add this machine's platform, or name a stack that has it",
            });
        }
        // Its nodes have this machine's architecture, whatever else there is.
        return { named };
    }
    if (push) {
        if (!named && own !== usualPlatform) {
            throw new UserError(
                `this machine builds for ${own ?? `${machine.platform}/${machine.arch}`}, and a tag that names no platform stands for ${usualPlatform}`,
                {
                    where: stack ? `images.platforms of the stack ${stack}` : "--platform",
                    allowed: `${imagePlatforms.join(", ")}, or both`,
                    fix: stack
                        ? `pulumi config set --stack ${stack} --path 'data-platform:images.platforms[0]' ${own ?? usualPlatform}`
                        : `add --platform ${own ?? usualPlatform} (make: PLATFORM=${own ?? usualPlatform})`,
                },
            );
        }
        return named && named.join() !== own ? { named, built: named } : { named };
    }
    if (named && named.length > 1) {
        throw new UserError(`an image for several platforms is a list that a registry keeps: ${named.join()}`, {
            allowed: "--push, to build for all of them; --kind, to build for this machine and load that",
            fix: "add --push (make: PUSH=1), or name one platform of a registry that no stack has",
        });
    }
    return named && named.join() !== own ? { named, built: named } : { named };
}

function platformOfMachine({ arch }: Machine): ImagePlatform | undefined {
    const name = arch === "x64" ? "amd64" : arch;
    return imagePlatforms.find((platform) => architectureOf(platform) === name);
}

/**
 * Refuses what can't be built, all of it at once and before anything is.
 *
 * @throws UserError that says for each platform what lacks, and how to get it
 */
export async function requirePlatforms(
    builder: Engine | "buildah",
    { built = [] }: PlatformPlan,
    names: readonly ImageName[],
    machine: Machine,
): Promise<void> {
    const foreign = built.filter((platform) => platform !== platformOfMachine(machine));
    if (built.length === 0) return;
    const lacks: { evidence: string; fix: string }[] = [];
    if (builder === "docker") lacks.push(...(await lacksOfBuildx(built)));
    else if (machine.platform === "linux") {
        for (const platform of foreign.filter((each) => !isEmulated(each, machine))) {
            lacks.push({
                evidence: `${platform}: this machine runs no programs of it (${machine.binfmt} has none)`,
                fix: "install QEMU for programs of other machines (Debian, Ubuntu: qemu-user-binfmt or qemu-user-static)",
            });
        }
    }
    const texts = await Promise.all(
        names.map(async (name) => ({ name, text: await readFile(imageRequest(name, "x").containerfile, "utf8") })),
    );
    for (const { name, text } of builder === "buildah" && foreign.length > 0 ? texts : []) {
        if (!compilesGo(text)) continue;
        lacks.push({
            evidence: `${foreign.join()}: ${name} is compiled by this machine's own Go where buildah builds it`,
            fix: `build ${name} by Docker or Podman (TOOL=docker)`,
        });
    }
    // Over its own Debian buildah needs no base of a registry.
    if (builder !== "buildah") lacks.push(...(await lacksOfBases(texts, built)));
    if (lacks.length === 0) return;
    throw new UserError(`images can't be built for ${built.join()} here; nothing has been built`, {
        evidence: lacks.map(({ evidence }) => evidence),
        fix: [...new Set(lacks.map(({ fix }) => fix))].join("\n"),
    });
}

function isEmulated(platform: ImagePlatform, { binfmt }: Machine): boolean {
    const names = { amd64: /x86_64|amd64|rosetta/i, arm64: /aarch64|arm64/i }[architectureOf(platform)];
    try {
        return readdirSync(binfmt).some((file) => names?.test(file));
    } catch {
        return false;
    }
}

async function lacksOfBuildx(platforms: ImagePlatform[]): Promise<{ evidence: string; fix: string }[]> {
    const inspected = await run("docker", ["buildx", "inspect", "--bootstrap"]).then(
        ({ stdout }) => stdout,
        (error: unknown) => {
            if (!(error instanceof UserError)) throw error;
            return undefined;
        },
    );
    if (inspected === undefined) {
        return [
            {
                evidence: "docker has no buildx that answers",
                fix: "install Docker's plugin buildx: https://docs.docker.com/build/install-buildx/",
            },
        ];
    }
    const said = [...inspected.matchAll(/^Platforms:\s*(.*)$/gm)].flatMap(([, list]) => list.split(/[\s,*]+/));
    const driver = /^Driver:\s*(\S+)/m.exec(inspected)?.[1];
    const missing = platforms.filter((platform) => !said.includes(platform));
    return [
        ...missing.map((platform) => ({
            evidence: `${platform}: docker's builder has ${said.filter(Boolean).join(", ") || "no platform"}`,
            fix: `docker run --privileged --rm tonistiigi/binfmt --install ${missing.map(architectureOf).join()}`,
        })),
        ...(driver === "docker" && platforms.length > 1 && !(await hasContainerdStore())
            ? [
                  {
                      evidence: "docker's own builder keeps images of one platform only",
                      fix: "docker buildx create --use --driver docker-container",
                  },
              ]
            : []),
    ];
}

/** With containerd's store Docker's own builder makes lists of platforms, too. */
async function hasContainerdStore(): Promise<boolean> {
    const { stdout } = await run("docker", ["info", "--format", "{{ .DriverStatus }}"], { okCodes: [0, 1] });
    return stdout.includes("io.containerd.snapshotter");
}

/** Bases that a registry has for other platforms only. One that doesn't answer is no reason to refuse: the build asks it again. */
async function lacksOfBases(texts: { name: ImageName; text: string }[], platforms: ImagePlatform[]) {
    const asked = new Map<string, ImageName[]>();
    for (const { name, text } of texts)
        for (const { ref } of basesIn(text)) asked.set(ref, [...new Set([...(asked.get(ref) ?? []), name])]);
    const lacks = await Promise.all(
        [...asked].map(async ([ref, names]) => {
            const there = await platformsOf(ref).catch(() => undefined);
            const missing = there
                ? platforms.filter((platform) => !there.some((each) => each.platform === platform))
                : [];
            if (missing.length === 0) return [];
            return [
                {
                    evidence: `${missing.join()}: ${ref}, on which ${names.join(", ")} stand${names.length > 1 ? "" : "s"}, isn't there for it`,
                    fix: "take another base, or leave that platform out",
                },
            ];
        }),
    );
    return lacks.flat();
}
