import { existsSync } from "node:fs";
import { mkdir, readFile, rm, utimes } from "node:fs/promises";
import { basename, join } from "node:path";

import { type ImagePlatform } from "../../config/platforms";
import { UserError } from "../../lib/errors";
import { cacheDir } from "../../lib/paths";
import { type Note, step } from "../../lib/progress";
import { allOrNone, Stopped } from "../../lib/stopping";
import { imagePackages, installPackages } from "../../tools/packages";
import { goLock } from "../../tools";
import { fullDisk, pruneOld, requireFreeSpace } from "../../lib/cache";
import { findGo, goCaches, removeGoCaches } from "../../tools/go";
import { withLock } from "../../lib/lock";
import { seedBuildCache } from "../../tools/standard-library";
import { causeOf, twice } from "./attempts";
import { exportImage, localRegistry, provideBase } from "./base";
import { baseArguments, compilesGo } from "./containerfile";
import { archiveDir, hostAuthorities, imageLock, Storage } from "./storage";

/** An image to be built. */
export interface ImageRequest {
    /** Short name, for messages and files. */
    name: string;
    ref: string;
    tag: string;
    /** Discriminator of two builds under the same tag. @default the tag does */
    build?: string;
    /** Absolute paths. */
    context: string;
    containerfile: string;
    /** The image that it stands on. @default the plain Debian */
    base?: BuiltImage;
    /** @default this machine's own */
    platform?: ImagePlatform;
    /** The name under which it is built, and which its archive holds. @default its ref */
    archived?: string;
    /** Brings the context about if it is not there already; it goes when the image is built. */
    prepare?: () => Promise<void>;
}

export interface BuiltImage {
    ref: string;
    /** An OCI archive that holds the image under its full name. */
    archive: string;
    /** @default this machine's own */
    platform?: ImagePlatform;
    /** Name in the archive. @default its ref */
    archived?: string;
}

/** The archive of an image; whether it is there says whether the image is built. */
export function archiveOf(request: ImageRequest): string {
    const { tag, build } = request;
    return join(archiveDir(), `${[archiveName(request), tag, build].filter(Boolean).join("-")}.tar`);
}

/** An archive holds the image's full name, so that one under another registry is another archive. */
function archiveName({ ref, tag }: ImageRequest): string {
    const name = ref.slice(0, -tag.length - 1);
    return name.replace(`${localRegistry}/`, "").replace(/[^\w.-]/g, "_");
}

/** Builds what is not in the cache, side by side, on a machine that has neither Docker nor an image registry. */
export async function buildWithBuildah(requests: ImageRequest[]): Promise<BuiltImage[]> {
    if (requests.some((request) => !existsSync(archiveOf(request)))) {
        if (process.getuid?.() !== 0) {
            throw new UserError("building images with buildah needs root", {
                fix: "run the same command with sudo, or install Docker or Podman",
            });
        }
        await installPackages(imagePackages);
        await requireFreeSpace(cacheDir(), 6, "build images");
        await openAndBuild(requests);
    }
    const now = new Date();
    return Promise.all(
        requests.map(async (request) => {
            const archive = archiveOf(request);
            await utimes(archive, now, now);
            const others = new RegExp(`^${archiveName(request)}-.*\\.tar$`);
            await pruneOld(archiveDir(), 3, (file) => file === basename(archive) || !others.test(file));
            const { ref, platform, archived } = request;
            return { ref, archive, ...(platform ? { platform, archived } : {}) };
        }),
    );
}

async function openAndBuild(requests: ImageRequest[]): Promise<void> {
    const waiting = (holder: string) => process.stderr.write(`  … waiting for ${holder}, which is building images\n`);
    await withLock(imageLock(), waiting, async () => {
        const missing = requests.filter((request) => !existsSync(archiveOf(request)));
        if (missing.length === 0) return;
        const storage = new Storage();
        await storage.open();
        try {
            const bases = new Map<ImagePlatform | undefined, string>();
            for (const platform of new Set(missing.map((request) => request.platform)))
                bases.set(platform, await provideBase(storage, platform));
            // All of them have ended before the storage goes. When one can't be built, the others are of no use to this run.
            await allOrNone(
                missing.map(
                    (request, index) => () =>
                        buildOne(
                            storage,
                            bases.get(request.platform) ?? "",
                            request,
                            `${index + 1} of ${missing.length}`,
                        ),
                ),
            );
        } finally {
            await storage.wipe();
        }
    });
}

