import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { destroy, Target, up } from "../../engine/builtin/builtin";
import { BuiltinEngine } from "../../engine/builtin/engine";
import { KubeClient } from "../../kubernetes/client";
import { stateFile } from "../../engine/builtin/state";
import { prepareCharts } from "../../tools/charts";
import { renderError } from "../../lib/errors";
import { watchArguments } from "../support/process-arguments";
import { clusterTexts, filesUnder, leaksIn, secretValues, SecretValue } from "../support/secrets";
import { token, watched } from "../support/sentinel";
import { Bed, useBed } from "./bed";
import { dropDefinitions, everything, left } from "./world";

/** The namespaces that a stack has made. */
async function namespacesOf(kube: KubeClient, before: Set<string>): Promise<string[]> {
    const all = await kube.list("v1", "Namespace");
    return all.map(({ metadata }) => metadata.name).filter((name) => !before.has(`Namespace /${name}`));
}

describe("no secret of a stack leaves its Secrets, on a real API server", function () {
    this.timeout(600_000);
    let secrets: SecretValue[];
    const texts: Record<string, string> = {};
    let bed: Bed;
    let target: Target;
    let before: Set<string>;
    let tmpdir: string | undefined;
    let scratch: string;
    let all: SecretValue[];

    this.beforeAll(async () => {
        await prepareCharts();
        const { secrets: tokens, ...given } = watched("sandbox");
        all = secrets = tokens;
        bed = await useBed();
        await dropDefinitions(bed.kube);
        before = await everything(bed.kube);
        target = { ...given, kubeconfig: bed.kubeconfig, dir: await bed.scratch() };
        // What the update leaves in the directory for temporary files is its own alone.
        tmpdir = process.env.TMPDIR;
        scratch = join(await bed.scratch(), "tmp");
        mkdirSync(scratch);
        process.env.TMPDIR = scratch;
    });
    this.afterAll(async () => {
        if (tmpdir === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = tmpdir;
        await destroy(target);
        await dropDefinitions(bed.kube);
        assert.deepEqual(await left(bed.kube, before), []);
    });

    /** Runs something with all that it prints kept under a name. */
    async function listened(name: string, work: (options: { print: Note; note: Note }) => Promise<unknown>) {
        const lines: string[] = [];
        const write = process.stderr.write.bind(process.stderr);
        process.stderr.write = ((chunk: string) => (lines.push(String(chunk)), true)) as typeof process.stderr.write;
        try {
            const print = (line: string) => void lines.push(line);
            const result = await work({ print, note: print });
            lines.push(JSON.stringify(result));
        } catch (error) {
            lines.push(renderError(error), JSON.stringify(error), error instanceof Error ? String(error.stack) : "");
            throw error;
        } finally {
            process.stderr.write = write;
            texts[name] = lines.join("\n");
        }
    }

    it("not while it is previewed and brought up: neither in what is printed nor in a command line", async () => {
        const engine = new BuiltinEngine(target);
        const commands = watchArguments();
        await listened("preview", (options) => engine.preview(target.stack, { ...options, all: true }));
        await listened("up", (options) => engine.up(target.stack, options));
        await listened("outputs", () => engine.outputs(target.stack));
        commands.stop().forEach((line, index) => (texts[`command line ${index}: ${line.slice(0, 60)}`] = line));
        assert.ok(
            Object.values(texts).some((line) => / upgrade --install /.test(line)),
            "no command line was seen",
        );

        const namespaces = await namespacesOf(bed.kube, before);
        all = [...secrets, ...(await secretValues(bed.kube, namespaces))];
        assert.ok(all.length > secrets.length + 8, `${all.length - secrets.length} values of Secrets`);
        assert.deepEqual(leaksIn(texts, all), []);
    });

    it("not in the cluster: no object but Secrets has one, and Helm's records of the releases have none", async () => {
        const namespaces = await namespacesOf(bed.kube, before);
        const found = await clusterTexts(bed.kube, namespaces);
        assert.ok(Object.keys(found).some((name) => name.includes("sh.helm.release.v1.kafka")));
        assert.deepEqual(leaksIn(found, all), []);
        const everywhere: Record<string, string> = {};
        for (const { apiVersion, kind } of (await bed.kube.everyKind()).filter(
            ({ kind: { namespaced, verbs, kind } }) =>
                !namespaced && verbs.includes("list") && kind !== "CustomResourceDefinition",
        )) {
            for (const object of await bed.kube.list(apiVersion, kind.kind))
                everywhere[`${kind.kind} ${object.metadata.name}`] = JSON.stringify(object);
        }
        assert.deepEqual(leaksIn(everywhere, all), []);
    });

    it("each of them is in a Secret, but for those of workloads that this stack hasn't", async () => {
        const kept = await secretValues(bed.kube, await namespacesOf(bed.kube, before));
        const values = kept.map(({ value }) => value);
        const missing = secrets.filter(({ value }) => !values.some((each) => each.includes(value)));
        // By the list of all, so that another group of secrets is seen to arrive.
        const ofWorkloads = secrets.filter(({ of }) => of.startsWith("secrets."));
        assert.deepEqual(missing, ofWorkloads);
    });

    it("on the disk only in the engine's own state, for its owner alone", () => {
        const state = stateFile(target.dir, target.stack);
        const { [state]: own, ...others } = { ...filesUnder(target.dir), ...filesUnder(scratch) };
        assert.ok(own);
        assert.equal(statSync(state).mode & 0o777, 0o600);
        assert.deepEqual(leaksIn(others, all), []);
        // Those that the stack was given are in its stack file; the state has those that it has made.
        assert.deepEqual(leaksIn({ own }, secrets), []);
    });

    it("not in the words of an update that fails at a Secret", async () => {
        const secret = { apiVersion: "v1", kind: "Secret", namespace: "sandbox-storage", name: "minio-root" };
        const path = `/api/v1/namespaces/${secret.namespace}/secrets/${secret.name}`;
        // Somebody else has set a password: the server refuses ours, and says which field it is about.
        const theirs = token();
        await bed.kube.http.send({
            method: "PATCH",
            path: `${path}?fieldManager=somebody&force=true`,
            contentType: "application/apply-patch+yaml",
            body: {
                ...{ apiVersion: "v1", kind: "Secret", metadata: { name: secret.name, namespace: secret.namespace } },
                data: { rootPassword: Buffer.from(theirs).toString("base64") },
            },
        });
        const other = watched("sandbox");
        const changed = new BuiltinEngine({ ...target, config: other.config } as Target);
        await listened("preview of a change", (options) => changed.preview(target.stack, { ...options, all: true }));
        await assert.rejects(listened("failing update", (options) => changed.up(target.stack, options)));
        assert.match(texts["failing update"], /minio-root has fields that somebody else has changed/);
        all = [...all, { of: "their password", value: theirs }];
        assert.deepEqual(leaksIn(texts, [...all, ...other.secrets]), []);
    });

    it("not in the logs of the bed's own API server and controllers", () => {
        const logs = filesUnder(join(bed.kubeconfig, "..", "log"));
        assert.ok(Object.keys(logs).length > 0);
        assert.deepEqual(leaksIn(logs, secrets), []);
    });
});

type Note = (text: string) => void;

describe("the sentinel's own look at a cluster", function () {
    this.timeout(120_000);

    for (const where of ["config map", "annotation", "argument", "environment", "chart value", "output"]) {
        it(`counter-proof: a secret in the place of ${where} is found`, async () => {
            const bed = await useBed();
            const before = await everything(bed.kube);
            const password = token();
            const target: Target = {
                ...{ stack: "careless", kubeconfig: bed.kubeconfig, dir: await bed.scratch() },
                program: require.resolve("../unit/fixtures/careless.ts"),
                config: { "careless:where": where, "careless:secrets": JSON.stringify({ password }) },
                secretKeys: ["careless:secrets"],
            };
            const { outputs } = await up(target);
            const texts = { ...(await clusterTexts(bed.kube, ["careless"])), outputs: JSON.stringify(outputs) };
            const found = leaksIn(texts, [{ of: "it", value: password }]);
            await destroy(target);
            assert.deepEqual(await left(bed.kube, before), []);
            // The engine itself masks an output, whether or not it is marked.
            assert.equal(found.length > 0, where !== "output", found.join());
        });
    }
});
