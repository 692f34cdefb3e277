import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

import { execa } from "execa";

import { kinds } from "../../operations/new-workload/names";
import { newWorkload } from "../../operations/new-workload/write";

const root = join(__dirname, "../..");
const page = readFileSync(join(root, "docs/own-workload.md"), "utf8");

/** The page's blocks of a language, with the file that the line before names. */
function blocks(language: string): { file?: string; text: string }[] {
    const found = page.matchAll(new RegExp(`(?:^\`([^\`]+)\`[^\n]*:\n\n)?^\`\`\`${language}\n([^]*?)^\`\`\``, "gm"));
    return [...found].map(([, file, text]) => ({ file, text }));
}

/** Files that a copy of the project needs to be evaluated. */
const parts = [
    ...[
        "charts",
        "components",
        "config",
        "helm",
        "images",
        "kubernetes",
        "lib",
        "program",
        "render",
        "tools",
        "workloads",
    ],
    "test/support",
];
const files = ["index.ts", "package.json", "tsconfig.json", "Pulumi.yaml", "Pulumi.dev.yaml"];
const left = [".venv", ".venv-dags", "__pycache__", "node_modules"];

const begun = { task: "a-task", cronjob: "a-cronjob", service: "a-service", spark: "a-spark" };

interface Made {
    names: string[];
    /** Types of what has each name. */
    made: Record<string, string[]>;
    cronJob?: { spec: { jobTemplate: { spec: { template: { spec: { containers: { image: string }[] } } } } } };
    tasks: Record<string, string>;
}

/** Evaluates a copy of the program in a process of its own, and says what it would make. */
async function evaluate(directory: string, of = ["champion"]): Promise<Made> {
    const program = `
        const { collect } = require("./test/support/collect");
        collect({ stack: "dev" }).then((made) => {
            const named = (type, name) => made.all(type).find((one) => one.name === name)?.inputs;
            const typesOf = (each) => made.requests.filter(({ name }) => name === each).map(({ type }) => type.split(":").pop());
            const all = Object.fromEntries(${JSON.stringify(of)}.map((each) => [each, typesOf(each).sort()]));
            const tasks = { ...named("ConfigMap", "flights-tasks").data, ...named("ConfigMap", "own-tasks")?.data };
            process.stdout.write(JSON.stringify({ names: all.champion, made: all, cronJob: named("CronJob", "champion"), tasks }));
        });`;
    const { stdout } = await execa("node", ["-r", "ts-node/register/transpile-only", "-e", program], {
        cwd: directory,
    });
    return JSON.parse(stdout) as Made;
}