async function buildOne(storage: Storage, base: string, request: ImageRequest, place: string): Promise<void> {
    const { name, ref, archived = ref } = request;
    const build = async (note: Note) => {
        await request.prepare?.();
        const text = await readFile(request.containerfile, "utf8");
        const log = join(cacheDir(), "log", `image-${name}.log`);
        await rm(log, { force: true });
        const attempt = async () => {
            const own = request.base;
            if (own) await storage.buildah(["pull", "--quiet", `oci-archive:${own.archive}:${own.ref}`], { log });
            await storage.buildah(await buildArguments(text, own?.ref ?? base, request), {
                log,
                onLine: (line) => {
                    const found = /^(?:\[\d+\/\d+\] )?STEP (\d+)\/(\d+): (\w+)/.exec(line);
                    // The instruction alone: a command that is cut off helps nobody, and the log has it whole.
                    if (found) note(`step ${found[1]} of ${found[2]}, ${found[3]}`);
                },
            });
            note("packing");
            await exportImage(storage, archived, archiveOf(request), log);
        };
        const again = (why: string) =>
            process.stderr.write(`  … Build image ${name} has failed and is tried once more: ${why}\n`);
        const work = async () => {
            try {
                await twice(attempt, log, again);
            } catch (error) {
                throw imageFailure(name, log, error);
            } finally {
                if (request.prepare) await rm(request.context, { recursive: true, force: true });
            }
        };
        if (!compilesGo(text)) return work();
        // Compilers side by side would fight for memory; and a failed build keeps its caches for the next attempt.
        return withLock(
            goLock(),
            (holder) => note(`waiting for ${holder}, which is compiling`),
            async () => {
                await seedBuildCache(goSet(request), note);
                await work();
                await removeGoCaches(goSet(request));
            },
        );
    };
    await step(`Build image ${name}`, build, { place });
}

/** The Go caches of an image. */
function goSet({ name }: ImageRequest): string {
    return `image-${name}`;
}

async function buildArguments(text: string, base: string, request: ImageRequest): Promise<string[]> {
    const { ref, archived = ref, context, containerfile } = request;
    const volumes: string[] = [];
    const authorities = await hostAuthorities();
    if (authorities) volumes.push(`${authorities}:/etc/ssl/certs/ca-certificates.crt:ro`);
    if (compilesGo(text)) {
        const caches = goCaches(goSet(request));
        await Promise.all(Object.values(caches).map((dir) => mkdir(dir, { recursive: true })));
        volumes.push(
            `${(await findGo()).root}:/usr/local/go:ro`,
            // Where Go looks for them by itself when it is root.
            `${caches.modules}:/root/go/pkg/mod`,
            `${caches.build}:/root/.cache/go-build`,
        );
    }
    return [
        "build",
        "--pull-never",
        "--file",
        containerfile,
        ...(request.platform ? ["--platform", request.platform] : []),
        "--tag",
        archived,
        ...baseArguments(text).flatMap((name) => ["--build-arg", `${name}=${base}`]),
        ...volumes.flatMap((volume) => ["--volume", volume]),
        context,
    ];
}

/** Says which image it was, where its log is, and what it said last; why it failed is its last line. */
export function imageFailure(name: string, log: string, error: unknown): unknown {
    if (!(error instanceof UserError) || error instanceof Stopped) return error;
    const evidence = error.details.evidence ?? [];
    return (
        fullDisk(evidence.join("\n"), cacheDir(), `build image ${name}`) ??
        new UserError(`image ${name} cannot be built`, {
            where: log,
            evidence: evidence.slice(-15),
            fix: `mend what the cause names, then run the same command again`,
            kept: "what was built before stays and is not built again",
            cause: causeOf(error),
        })
    );
}
