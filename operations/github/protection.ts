import { type GitHub } from "./client";
import { GitHubError } from "./failures";

/** Protection that an environment has to have. */
export interface Wanted {
    environment: string;
    /** Somebody has to approve each job. @default only the branch is held to */
    reviewers?: boolean;
}

/**
 * Lists what is not protected as it should be, a line each. An environment that isn't there counts: GitHub makes one without any protection
 * as soon as a job names it.
 *
 * @throws GitHubError when GitHub can't be asked: no answer is not "all is well"
 */
export async function unprotected(hub: GitHub, wanted: Wanted[]): Promise<string[]> {
    const { data } = await hub.rest.repos.get(hub.at);
    const problems: string[] = [];
    for (const each of wanted) problems.push(...(await problemsOf(hub, each, data.default_branch)));
    return problems;
}

async function problemsOf(hub: GitHub, { environment, reviewers }: Wanted, branch: string): Promise<string[]> {
    const at = { ...hub.at, environment_name: environment };
    const found = await hub.rest.repos.getEnvironment(at).catch((error: unknown) => {
        if (error instanceof GitHubError && error.status === 404) return undefined;
        throw error;
    });
    if (!found) return [`${environment}: there is no such environment, and a job would make it, open to everybody`];
    const { deployment_branch_policy: policy, protection_rules: rules = [] } = found.data;
    const people = rules.flatMap((rule) => ("reviewers" in rule ? (rule.reviewers ?? []) : []));
    return [
        ...(await branchProblems(hub, at, policy ?? undefined, branch)),
        ...(reviewers && people.length === 0
            ? [`${environment}: nobody has to approve its jobs (required reviewers)`]
            : []),
    ];
}

/** Only the default branch may use it: a branch of any other name is one that somebody can push unseen. */
async function branchProblems(
    hub: GitHub,
    at: { owner: string; repo: string; environment_name: string },
    policy: { custom_branch_policies: boolean } | undefined,
    branch: string,
): Promise<string[]> {
    const name = at.environment_name;
    if (!policy) return [`${name}: every branch may use it (deployment branches: ${branch} only)`];
    if (!policy.custom_branch_policies)
        return [`${name}: every protected branch may use it (deployment branches: selected, ${branch} only)`];
    const all = await hub.paginate(hub.rest.repos.listDeploymentBranchPolicies, { ...at, per_page: 100 });
    const others = (all as unknown as { name?: string; type?: string }[]).filter(
        (each) => each.name !== branch || (each.type ?? "branch") !== "branch",
    );
    if (others.length > 0) {
        const named = others.map((each) => `${each.type ?? "branch"} ${each.name}`).join(", ");
        return [`${name}: may be used by ${named} as well (deployment branches: ${branch} only)`];
    }
    return all.length === 0 ? [`${name}: no branch may use it (deployment branches: ${branch} only)`] : [];
}
