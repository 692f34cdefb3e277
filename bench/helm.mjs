// In a process of its own: `helm template` of each Release of a helmfile, one after the other.
//   node bench/helm.mjs <helm> <helmfile.yaml>
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

import { parse } from "yaml";

const [helm, file] = process.argv.slice(2);
const { kubeVersion, releases } = parse(readFileSync(file, "utf8"));
for (const { name, namespace, chart, values } of releases) {
    const options = ["--namespace", namespace, "--values", values[0], "--kube-version", kubeVersion, "--include-crds"];
    execFileSync(helm, ["template", name, chart, ...options], { stdio: ["ignore", "ignore", "inherit"] });
}
