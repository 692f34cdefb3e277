import { Problem } from "../errors";
import { ConfigObject } from "../merge";
import { PlatformConfig, Resources } from "../schema";
import { overLimits } from "../values/quantity";

/** A rule over the whole config: what can't be said by the type of one key. `given` is what the stack file says itself. */
export type Rule = (config: PlatformConfig, given: ConfigObject) => Problem[];

/** One problem, if there is one. */
export const problem = (when: boolean, key: string, message: string): Problem[] => (when ? [{ key, message }] : []);

/** Names that are there twice. @param key Where the list stands. */
export const duplicates =
    (key: string, names: (config: PlatformConfig) => string[]): Rule =>
    (config) =>
        names(config).flatMap((name, index, all) =>
            problem(
                all.indexOf(name) !== index,
                `${key}[${index}].name`,
                `"${name}" is there twice; each name may be given once`,
            ),
        );

/** Requests above their limits. @param key Where both stand. */
export const requestsWithinLimits =
    (key: string, of: (config: PlatformConfig) => Resources): Rule =>
    (config) =>
        overLimits(of(config)).map(({ path, message }) => ({
            key: [key, ...path].join("."),
            message: `${message}; lower it or raise ${key}.limits.${path[1]}`,
        }));

/** @param key Where the two stand. */
export function scaleRules(
    key: string,
    { replicas, maxReplicas }: { replicas: number; maxReplicas?: number },
): Problem[] {
    return problem(
        maxReplicas !== undefined && maxReplicas < replicas,
        `${key}.maxReplicas`,
        `${maxReplicas} is less than ${key}.replicas ${replicas}; raise it or leave it out`,
    );
}
