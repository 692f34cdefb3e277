import { run } from "../lib/exec";
import { tool, toolVersion } from "../tools";
import { type Bundle } from "./bundle";
import { nameOf } from "../kubernetes/objects";
import { type Finding, merged, type CheckReport } from "./finding";

/** Optional tests of kube-score that are switched on. */
const optional = ["container-seccomp-profile", "container-ports-check"];

/** One object of kube-score's report. */
interface ScoredObject {
    file_name: string;
    checks:
        | {
              check: { id: string };
              /** 1 critical, 5 warning, 7 almost fine, 10 fine. */
              grade: number;
              skipped: boolean;
              comments: { path: string; summary: string; description: string }[] | null;
          }[]
        | null;
}

/** The objects as a whole: probes, disruption budgets, policies and services that select pods which there are. */
export async function kubeScore(bundle: Bundle): Promise<CheckReport> {
    const [major, minor] = (await toolVersion("kube-apiserver")).split(".");
    const { stdout, code, stderr } = await run(
        await tool("kube-score"),
        [
            ...["score", "--output-format", "json", "--kubernetes-version", `${major}.${minor}`],
            ...["--disable-ignore-checks-annotations", "--disable-optional-checks-annotations"],
            ...optional.flatMap((check) => ["--enable-optional-test", check]),
            ...bundle.objects.keys(),
        ],
        { cwd: bundle.objectsDir, okCodes: [0, 1], timeout: 120_000 },
    );
    if (code !== 0 && !stdout.startsWith("[")) return unreadable(bundle, stderr);
    const scored = JSON.parse(stdout || "[]") as ScoredObject[] | null;
    const findings = (scored ?? []).flatMap((object) => findingsOf(bundle, object));
    return { tool: "kube-score", objects: scored?.length ?? 0, findings: merged(findings), unchecked: notes(bundle) };
}

function findingsOf(bundle: Bundle, { file_name, checks }: ScoredObject): Finding[] {
    const located = bundle.objects.get(file_name.split("/").pop() ?? "");
    if (!located) throw new Error(`kube-score speaks of ${file_name}, which it wasn't given`);
    const { manifest, origin } = located;
    return (checks ?? [])
        .filter(({ grade, skipped }) => !skipped && grade < 10)
        .filter(({ check }) => !(check.id === targetsPod && bundle.partial.has(manifest.metadata.namespace ?? "")))
        .flatMap(({ check, comments }) =>
            (comments?.length ? comments : [{ path: "", summary: check.id, description: "" }]).map(
                ({ path, summary }) => ({
                    tool: "kube-score" as const,
                    check: check.id,
                    object: nameOf(manifest),
                    origin,
                    message: path ? `${path}: ${summary}` : summary,
                }),
            ),
        );
}

const targetsPod = "networkpolicy-targets-pod";

/** In a namespace where a chart's pods are missing nobody can say that a policy selects none. */
function notes({ partial }: Bundle): string[] {
    return partial.size
        ? [`${targetsPod} in ${[...partial].sort().join(", ")}: pods of charts that are not at hand`]
        : [];
}

/** kube-score gives up on the whole when one object is not what its kind says. */
function unreadable(bundle: Bundle, stderr: string): CheckReport {
    const message = `kube-score reads nothing, because one object is wrong (mend what kubeconform finds): ${stderr.trim()}`;
    const finding: Finding = {
        tool: "kube-score",
        check: "readable",
        object: `Stack/cluster/${bundle.stack}`,
        origin: bundle.stack,
        message: message.split("\n").pop() ?? message,
    };
    return { tool: "kube-score", objects: 0, findings: [finding], unchecked: [] };
}
