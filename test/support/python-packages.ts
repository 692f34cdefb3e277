import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import { repoRoot } from "../../lib/paths";

/**
 * Makes a virtual environment with some of an image's packages in the versions and with the hashes that the image has.
 *
 * @param dir Where it is made.
 * @param wanted Packages by image, e.g. `{ mlflow: ["sqlalchemy"] }`; what they need themselves too, because nothing else is taken.
 * @returns its Python
 */
export async function pythonWith(dir: string, wanted: Record<string, string[]>): Promise<string> {
    const lines = Object.entries(wanted).flatMap(([image, packages]) =>
        packages.map((name) => locked(join(repoRoot, "images", image, "requirements.lock"), name)),
    );
    const file = join(dir, "requirements.lock");
    writeFileSync(file, lines.join("\n"));
    const venv = join(dir, "venv");
    await execa("python3", ["-m", "venv", venv]);
    const python = join(venv, "bin/python");
    const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"];
    await execa(python, ["-m", "pip", "install", ...options, "--requirement", file]);
    return python;
}

/** A package's lines of a lock. @throws Error where it has none */
function locked(file: string, name: string): string {
    const start = new RegExp(`^${name}==\\S+(?: \\\\\\n +\\S+)*`, "m").exec(readFileSync(file, "utf8"));
    if (!start) throw new Error(`${file} has no ${name}`);
    return start[0];
}
