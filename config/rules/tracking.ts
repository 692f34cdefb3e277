import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { problem, scaleRules } from "./rule";

/** Rules across keys, which no single type expresses. */
export const trackingRules: ((config: PlatformConfig) => Problem[])[] = [
    ({ tracking }) => scaleRules("tracking", tracking),
    ({ tracking: { users } }) =>
        users.flatMap(({ name }, index) =>
            problem(
                name === "admin",
                `tracking.users[${index}].name`,
                '"admin" is the administrator; take another name',
            ),
        ),
];
