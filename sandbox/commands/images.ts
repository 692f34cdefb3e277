import { imageNames } from "../../config/images";
import { clusterStatus } from "../cluster";
import { importImages } from "../cluster/containerd";
import { layout } from "../cluster/layout";
import { type BuiltImage, buildImages, localRegistry } from "../../images/build";
import { certManagerImages } from "../../images/build/cert-manager";
import { sparkOperatorImage } from "../../images/build/spark-operator";
import { UserError } from "../../lib/errors";
import { step } from "../../lib/progress";

/** Builds what has changed of the platform's images, and of those that elsewhere come from upstream's registry. */
export async function buildPlatformImages(): Promise<BuiltImage[]> {
    const ours = await buildImages(imageNames, localRegistry);
    const spark = ours[imageNames.indexOf("spark")];
    return [...ours, ...(await certManagerImages()), await sparkOperatorImage(spark)];
}

/** The running sandbox's kubeconfig. @throws UserError when it isn't running */
export async function requireSandbox(): Promise<string> {
    const { state, kubeconfig, daemons } = await clusterStatus();
    if (state === "running") return kubeconfig;
    const dead = Object.keys(daemons).filter((name) => !daemons[name]);
    throw new UserError(
        state === "stopped" ? "the sandbox is not running" : `the sandbox is half running: ${dead.join(", ")} ended`,
        {
            fix: "make sandbox",
        },
    );
}

/** Gives the running sandbox's node the images that the program asks for. */
export async function provideImages(): Promise<void> {
    const images = await buildPlatformImages();
    await step("Give the images to the node", () => importImages(layout(), images));
}
