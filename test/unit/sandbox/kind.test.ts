import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { imageNames, imageRef } from "../../../config/images";
import { kindNode, kubernetes } from "../../../config/versions";
import { publishedFrom } from "../../../images/build/published";
import { textOf } from "../../../images/inventory/lock";
import { renderError } from "../../../lib/errors";
import { repoRoot } from "../../../lib/paths";
import { clusterConfig, deleteCluster, provideCluster } from "../../../sandbox/kind/cluster";
import { imagesOf, provideImages, unpublished } from "../../../sandbox/kind/images";
import { at, type Layout } from "../../../sandbox/kind/layout";
import { requireKindTools } from "../../../sandbox/kind/needs";
import { changesOf, outputsOf, provideStack, stackFileText, updateStack } from "../../../sandbox/kind/stack";
import { configProblems } from "../../support/config-problems";

const built = imageNames.filter((name) => name !== "minio" && !name.startsWith("workload-"));

/** `make kind`, with programs on the PATH that only note how they were called, and by which variables. */
describe("make kind", function () {
    this.timeout(30_000);
    let dir: string;
    let place: Layout;
    let before: NodeJS.ProcessEnv;
    let write: typeof process.stderr.write;
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "kind-"));
        mkdirSync(join(dir, "bin"));
        place = { ...at(join(dir, "kind")), stackFile: join(dir, "Pulumi.kind.yaml") };
        before = { ...process.env };
        write = process.stderr.write.bind(process.stderr);
        process.stderr.write = () => true;
        Object.assign(process.env, { PATH: join(dir, "bin"), DATA_PLATFORM_CACHE: join(dir, "cache") });
    });
    afterEach(() => {
        process.stderr.write = write;
        for (const name of ["PATH", "DATA_PLATFORM_CACHE"]) {
            if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
            else process.env[name] = before[name];
        }
        rmSync(dir, { recursive: true });
    });

    const program = (name: string, script = "") => {
        const note = `echo "${name} $*" >>"${join(dir, "calls")}"`;
        const variables = `echo "$PULUMI_BACKEND_URL $PULUMI_CONFIG_PASSPHRASE_FILE $KUBECONFIG [$PULUMI_CONFIG_PASSPHRASE]" >>"${join(dir, "variables")}"`;
        writeFileSync(join(dir, "bin", name), `#!/bin/bash\n${note}\n${variables}\n${script}\n`);
        chmodSync(join(dir, "bin", name), 0o755);
    };
    const lines = (file: string) =>
        existsSync(join(dir, file)) ? readFileSync(join(dir, file), "utf8").trimEnd().split("\n") : [];
    const calls = () => lines("calls");
    const told = (work: Promise<unknown>) => work.then(() => "", renderError);

    it("refuses a machine without its programs, all in one message, with how to get each", async () => {
        program("docker", 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
        program("kubectl");
        const said = await told(requireKindTools());
        assert.match(said, /^a cluster by kind can't be made here; nothing has been made/);
        assert.match(said, /docker is there and doesn't answer: Cannot connect to the Docker daemon/);
        assert.match(said, /\| kind is not there\n/);
        assert.match(said, /\| pulumi is not there\n/);
        assert.doesNotMatch(said, /kubectl is/);
        assert.match(said, /kind 0\.33 or newer: https:\/\/kind\.sigs\.k8s\.io.*\n.*Pulumi's CLI: make packages/);
        for (const name of ["docker", "kind", "pulumi"]) program(name);
        assert.equal(await told(requireKindTools()), "");
    });

    it("makes one node of the Kubernetes that tests run on, by digest, with a kubeconfig of its own", async () => {
        program("kind");
        await provideCluster(place);
        assert.deepEqual(calls(), [
            "kind get clusters",
            `kind create cluster --name data-platform --config ${place.config} --kubeconfig ${place.kubeconfig} --wait 10m`,
        ]);
        const config = parse(readFileSync(place.config, "utf8")) as { nodes: { role: string; image: string }[] };
        assert.deepEqual(config, parse(clusterConfig()));
        assert.deepEqual(config.nodes, [{ role: "control-plane", image: kindNode }]);
        assert.match(kindNode, new RegExp(`^kindest/node:v${kubernetes.newest}\\.\\d+@sha256:[0-9a-f]{64}$`));
    });

    it("keeps a cluster that is there, and deletes no other", async () => {
        program("kind", '[ "$1" = get ] && printf "other\\ndata-platform\\n" || true');
        await provideCluster(place);
        assert.equal(calls()[1], `kind export kubeconfig --name data-platform --kubeconfig ${place.kubeconfig}`);
        await deleteCluster(place);
        assert.equal(calls()[2], `kind delete cluster --name data-platform --kubeconfig ${place.kubeconfig}`);
    });

    it("builds and loads what isn't published, which today is all, and has the node pull the rest", async () => {
        assert.deepEqual(
            unpublished(),
            imageNames.filter((name) => name !== "minio"),
        );
        const ref = { registry: "ghcr.io/acme/x", platforms: ["linux/amd64", "linux/arm64"] as const };
        const digests = Object.fromEntries(built.map((name) => [imageRef(name, ref), `sha256:${"a".repeat(64)}`]));
        const published = publishedFrom(digests, "v1.0.0", ref.platforms);
        const file = join(dir, "published.json");
        writeFileSync(file, textOf(published));
        assert.deepEqual(
            unpublished(file).filter((name) => built.includes(name)),
            [],
        );
        published.images.etl.content = "0.1.0-other";
        writeFileSync(file, textOf(published));
        assert.deepEqual(
            unpublished(file).filter((name) => built.includes(name)),
            ["etl"],
        );

        program("docker");
        program("kind", '[ "$1" = get ] && echo data-platform || true');
        await provideImages(["etl"]);
        const name = imageRef("etl", "localhost/data-platform");
        assert.equal(calls().at(-1), `kind load docker-image ${name} --name data-platform`);
        assert.ok(calls().some((call) => call.startsWith("docker build ") && call.includes(`--tag ${name}`)));
        rmSync(join(dir, "calls"));
        await provideImages([]);
        assert.deepEqual(calls(), []);
    });

    it("writes a stack that the program takes, with what is built here or as it is published", () => {
        const images = (given: object) => (parse(stackFileText(given)) as { config: Record<string, unknown> }).config;
        const all = images(imagesOf(built));
        assert.deepEqual(all["data-platform:images"], { registry: "localhost/data-platform" });
        assert.deepEqual(all["data-platform:kubernetes"], { context: "kind-data-platform" });
        const raw = Object.fromEntries(Object.entries(all).map(([key, value]) => [key.split(":")[1], value]));
        assert.deepEqual(configProblems(raw, "kind"), {});
        assert.deepEqual(imagesOf(["etl"]), {
            registry: "localhost/data-platform",
            published: "images/published.json",
        });
        assert.equal(images(imagesOf([]))["data-platform:images"], undefined);
    });

    it("runs the real CLI with a state, a passphrase and a cluster of its own, and touches neither twice", async () => {
        process.env.PULUMI_CONFIG_PASSPHRASE = "somebody's own";
        try {
            program(
                "pulumi",
                `case "$*" in *output*) echo '{"endpoints": {}}' ;; *history*) echo '[{"resourceChanges": {"create": 7}}, {}]' ;; esac`,
            );
            await provideStack(place, imagesOf(built));
            const passphrase = readFileSync(place.passphrase, "utf8");
            assert.match(passphrase, /^[\w-]{32}\n$/);
            assert.equal(statSync(place.passphrase).mode & 0o777, 0o600);
            writeFileSync(place.stackFile, "mine\n");
            await provideStack(place, imagesOf(built));
            assert.equal(readFileSync(place.stackFile, "utf8"), "mine\n");
            assert.equal(readFileSync(place.passphrase, "utf8"), passphrase);
            await updateStack(place);
            assert.deepEqual(await outputsOf(place), { endpoints: {} });
            assert.deepEqual((await changesOf(place)).create, 7);
        } finally {
            if (before.PULUMI_CONFIG_PASSPHRASE === undefined) delete process.env.PULUMI_CONFIG_PASSPHRASE;
            else process.env.PULUMI_CONFIG_PASSPHRASE = before.PULUMI_CONFIG_PASSPHRASE;
        }
        const own = "--stack kind --non-interactive";
        assert.deepEqual(calls(), [
            ...Array<string>(2).fill(`pulumi stack select --create ${own}`),
            `pulumi up --yes --skip-preview --policy-pack policy ${own}`,
            `pulumi stack output --json ${own}`,
            `pulumi stack history --json ${own}`,
        ]);
        const expected = `file://${place.state} ${place.passphrase} ${place.kubeconfig} []`;
        assert.deepEqual([...new Set(lines("variables"))], [expected]);
    });

    it("the devcontainer has what it needs: Docker, kubectl, Go for kind, and Node by make packages", () => {
        const text = readFileSync(join(repoRoot, ".devcontainer/devcontainer.json"), "utf8");
        const container = JSON.parse(text) as { features: Record<string, unknown>; postCreateCommand: string };
        const features = Object.keys(container.features).map((each) => each.split("/").at(-1)?.split(":")[0]);
        assert.deepEqual(features.sort(), ["docker-in-docker", "go", "kubectl-helm-minikube", "node", "python"]);
        assert.match(container.postCreateCommand, /go install sigs\.k8s\.io\/kind@v0\.33\.0 && make deps/);
    });
});
