import { existsSync } from "node:fs";
import { join } from "node:path";

import { UserError } from "../lib/errors";
import { run } from "../lib/exec";
import { repoRoot } from "../lib/paths";
import { type Bundle } from "./bundle";
import { nameOf } from "../kubernetes/objects";
import { type Finding, merged, type CheckReport } from "./finding";

/** Checkov's own environment, out of checks/requirements.lock. */
const program = join(repoRoot, "checks", ".venv", "bin", "checkov");

/** Report of checkov. */
interface Report {
    results: { failed_checks: FailedCheck[]; parsing_errors: string[] };
    summary: { resource_count: number };
}

interface FailedCheck {
    check_id: string;
    check_name: string;
    check_result: { evaluated_keys?: string[] };
    file_path: string;
}

/** Containers, service accounts, roles and the policies over them, by the rules of checkov for Kubernetes; offline. */
export async function checkov(bundle: Bundle): Promise<CheckReport> {
    if (!existsSync(program)) {
        throw new UserError("checkov is not installed", { where: program, fix: "make check, which installs it" });
    }
    const { stdout } = await run(
        program,
        [
            ...["--directory", ".", "--framework", "kubernetes", "--skip-download"],
            ...["--output", "json", "--quiet", "--compact"],
        ],
        {
            cwd: bundle.objectsDir,
            okCodes: [0, 1],
            timeout: 180_000,
            env: { LOG_LEVEL: "ERROR", PYTHONWARNINGS: "ignore", BC_SKIP_MAPPING: "TRUE" },
        },
    );
    const { results, summary } = JSON.parse(stdout) as Partial<Report>;
    // With nothing to look at it reports bare numbers.
    const findings = (results?.failed_checks ?? []).map((failed) => findingOf(bundle, failed));
    const unread = (results?.parsing_errors ?? []).map((path) => unreadable(bundle, path));
    return {
        tool: "checkov",
        objects: summary?.resource_count ?? 0,
        findings: merged([...findings, ...unread]),
        unchecked: [],
    };
}

function findingOf(bundle: Bundle, { check_id, check_name, check_result, file_path }: FailedCheck): Finding {
    const { manifest, origin } = locatedOf(bundle, file_path);
    const where = (check_result.evaluated_keys ?? []).map((key) => key.replaceAll("/[", "[")).filter(Boolean);
    return {
        tool: "checkov",
        check: check_id,
        object: nameOf(manifest),
        origin,
        message: `${check_name}${where.length ? ` (${where.join(", ")})` : ""}`,
    };
}

function unreadable(bundle: Bundle, path: string): Finding {
    const { manifest, origin } = locatedOf(bundle, path);
    return { tool: "checkov", check: "readable", object: nameOf(manifest), origin, message: "checkov can't read it" };
}

function locatedOf({ objects }: Bundle, path: string) {
    const located = objects.get(path.split("/").pop() ?? "");
    if (!located) throw new Error(`checkov speaks of ${path}, which it wasn't given`);
    return located;
}
