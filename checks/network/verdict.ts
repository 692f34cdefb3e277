import { type Bundle } from "../bundle";
import { podOf } from "../../kubernetes/pods";
import { type Finding, type Verdict } from "../verdict";
import { configOf } from "./config";
import { judgeNetwork, type Problem } from "./";

/** Has a stack's policies judged, as the other judges have its objects: by the table of flows, and by cyclonus. */
export async function network({ stack, objects, releases }: Bundle): Promise<Verdict> {
    const given = [...objects.values()];
    const own = given.filter(({ hidden }) => !hidden).map(({ manifest }) => manifest);
    const { problems, policies } = await judgeNetwork({
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
        judge: "network",
        check,
        object: check === "nobody" ? `Flow/cluster/${at}` : `Pod/${at}`,
        origin: origins.get(at) ?? "checks/network/connections",
        message,
    });
    return { judge: "network", objects: policies, findings: problems.map(finding), notJudged: [] };
}