describe("docs/own-workload.md, followed to the letter", function () {
    this.timeout(300_000);
    let copy: string;
    let index: string;

    before(() => {
        copy = mkdtempSync(join(tmpdir(), "own-workload-"));
        for (const part of parts) {
            cpSync(join(root, part), join(copy, part), {
                recursive: true,
                filter: (source) => !left.some((name) => relative(root, source).split("/").includes(name)),
            });
        }
        for (const file of files) cpSync(join(root, file), join(copy, file));
        symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
        for (const { file, text } of [...blocks("python"), ...blocks("dockerfile")]) {
            assert.ok(file, "every program has a line before it that names its file");
            mkdirSync(dirname(join(copy, file)), { recursive: true });
            writeFileSync(join(copy, file), text);
        }
        // The imports, as the page says.
        index = readFileSync(join(copy, "index.ts"), "utf8")
            .replace(/^import \{\n/m, "import {\n    EtlCronJob, EtlService, EtlTask, workloadSecret,\n")
            .replace(/^import \{ load \}/m, 'import { imageRef } from "./config/images";\nimport { load }');
    });
    after(() => rmSync(copy, { recursive: true, force: true }));

    it("makes a scheduled workload with all that belongs to it", async () => {
        const [declaration] = blocks("ts");
        writeFileSync(join(copy, "index.ts"), `${index}\n${declaration.text}`);
        const { names, cronJob } = await evaluate(copy);
        assert.deepEqual(names.sort(), ["CronJob", "EtlCronJob", "NetworkPolicy", "ServiceAccount"]);
        const [{ image }] = cronJob?.spec.jobTemplate.spec.template.spec.containers ?? [];
        assert.match(image, /\/workload-champion:own-[0-9a-f]{12}$/);
    });

    it("makes a task for a DAG of one's own", async () => {
        const [, declaration] = blocks("ts");
        const call = /^flights\(\n/m;
        assert.match(index, call);
        const last = /( +orchestration: ns\.orchestration,\n)( +\},\n +opts,\n\);\n\nexport )/;
        assert.match(index, last);
        const text = index
            .replace(call, `${declaration.text}\nflights(\n`)
            .replace(last, "$1        more: [champion.task],\n$2");
        writeFileSync(join(copy, "index.ts"), text);
        const { tasks } = await evaluate(copy);
        assert.match(tasks["champion.yaml"], /kind: Pod[^]*workload-champion:own-/);
        assert.ok(tasks["ingest.yaml"], "the sample's stay");
    });

    it("makes a service that is scaled by what waits for it", async () => {
        const [, , declaration] = blocks("ts");
        writeFileSync(join(copy, "index.ts"), `${index}\n${declaration.text.replace('"delays"', '"champion"')}`);
        const { names } = await evaluate(copy);
        const kinds = "Deployment EtlService NetworkPolicy PodDisruptionBudget ServiceAccount";
        assert.equal(names.sort().join(" "), kinds);
    });

    it("makes what `data-platform new workload` has begun, of each kind", async () => {
        writeFileSync(join(copy, "index.ts"), readFileSync(join(root, "index.ts"), "utf8"));
        for (const kind of kinds) await newWorkload(copy, kind, begun[kind], []);
        const { made, tasks } = await evaluate(copy, Object.values(begun));
        assert.deepEqual(made, {
            "a-task": ["EtlTask", "NetworkPolicy", "ServiceAccount"],
            "a-cronjob": ["CronJob", "EtlCronJob", "NetworkPolicy", "ServiceAccount"],
            "a-service": [
                "Deployment",
                "EtlService",
                "NetworkPolicy",
                "PodDisruptionBudget",
                "Service",
                "ServiceAccount",
            ],
            "a-spark": ["NetworkPolicy", "Role", "RoleBinding", "ServiceAccount", "SparkBatch"],
        });
        assert.match(tasks["a-task.yaml"], /kind: Pod[^]*workload-a-task:own-/);
        assert.match(tasks["a-spark.yaml"], /kind: SparkApplication[^]*own_a_spark\.py/);
    });

    it("refuses a secret that isn't set, with the command that sets it", async () => {
        const [, , , declaration] = blocks("ts");
        writeFileSync(join(copy, "index.ts"), `${index}\n${declaration.text}`);
        const command = /pulumi config set --secret --path 'secrets\.gcs\["service-account\.json"\]' </;
        assert.match(page, command);
        await assert.rejects(evaluate(copy), command);
    });

    it("all declarations have the right types", async () => {
        const declarations = blocks("ts").map(({ text }) => text);
        assert.equal(declarations.length, 4);
        writeFileSync(join(copy, "index.ts"), [index, ...declarations].join("\n"));
        const config = {
            extends: "./tsconfig.json",
            compilerOptions: { noEmit: true, noUnusedLocals: false },
            include: [],
            files: ["index.ts"],
        };
        writeFileSync(join(copy, "tsconfig.page.json"), JSON.stringify(config));
        const { stdout, exitCode } = await execa("tsc", ["-p", "tsconfig.page.json"], {
            cwd: copy,
            preferLocal: true,
            reject: false,
        });
        assert.equal(exitCode, 0, stdout);
    });

    it("a workload whose image doesn't exist is refused, with the images that there are", async () => {
        const [declaration] = blocks("ts");
        writeFileSync(
            join(copy, "index.ts"),
            `${index}\n${declaration.text.replace("workload-champion", "workload-champoin")}`,
        );
        await assert.rejects(evaluate(copy), /there is no image "workload-champoin".*workload-champion/);
    });

    it("the program asks the tracking server over TLS and says what it has found", async () => {
        const at = (name: string) => join(copy, "run", name);
        mkdirSync(at("mlflow"), { recursive: true });
        writeFileSync(at("mlflow/username"), "score");
        writeFileSync(at("mlflow/password"), "a password");
        const key = [
            "-keyout",
            at("key.pem"),
            "-out",
            at("ca.crt"),
            "-subj",
            "/CN=test",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ];
        await execa("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...key]);
        const asked: string[] = [];
        const server = createServer(
            { key: readFileSync(at("key.pem")), cert: readFileSync(at("ca.crt")) },
            (request, response) => {
                asked.push(`${request.headers.authorization} ${request.url}`);
                const version = { model_version: { version: "7", run_id: "r1" } };
                const run = {
                    run: {
                        data: {
                            metrics: [
                                { key: "mae", value: 1 },
                                { key: "rmse", value: 36.5 },
                            ],
                        },
                    },
                };
                response.end(JSON.stringify(request.url?.includes("alias") ? version : run));
            },
        );
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        try {
            const env = {
                MLFLOW_TRACKING_URI: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
                MLFLOW_TRACKING_SERVER_CERT_PATH: at("ca.crt"),
                MLFLOW_CREDENTIALS_DIR: at("mlflow"),
                RESULT_FILE: at("result"),
                no_proxy: "127.0.0.1",
            };
            const run = (limit: string) =>
                execa("python3", [join(copy, "workloads/champion/champion.py"), "flights-delay", limit], {
                    env,
                    reject: false,
                });
            const good = await run("40");
            assert.equal(good.exitCode, 0, good.stderr);
            assert.deepEqual(JSON.parse(readFileSync(at("result"), "utf8")), {
                program: "champion",
                ok: true,
                version: "7",
                rmse: 36.5,
            });
            assert.equal((await run("30")).exitCode, 1);
            assert.match(
                asked[0],
                /^Basic c2NvcmU6YSBwYXNzd29yZA== \/api\/2\.0\/mlflow\/registered-models\/alias\?name=flights-delay&alias=champion$/,
            );
        } finally {
            server.close();
        }
    });
});
