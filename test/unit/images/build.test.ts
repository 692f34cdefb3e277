import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { imageNames } from "../../../config/images";
import { imageRequest } from "../../../images/build";
import { baseArguments, basesIn } from "../../../images/build/containerfile";
import { lockedBases } from "../../../images/inventory/bases";
import { readLock } from "../../../images/inventory/lock";
import { imageSettings } from "../../../images/inventory/settings";
import { type ImagesOptions, makeImages } from "../../../images/build/make";
import { pushFailure } from "../../../images/build/push-failure";
import { renderError, UserError } from "../../../lib/errors";
import { Registry } from "../../support/registry";

const digest = (character: string) => `sha256:${character.repeat(64)}`;

/** `make images`, with programs on the PATH that only note how they were called. */
describe("make images", function () {
    this.timeout(30_000);
    let dir: string;
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "images-"));
        mkdirSync(join(dir, "bin"));
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    /** A program that notes its arguments and goes on with `script`. */
    const program = (name: string, script = "") => {
        writeFileSync(join(dir, "bin", name), `#!/bin/bash\necho "${name} $*" >>"${join(dir, "calls")}"\n${script}\n`);
        chmodSync(join(dir, "bin", name), 0o755);
    };
    const calls = () =>
        existsSync(join(dir, "calls")) ? readFileSync(join(dir, "calls"), "utf8").trimEnd().split("\n") : [];
    const kind = (...clusters: string[]) =>
        program("kind", `[ "$1" = get ] && printf '%s\\n' ${clusters.join(" ")} || true`);
    /** Outcome: names on one side, what a person is told on the other. */
    const images = async (options: Partial<ImagesOptions>, ...names: string[]) => {
        const { PATH, HOME, DATA_PLATFORM_CACHE } = process.env;
        const write = process.stderr.write.bind(process.stderr);
        // Only bash besides: a Docker that is really there must not be found.
        Object.assign(process.env, { PATH: join(dir, "bin"), HOME: dir, DATA_PLATFORM_CACHE: join(dir, "cache") });
        process.stderr.write = () => true;
        try {
            return { refs: await makeImages(names, { tool: "auto", ...options }), told: "" };
        } catch (error) {
            return { refs: [], told: renderError(error) };
        } finally {
            process.stderr.write = write;
            Object.assign(process.env, { PATH, HOME, DATA_PLATFORM_CACHE });
            if (DATA_PLATFORM_CACHE === undefined) delete process.env.DATA_PLATFORM_CACHE;
        }
    };
    const ref = (name: (typeof imageNames)[number], stack: string) =>
        imageRequest(name, imageSettings({ stack }).registry).ref;

    it("builds every image with Docker under the names that the stack's pods ask for, and pushes them", async () => {
        program("docker");
        const { refs, told } = await images({ stack: "prod", push: true });
        // The object store comes out of its own registry.
        const built = imageNames.filter((name) => name !== "minio");
        assert.deepEqual(
            refs,
            built.map((name) => ref(name, "prod")),
            told,
        );
        assert.ok(refs.every((each) => each.startsWith("registry.example.com/data-platform/")));
        for (const each of refs) {
            assert.ok(calls().some((call) => call.startsWith("docker build ") && call.includes(` --tag ${each} `)));
            assert.ok(calls().includes(`docker push ${each}`));
        }
    });

    describe("with --missing", () => {
        let registry: Registry;
        let names: Record<"etl" | "mlflow", string>;
        beforeEach(async () => {
            registry = await Registry.serve();
            const at = (name: "etl" | "mlflow") => imageRequest(name, registry.address).ref;
            names = { etl: at("etl"), mlflow: at("mlflow") };
            for (const ref of Object.values(names)) registry.has(ref, digest("a"));
            program("docker", `[ "$1" = push ] && echo "x: digest: ${digest("b")} size: 1" || true`);
        });
        afterEach(() => registry.close());
        const built = () => calls().flatMap((call) => /^docker build .* --tag (\S+) /.exec(call)?.[1] ?? []);
        const missing = (options: Partial<ImagesOptions>) =>
            images({ registry: registry.address, push: true, missing: true, ...options }, "etl", "mlflow");

        it("a tag that is there is trusted by its contents only: what the file of digests has", async () => {
            const digests = join(dir, "digests.json");
            writeFileSync(digests, JSON.stringify({ [names.etl]: digest("a"), [names.mlflow]: digest("c") }));
            const { refs, told } = await missing({ digests });
            assert.deepEqual([refs, told], [Object.values(names), ""]);
            // Somebody else's under the tag of mlflow is built over.
            assert.deepEqual(built(), [names.mlflow]);
            const written = JSON.parse(readFileSync(digests, "utf8")) as unknown;
            assert.deepEqual(written, { [names.etl]: digest("a"), [names.mlflow]: digest("b") });
            rmSync(join(dir, "calls"));
            registry.has(names.mlflow, digest("b"));
            assert.equal((await missing({ digests })).told, "");
            assert.deepEqual(built(), []);
        });

        it("or what is signed under its very name", async () => {
            const signer = "https://github.com/acme/platform/.github/workflows/images.yml@refs/heads/main";
            program("cosign", `[[ "$1" = version || "$*" = *"image=${names.etl} "* ]]`);
            const digests = join(dir, "digests.json");
            const { told } = await missing({ signer, digests });
            assert.equal(told, "");
            assert.deepEqual(built(), [names.mlflow]);
            assert.deepEqual(JSON.parse(readFileSync(digests, "utf8")), {
                [names.etl]: digest("a"),
                [names.mlflow]: digest("b"),
            });
            const verified = calls().filter((call) => call.startsWith("cosign verify "));
            assert.equal(
                verified[0],
                `cosign verify --certificate-identity ${signer} --certificate-oidc-issuer https://token.actions.githubusercontent.com --annotations image=${names.etl} ${registry.address}/etl@${digest("a")}`,
            );
        });

        it("nothing that only has the right tag is trusted, and one has to say by what", async () => {
            assert.match((await missing({})).told, /whose contents are trusted[\s\S]*--digests <file>.*--signer/);
            const { told } = await images({ stack: "prod", missing: true });
            assert.match(told, /goes with --push[\s\S]*make: PUSH=1/);
            const signed = await missing({ signer: "https://example.com/x" });
            assert.match(signed.told, /cosign is not there/);
            assert.deepEqual(built(), []);
        });
    });

    it("every image is built over the bases that the lock has, by their digests", async () => {
        const lock = readLock();
        const filled = { ...lock, bases: lock.bases.map((each) => ({ ...each, digest: digest("e") })) };
        for (const name of imageNames) {
            const text = readFileSync(imageRequest(name, "x").containerfile, "utf8");
            const bases = basesIn(text);
            assert.deepEqual(
                bases.map(({ argument }) => argument).sort(),
                baseArguments(text)
                    .filter((argument) => text.includes(`ARG ${argument}=`))
                    .sort(),
                name,
            );
            const args = bases.flatMap(({ argument, ref: base }) => [
                "--build-arg",
                `${argument}=${base.slice(0, base.lastIndexOf(":"))}@${digest("e")}`,
            ]);
            assert.ok(args.length > 0);
            assert.deepEqual(lockedBases(text, filled), args, `${name}: make images-lock`);
            const empty = { ...lock, bases: lock.bases.map((each) => ({ ...each, digest: null })) };
            assert.deepEqual(lockedBases(text, empty), []);
        }
        program("docker");
        await images({}, "etl");
        const expected = lockedBases(readFileSync(imageRequest("etl", "x").containerfile, "utf8")).join(" ");
        assert.ok(calls().at(-1)?.includes(expected), calls().at(-1));
    });

    it("a push writes what the registry has then, and keeps what the file says of other images", async () => {
        const digests = join(dir, "digests.json");
        const other = `r.example.com/x/kafka:1`;
        writeFileSync(digests, JSON.stringify({ [other]: digest("c"), "r.example.com/x/etl:old": digest("c") }));
        program("docker", `[ "$1" = push ] && printf 'etl: digest: ${digest("b")} size: 1\n' || true`);
        const { refs, told } = await images({ registry: "r.example.com/x", push: true, digests }, "etl");
        assert.equal(told, "");
        const written = () => JSON.parse(readFileSync(digests, "utf8")) as unknown;
        assert.deepEqual(written(), { [other]: digest("c"), [refs[0]]: digest("b") });

        program("podman", `[ "$1" = push ] && echo -n ${digest("d")} >"$3" || true`);
        await images({ tool: "podman", registry: "r.example.com/x", push: true, digests }, "etl");
        assert.deepEqual(written(), { [other]: digest("c"), [refs[0]]: digest("d") });

        program("docker");
        const silent = await images({ registry: "r.example.com/x", push: true, digests }, "etl");
        assert.match(silent.told, /the push of r\.example\.com\/x\/etl:\S+ told no digest/);
        const alone = await images({ registry: "r.example.com/x", digests }, "etl");
        assert.match(alone.told, /--digests goes with --push/);
    });

    it("takes Podman where Docker doesn't answer, and loads into kind by way of an archive", async () => {
        program("docker", "exit 1");
        program("podman");
        kind("dev", "other");
        const { told } = await images({ stack: "dev", kind: "dev" }, "minio");
        assert.equal(told, "");
        const [save, load] = calls().filter((call) => / (save|load) /.test(call));
        assert.match(
            save,
            new RegExp(`^podman save --quiet --format docker-archive --output (\\S+) ${ref("minio", "dev")}$`),
        );
        assert.equal(load, `kind load image-archive ${save.split(" ")[6]} --name dev`);
        assert.ok(!existsSync(save.split(" ")[6]));
    });

    it("loads Docker's images into kind directly", async () => {
        program("docker");
        kind("kind");
        const { told } = await images({ registry: "r.example.com/x", kind: "kind" }, "etl");
        assert.equal(told, "");
        assert.equal(
            calls().at(-1),
            `kind load docker-image ${imageRequest("etl", "r.example.com/x").ref} --name kind`,
        );
    });

    it("says before it builds that kind isn't there, or has no such cluster", async () => {
        program("docker");
        const missing = await images({ kind: "kind" });
        assert.match(
            missing.told,
            /kind is not there.*\n.*--kind\n.*fix: {5}install it \(https:\/\/kind\.sigs\.k8s\.io\)/,
        );
        kind("one", "two");
        const other = await images({ kind: "three" });
        assert.match(other.told, /kind has no cluster "three"\n.*\n {2}allowed: one, two\n/);
        kind();
        const none = await images({ kind: "three" });
        assert.match(none.told, /fix: {5}kind create cluster --name three/);
        assert.ok(!calls().some((call) => call.includes("build")));
    });

    it("tells a refused push by its registry, and how to sign in", async () => {
        program(
            "docker",
            '[ "$1" = push ] && { echo "denied: requested access to the resource is denied" >&2; exit 1; } || true',
        );
        const { told } = await images({ registry: "ghcr.io/acme", push: true }, "minio");
        assert.match(told, /the registry ghcr\.io refuses the push/);
        assert.match(told, /\| denied: requested access/);
        assert.match(told, /fix: {5}log in first: docker login ghcr\.io/);
    });

    it("refuses to push where there is no registry, by the key that says so", async () => {
        program("docker");
        const { told } = await images({ stack: "sandbox", push: true });
        assert.match(
            told,
            /cannot be pushed: that is not a registry\n {2}where: {3}images\.registry of the stack sandbox/,
        );
        const unknown = await images({ stack: "nonsense", push: true });
        assert.match(unknown.told, /there is no stack file Pulumi\.nonsense\.yaml/);
        assert.deepEqual(calls(), []);
    });

    it("says which tools don't answer, where none does and buildah isn't asked for", async () => {
        program("docker", 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
        const { told } = await images({ tool: "docker" }, "minio");
        assert.match(
            told,
            /docker cannot be used here\n {2}\| Cannot connect to the Docker daemon\n {2}fix: {5}install or start docker/,
        );
        const other = await images({ tool: "podman" }, "minio");
        assert.match(other.told, /podman cannot be used here/);
    });

    it("an image that isn't there is told with those that are", async () => {
        const { told } = await images({}, "nonsense");
        assert.match(told, /there is no image nonsense\n {2}allowed: minio, kafka, /);
    });
});

describe("pushes that fail", () => {
    const failure = (line: string) =>
        pushFailure("podman", "r.example.com:5000/x/etl:1", new UserError("failed", { evidence: [line] })) as UserError;

    it("are told apart: nobody signed in, nobody there, no TLS, and all else", () => {
        const fix = (line: string) => [failure(line).message, failure(line).details.fix];
        assert.deepEqual(fix("unauthorized: authentication required"), [
            "the registry r.example.com:5000 refuses the push: nobody is signed in, or may not write there",
            "log in first: podman login r.example.com:5000",
        ]);
        assert.match(failure("dial tcp 10.0.0.1:5000: connect: connection refused").message, /can't be reached/);
        assert.match(failure("http: server gave HTTP response to HTTPS client").message, /speaks plain HTTP/);
        assert.equal(failure("blob upload invalid").message, "r.example.com:5000/x/etl:1 cannot be pushed");
    });

    it("what isn't a person's to mend stays as it is", () => {
        const error = new TypeError("x");
        assert.equal(pushFailure("docker", "r/x", error), error);
    });
});
