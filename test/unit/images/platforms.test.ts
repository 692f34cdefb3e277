import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { imageContext, imageNames, imageRef } from "../../../config/images";
import { type ImagePlatform, platformSuffix } from "../../../config/platforms";
import { imageRequest } from "../../../images/build";
import { baseImage } from "../../../images/build/base";
import { archiveOf } from "../../../images/build/buildah";
import { type ImagesOptions, makeImages } from "../../../images/build/make";
import { type Machine, planPlatforms } from "../../../images/build/platforms";
import { pushArchives } from "../../../images/build/push";
import { lockedBases } from "../../../images/inventory/bases";
import { renderError } from "../../../lib/errors";
import { repoRoot } from "../../../lib/paths";

const digest = (character: string) => `sha256:${character.repeat(64)}`;
const both: ImagePlatform[] = ["linux/amd64", "linux/arm64"];

describe("platforms of images", () => {
    it("are part of a tag, but for the usual one alone, whatever their order", () => {
        const plain = imageContext("kafka").tag;
        assert.equal(imageContext("kafka", ["linux/amd64"]).tag, plain);
        assert.equal(imageContext("kafka", ["linux/arm64"]).tag, `${plain}-arm64`);
        assert.equal(imageContext("kafka", ["linux/arm64", "linux/amd64"]).tag, `${plain}-amd64-arm64`);
        assert.equal(platformSuffix(["linux/arm64", "linux/arm64"]), "-arm64");
        const images = { registry: "r.example.com/x", platforms: both };
        assert.equal(imageRef("kafka", images), `r.example.com/x/kafka:${plain}-amd64-arm64`);
    });

    it("keep archives and bases of buildah apart", () => {
        const request = imageRequest("kafka", "r", both);
        const one = { ...request, build: "in-list-arm64" };
        assert.notEqual(archiveOf(one), archiveOf({ ...one, build: "in-list-amd64" }));
        assert.notEqual(baseImage("linux/arm64").archive, baseImage().archive);
    });

    it("nothing that an image is made of is for one architecture only", () => {
        for (const name of imageNames) {
            const text = readFileSync(imageRequest(name, "r").containerfile, "utf8");
            assert.doesNotMatch(text, /x86[_-]64|amd64|aarch64|arm64/i, name);
        }
        const jars = ["kafka", "spark"].flatMap((name) =>
            readFileSync(join(repoRoot, "images", name, "sha256sums.txt"), "utf8")
                .split("\n")
                .map((line) => line.split(/\s+/)[1] ?? ""),
        );
        for (const jar of jars.filter((each) => /x86_64|amd64/.test(each))) {
            assert.ok(jars.includes(jar.replace(/x86_64|amd64/, "aarch_64")), `${jar} has no counterpart for arm64`);
        }
    });

    const machine = (arch: string): Machine => ({ arch, platform: "linux", binfmt: "/nowhere" });
    const plan = (wish: Parameters<typeof planPlatforms>[0], arch = "x64") => {
        try {
            return planPlatforms(wish, machine(arch));
        } catch (error) {
            return renderError(error);
        }
    };

    it("a plain build is as ever; a stack's own are what its pods ask for", () => {
        assert.deepEqual(plan({ push: true }), { named: undefined });
        assert.deepEqual(plan({ ofStack: both, stack: "prod", push: true }), { named: both, built: both });
        assert.deepEqual(plan({ ofStack: ["linux/arm64"], push: true }, "arm64"), { named: ["linux/arm64"] });
        // One is built here, under the name that the pods ask for.
        assert.deepEqual(plan({ ofStack: both, stack: "dev", kind: "kind" }, "arm64"), { named: both });
        assert.deepEqual(plan({ asked: ["linux/arm64"] }), { named: ["linux/arm64"], built: ["linux/arm64"] });
    });

    it("what would be something else than its tag says is refused", () => {
        assert.match(
            plan({ asked: both, stack: "prod", push: true }) as string,
            /isn't what the pods of the stack prod ask for[\s\S]*linux\/amd64, by default[\s\S]*images\.platforms\[0\]' linux\/amd64\n[\s\S]*images\.platforms\[1\]' linux\/arm64/,
        );
        assert.match(
            plan({ push: true }, "arm64") as string,
            /this machine builds for linux\/arm64, and a tag that names no platform stands for linux\/amd64[\s\S]*PLATFORM=linux\/arm64/,
        );
        assert.match(plan({ stack: "prod", push: true }, "arm64") as string, /images\.platforms\[0\]' linux\/arm64/);
        assert.match(plan({ asked: both }) as string, /a list that a registry keeps[\s\S]*PUSH=1/);
        assert.match(
            plan({ asked: ["linux/arm64"], kind: "kind" }) as string,
            /kind's nodes here are linux\/amd64, and these images are for linux\/arm64 only/,
        );
    });
});

describe("make images for several platforms", function () {
    this.timeout(30_000);
    let dir: string;
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "platforms-"));
        for (const each of ["bin", "binfmt"]) mkdirSync(join(dir, each));
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    const program = (name: string, script = "") => {
        writeFileSync(join(dir, "bin", name), `#!/bin/bash\necho "${name} $*" >>"${join(dir, "calls")}"\n${script}\n`);
        chmodSync(join(dir, "bin", name), 0o755);
    };
    const calls = () =>
        existsSync(join(dir, "calls")) ? readFileSync(join(dir, "calls"), "utf8").trimEnd().split("\n") : [];
    /** Runs with the stand-ins alone on the PATH, or before all else. */
    const alone = async <T>(work: () => Promise<T>, others = "") => {
        const { PATH, HOME, DATA_PLATFORM_CACHE } = process.env;
        const write = process.stderr.write.bind(process.stderr);
        Object.assign(process.env, {
            PATH: join(dir, "bin") + others,
            HOME: dir,
            DATA_PLATFORM_CACHE: join(dir, "cache"),
        });
        process.stderr.write = () => true;
        try {
            return { result: await work(), told: "" };
        } catch (error) {
            return { told: renderError(error) };
        } finally {
            process.stderr.write = write;
            Object.assign(process.env, { PATH, HOME, DATA_PLATFORM_CACHE });
            if (DATA_PLATFORM_CACHE === undefined) delete process.env.DATA_PLATFORM_CACHE;
        }
    };
    const images = (options: Partial<ImagesOptions>, ...names: string[]) =>
        alone(() =>
            makeImages(names, {
                tool: "docker",
                registry: "127.0.0.1:1/x",
                platform: both,
                push: true,
                machine: { arch: "x64", platform: "linux", binfmt: join(dir, "binfmt") },
                ...options,
            }),
        );
    const builder = (driver: string, platforms: string, rest = "") =>
        program(
            "docker",
            `if [ "$2" = inspect ]; then printf 'Name: x\\nDriver: ${driver}\\nPlatforms: ${platforms}\\n'; fi\n${rest}`,
        );
    const metadata = `while [ $# -gt 0 ]; do [ "$1" = --metadata-file ] && echo '{"containerimage.digest": "${digest("b")}"}' >"$2"; shift; done; true`;
    const request = imageRequest("etl", "127.0.0.1:1/x", both);
    const bases = lockedBases(readFileSync(request.containerfile, "utf8")).map((each) => ` ${each}`);
    const source = `--file ${request.containerfile}${bases.join("")} ${request.context}`;

    it("docker builds and pushes a list by buildx, and its digest is that of the list", async () => {
        builder("docker-container", "linux/amd64*, linux/arm64, linux/riscv64", metadata);
        const digests = join(dir, "digests.json");
        const { result, told } = await images({ digests }, "etl");
        assert.equal(told, "");
        assert.deepEqual(result, [request.ref]);
        assert.match(request.ref, /-amd64-arm64$/);
        const build = calls().at(-1) ?? "";
        assert.match(build, /^docker buildx build --push --provenance=false --sbom=false --metadata-file \S+ --tag /);
        assert.ok(build.endsWith(` --tag ${request.ref} --platform linux/amd64,linux/arm64 ${source}`), build);
        assert.deepEqual(JSON.parse(readFileSync(digests, "utf8")), { [request.ref]: digest("b") });
        // One that isn't this machine's own, too.
        const other = await images({ platform: ["linux/arm64"], push: false }, "etl");
        assert.match(other.result?.[0] ?? other.told, /-arm64$/);
        assert.match(calls().at(-1) ?? "", /^docker buildx build --load --platform linux\/arm64 --file /);
    });

    it("a builder in a container hands over what is built for this machine; docker's own needn't be told", async () => {
        const plain = (driver: string) => {
            builder(driver, "linux/amd64");
            return images({ platform: undefined, push: false }, "etl");
        };
        assert.equal((await plain("docker-container")).told, "");
        assert.match(calls().at(-1) ?? "", /^docker build --load --file /);
        assert.equal((await plain("docker")).told, "");
        assert.match(calls().at(-1) ?? "", /^docker build --file /);
    });

    it("podman makes the list here and pushes all of it", async () => {
        program("podman", `[ "$2" = push ] && echo -n ${digest("d")} >"$5" || true`);
        writeFileSync(join(dir, "binfmt", "qemu-aarch64"), "enabled\n");
        const digests = join(dir, "digests.json");
        const { told } = await images({ tool: "podman", digests }, "etl");
        assert.equal(told, "");
        const [remove, build, push] = calls().slice(-3);
        assert.equal(remove, `podman manifest rm ${request.ref}`);
        assert.equal(build, `podman build --manifest ${request.ref} --platform linux/amd64,linux/arm64 ${source}`);
        assert.match(
            push,
            new RegExp(`^podman manifest push --all --digestfile \\S+ ${request.ref} docker://${request.ref}$`),
        );
        assert.deepEqual(JSON.parse(readFileSync(digests, "utf8")), { [request.ref]: digest("d") });
    });

    it("buildah pushes one list of what it has packed by platform", async () => {
        program("buildah", `[[ "$*" = *"manifest push"* ]] && echo -n ${digest("e")} >"\${12}" || true`);
        const archive = (name: string) => ({
            ref: request.ref,
            archive: join(dir, `${name}.tar`),
            platform: `linux/${name}` as ImagePlatform,
            archived: `${request.ref}-in-list-${name}`,
        });
        const { result, told } = await alone(
            () => pushArchives([archive("amd64"), archive("arm64")]),
            `:${process.env.PATH}`,
        );
        assert.deepEqual([result, told], [{ [request.ref]: digest("e") }, ""]);
        const said = calls().map((call) => call.replace(/^.*--storage-driver overlay /, ""));
        assert.deepEqual(said.slice(0, 3), [
            `manifest create ${request.ref}`,
            ...["amd64", "arm64"].map(
                (name) =>
                    `manifest add ${request.ref} oci-archive:${join(dir, name)}.tar:${request.ref}-in-list-${name}`,
            ),
        ]);
        assert.match(said[3], /^manifest push --all --quiet --digestfile \S+ \S+ docker:\/\/127/);
    });

    it("what a builder lacks is told in one message, before anything is built", async () => {
        builder("docker", "linux/amd64, linux/386");
        const docker = await images({}, "etl");
        assert.match(docker.told, /^images can't be built for linux\/amd64,linux\/arm64 here; nothing has been built/);
        assert.match(docker.told, /linux\/arm64: docker's builder has linux\/amd64, linux\/386/);
        assert.match(docker.told, /docker's own builder keeps images of one platform only/);
        assert.match(docker.told, /tonistiigi\/binfmt --install arm64\n[\s\S]*buildx create --use/);
        program("docker", '[ "$1" != buildx ]');
        assert.match((await images({}, "etl")).told, /docker has no buildx that answers/);
        program("podman");
        assert.match(
            (await images({ tool: "podman" }, "etl")).told,
            /linux\/arm64: this machine runs no programs of it/,
        );
        // MinIO is compiled by the Go of the machine where buildah builds.
        const buildah = await images({ tool: "buildah" }, "etl", "minio");
        assert.match(buildah.told, /runs no programs of it[\s\S]*minio is compiled by this machine's own Go/);
        assert.match(buildah.told, /qemu-user-binfmt[\s\S]*build minio by Docker or Podman/);
        assert.ok(!calls().some((call) => / build /.test(call.replace("buildx inspect", ""))), calls().join("\n"));
    });

    it("a push that is refused in the same command is told as one", async () => {
        const refused = 'echo "ERROR: failed to push 127.0.0.1:1/x/etl: denied: requested access" >&2; exit 1';
        builder("docker-container", "linux/amd64, linux/arm64", `[ "$2" = build ] && { ${refused}; } || true`);
        assert.match((await images({}, "etl")).told, /refuses the push[\s\S]*docker login 127\.0\.0\.1:1/);
    });
});
