import * as pulumi from "@pulumi/pulumi";

/** The stack is a production one: by its profile, which need not be its name. */
export function isProduction(): boolean {
    return (new pulumi.Config("data-platform").get("profile") ?? pulumi.getStack()) === "prod";
}
