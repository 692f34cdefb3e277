import { ResourceValidationPolicy } from "@pulumi/policy";

import { looseness, looseTags } from "../lib/images";
import { containersOf, kindIn, podsOf, releaseType } from "../lib/kinds";
import { Part, part, text } from "../lib/objects";

export const imageTags: ResourceValidationPolicy = {
    name: "image-tags",
    description:
        "An image is named by a tag that stays or by its digest, so that a restart doesn't bring another program.",
    remediationSteps: "Name the version, or `@sha256:` and the digest.",
    severity: "high",
    validateResource: ({ type, props }, report) => {
        if (type === releaseType) {
            for (const { path, tag } of looseTags(part(props, "values"))) report(`values.${path} is "${tag}"`);
            return;
        }
        for (const [where, image] of imagesOf(type, props)) {
            const reason = image === undefined ? "names no image" : looseness(image);
            if (reason) report(`${where}: ${reason}`);
        }
    },
};

function imagesOf(type: string, props: Part): [string, string | undefined][] {
    const pods = podsOf({ type, props });
    if (pods)
        return containersOf(pods.spec).map((each) => [`container ${text(each, "name") ?? "?"}`, text(each, "image")]);
    const spark = kindIn("sparkoperator.k8s.io", type);
    if (spark === "SparkApplication") return [["spec.image", text(props, "spec", "image")]];
    if (spark === "ScheduledSparkApplication")
        return [["spec.template.image", text(props, "spec", "template", "image")]];
    if (kindIn("postgresql.cnpg.io", type) === "Cluster") return [["spec.imageName", text(props, "spec", "imageName")]];
    return [];
}
