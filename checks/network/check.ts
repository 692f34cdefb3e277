import { type Bundle } from "../bundle";
import { podOf } from "../../kubernetes/pods";
import { type Finding, type CheckReport } from "../finding";
import { configOf } from "./config";
import { checkNetwork, type Problem } from "./";

/** Checks a stack's policies, as the other tools check its objects: by the table of connections, and by cyclonus. */
export async function network({ stack, objects, releases }: Bundle): Promise<CheckReport> {
    const given = [...objects.values()];
    const own = given.filter(({ hidden }) => !hidden).map(({ manifest }) => manifest);
    const { problems, policies } = await checkNetwork({
        stack,
        config: configOf(stack),
        objects: [...own, ...releases],
    });
    const origins = new Map(
        given.map(({ manifest, origin }) => {
            const { namespace, name } = podOf(manifest)?.metadata ?? { name: "" };
            return [`${namespace}/${name}`, origin];
        }),
    );
    const finding = ({ check, at, message }: Problem): Finding => ({
        tool: "network",
        check,
        object: check === "nobody" ? `Flow/cluster/${at}` : `Pod/${at}`,
        origin: origins.get(at) ?? "checks/network/connections",
        message,
    });
    return { tool: "network", objects: policies, findings: problems.map(finding), unchecked: [] };
}
