import { timesOf } from "../../engine/builtin/times";
import { connect } from "../../kubernetes/connect";
import { UserError } from "../../lib/errors";
import { stateDir } from "../../lib/paths";
import { podTimes, renderTimeline } from "../timeline";
import { requireSandbox } from "./images";
import { sandboxStack } from "./options";

/** Renders the timeline of the sandbox's latest update. @throws UserError when there is none */
export async function timeline(): Promise<string> {
    const kubeconfig = await requireSandbox();
    const times = timesOf(stateDir(), sandboxStack);
    if (times.length === 0) {
        throw new UserError("there is no timeline: the built-in engine has updated nothing", { fix: "make sandbox" });
    }
    const kube = await connect({ kubeconfig });
    try {
        return renderTimeline(times, await podTimes(kube));
    } finally {
        kube.http.close();
    }
}

/** `timeline`: what the latest update has waited for. */
export async function timelineCommand(): Promise<void> {
    process.stdout.write(`${await timeline()}\n`);
}
